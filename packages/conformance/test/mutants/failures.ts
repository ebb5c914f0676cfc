import { type CallOptions, type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { storedThreadOf, type PlainDetails } from "../stores/plain/plain-record.ts";
import { type Bug, withChanges, isText, type Mutant, mutant } from "./mutant.ts";

function unsignalled<Options extends CallOptions>(options: Options | undefined): Options | undefined {
  if (typeof options !== "object" || options === null) return options;
  const { signal: _, ...rest } = options;
  return rest as Options;
}

/** A store that does something else if a call of the correct store fails. */
function onError<T>(call: () => Promise<T>, handle: (error: unknown) => T | Promise<T>): Promise<T> {
  return call().catch(handle);
}

/** A store whose save, load and delete share the same bug. */
function around(run: <T>(call: () => Promise<T>, options: CallOptions | undefined) => Promise<T>): Bug {
  return (inner) => ({
    save: (id, thread, options) => run(() => inner.save(id, thread, options), options),
    load: (id, options) => run(() => inner.load(id, options), options),
    delete: (id, options) => run(() => inner.delete(id, options), options),
  });
}

function rethrown(change: (error: ThreadStoreError) => unknown): Bug {
  return around((call) =>
    onError(call, (error) => {
      throw ThreadStoreError.is(error) ? change(error) : error;
    }),
  );
}

export const abortMutants: readonly Mutant[] = [
  mutant("no signal", "ignores the signal", ["F2-1"], () => (inner) => ({
    save: (id, thread, options) => inner.save(id, thread, unsignalled(options)),
    load: (id, options) => inner.load(id, unsignalled(options)),
    delete: (id, options) => inner.delete(id, unsignalled(options)),
  })),
  mutant("own reason", "rejects with its own AbortError", ["F2-2"], () =>
    around((call, options) =>
      onError(call, (error) => {
        throw options?.signal?.aborted === true ? new DOMException("Aborted", "AbortError") : error;
      }),
    ),
  ),
  mutant("partial save", "leaves half a thread when it is aborted", ["F2-3"], () => (inner) => ({
    save: (id, thread, options) =>
      onError(
        () => inner.save(id, thread, options),
        async (error) => {
          if (options?.signal?.aborted === true) {
            const { end: _, ...half } = isText(thread) ? { end: 0 } : { ...thread, end: 0 };
            await inner.save(id, half, { overwrite: true });
          }
          throw error;
        },
      ),
  })),
  mutant("late abort", "undoes a save whose signal is aborted later", ["F2-4"], () => (inner) => ({
    save: async (id, thread, options) => {
      const stored = await inner.save(id, thread, options);
      options?.signal?.addEventListener("abort", () => void inner.delete(id), { once: true });
      return stored;
    },
  })),
  mutant("endless listing", "checks the signal only before the first page", ["F2-5"], () => (inner) => ({
    listPage: (options = {}) => inner.listPage(options.cursor === undefined ? options : unsignalled(options)),
  })),
  mutant(
    "cached until the event loop continues",
    "answers loads from a cache until the event loop continues",
    ["F7-1"],
    () => (inner) => {
      const loads = new Map<string, Promise<StoredThread | undefined>>();
      return {
        load(id, options) {
          const loading = loads.get(id) ?? inner.load(id, options);
          if (!loads.has(id)) {
            const forget = (): void => void loads.delete(id);
            loading.then(() => setImmediate(forget), forget);
          }
          loads.set(id, loading);
          return loading;
        },
      };
    },
  ),
  mutant("listeners", "leaves a listener on the signal of each call", ["F6-1", "F6-2"], () =>
    around((call, options) => {
      options?.signal?.addEventListener("abort", () => undefined);
      return call();
    }),
  ),
  mutant("complaints", "warns about a failure", ["F6-3"], () => {
    let hasWarned = false;
    return around((call) =>
      onError(call, (error) => {
        if (!hasWarned) process.emitWarning("A call failed.", "StoreWarning");
        hasWarned = true;
        throw error;
      }),
    );
  }),
];

export const errorMutants: readonly Mutant[] = [
  mutant("plain errors", "rejects with a plain Error", ["F1-2"], () =>
    rethrown(({ message }) => new Error(message)),
  ),
  mutant("quoting errors", "quotes the thread in its errors", ["F1-3"], () => (inner) => ({
    save: (id, thread, options) =>
      onError(
        () => inner.save(id, thread, options),
        (error) => {
          if (!ThreadStoreError.is(error) || typeof thread !== "string") throw error;
          throw new ThreadStoreError(error.code, `${error.message} It starts with ${thread.slice(0, 30)}`);
        },
      ),
  })),
  mutant("names of members", "names the members of the thread in its errors", ["F1-3"], () =>
    rethrown((error) =>
      error.path === undefined
        ? error
        : new ThreadStoreError(error.code, `${error.message} See ${error.path}.`),
    ),
  ),
  mutant("unknown options", "ignores options that it does not know", ["F1-4"], () => (inner) => ({
    load: (id, options) => {
      if (typeof options !== "object" || options === null) return inner.load(id, options);
      const { signal, timeoutMs, cached } = options;
      return inner.load(id, { signal, timeoutMs, cached });
    },
  })),
  mutant("raw getters", "lets an error of the caller's getter out", ["F1-7"], () => (inner) => ({
    load: async (id, options) => {
      if (typeof options === "object" && options !== null) void options.timeoutMs;
      return inner.load(id, options);
    },
  })),
  mutant("any options", "accepts any options", ["F1-4"], () => (inner) => ({
    load: (id, options) =>
      inner.load(id, typeof options === "object" && options !== null ? { signal: options.signal } : {}),
  })),
];

async function isDamaged(store: ThreadStore, id: string): Promise<boolean> {
  return onError(
    async () => {
      await store.load(id);
      return false;
    },
    (error) => ThreadStoreError.is(error, "CORRUPT"),
  );
}

export const damageMutants: readonly Mutant[] = [
  mutant("corrupt is missing", "treats a corrupt record as missing", ["E2-1"], () => (inner) => ({
    load: (id, options) =>
      onError(
        () => inner.load(id, options),
        (error) => {
          if (ThreadStoreError.is(error, "CORRUPT")) return undefined;
          throw error;
        },
      ),
  })),
  mutant("corrupt replaced", "creates threads over corrupt records", ["E2-2"], () => (inner) => ({
    save: async (id, thread, options = {}) =>
      inner.save(id, thread, (await isDamaged(inner, id)) ? { overwrite: true } : options),
  })),
  mutant("corrupt cannot be deleted", "cannot delete a corrupt record", ["E2-3"], () => (inner) => ({
    delete: async (id, options) => {
      await inner.load(id);
      return inner.delete(id, options);
    },
  })),
  mutant("corrupt cannot be overwritten", "cannot overwrite a corrupt record", ["E2-4"], () => (inner) => ({
    save: async (id, thread, options) => {
      if (options?.overwrite === true) await inner.load(id);
      return inner.save(id, thread, options);
    },
  })),
  mutant("corrupt ends a listing", "fails to list corrupt records", ["E2-5"], () => (inner) => ({
    listPage: async (options) => {
      const page = await inner.listPage(options);
      if (page.threads.some(({ corrupt }) => corrupt))
        throw new ThreadStoreError("CORRUPT", "A record is corrupt.");
      return page;
    },
  })),
  mutant("any record", "does not check whose record it reads", ["E2-6"], () => (inner, { data }) => ({
    load: (id, options) =>
      onError(
        () => inner.load(id, options),
        (error) => {
          const row = data.get("[]")?.get(id);
          if (row === undefined || !ThreadStoreError.is(error, "CORRUPT")) throw error;
          const details = JSON.parse(Buffer.from(row.bytes).toString().slice(64)) as PlainDetails;
          return withChanges(storedThreadOf(row.version, details), { id });
        },
      ),
  })),
];
