import {
  type AppendOptions,
  type AppendResult,
  type StoredThread,
  type ThreadStore,
  ThreadStoreError,
} from "@threadstore/core";
import type { AsyncThreadDriver, ThreadDriver } from "@threadstore/core/driver";
import type { Harness } from "../../src/suite/harness.ts";
import type { ChildBug } from "../stores/key-value/key-value-child.ts";
import { keyValueChildProcess, keyValueHarness } from "../stores/key-value/key-value-harness.ts";
import { isConnectionLost } from "../stores/network-error.ts";
import { type Bug, type Mutant, mutant, versionIn, yieldToEventLoop } from "./mutant.ts";
import { changedError, driverMutant, networkMutant, replacingErrors } from "./network-mutant.ts";

type Change = (json: string, elements: readonly unknown[]) => string;

const CLOSING = /\][ \t\r\n]*\}[ \t\r\n]*$/u;

/** Inserts the elements before the last bracket, as the correct store does. */
function inserted(json: string, elements: readonly unknown[], separator?: string): string {
  const index = CLOSING.exec(json)?.index ?? -1;
  const start = json.slice(0, index);
  const between = separator ?? (/\[[ \t\r\n]*$/u.test(start) ? "" : ",");
  return start + between + JSON.stringify(elements).slice(1, -1) + json.slice(index);
}

function resultOf(stored: StoredThread): AppendResult {
  const { id, version, size, createdAt, updatedAt, expiresAt, metadata } = stored;
  return { id, version, size, createdAt, updatedAt, expiresAt, metadata, appended: true };
}

/** Appends with a load and a save, but only to threads that exist and with valid arguments. */
function byLoading(change: Change, saveOptions: object = {}): Bug {
  return (inner) => ({
    append: async (id, elements, options = {}) => {
      const current = await inner.load(id).catch(() => undefined);
      const isValid = Array.isArray(elements) && elements.length > 0 && options.key === undefined;
      const isSimple = isValid && options.previous === undefined && CLOSING.test(current?.json ?? "");
      if (current === undefined || !isSimple) return inner.append(id, elements, options);
      const { metadata, ttlMs, expiresAt, signal } = options;
      const kept = { metadata, ttlMs, expiresAt, signal, previous: current };
      return resultOf(await inner.save(id, change(current.json, elements), { ...kept, ...saveOptions }));
    },
  });
}

/** Calls `append` of the correct store with other options. */
function withOptions(change: (options: AppendOptions, store: ThreadStore, id: string) => AppendOptions): Bug {
  return (inner) => ({
    append: (id, elements, options = {}) => inner.append(id, elements, change(options, inner, id)),
  });
}

/** Remembers keys outside the record. */
function withKeys(remember: (id: string, key: string) => Set<string>): Bug {
  return (inner) => ({
    append: async (id, elements, { key, ...options } = {}) => {
      if (typeof key !== "string" || !key.isWellFormed() || key === "" || Buffer.byteLength(key) > 256)
        return inner.append(id, elements, { ...options, ...(key === undefined ? {} : { key }) });
      const keys = remember(id, key);
      const stored = keys.has(key) ? await inner.load(id) : undefined;
      if (stored !== undefined) return { ...resultOf(stored), appended: false };
      const result = await inner.append(id, elements, options);
      keys.add(key);
      return result;
    },
  });
}

function parsedAndPushed(json: string, elements: readonly unknown[]): string {
  const thread = JSON.parse(json) as Record<string, unknown>;
  const array = Object.values(thread).findLast((value) => Array.isArray(value)) as unknown[] | undefined;
  array?.push(...elements);
  return JSON.stringify(thread);
}

/** Creates a mutant of a driver that replaces the end of a record wrongly. */
function patched(
  name: string,
  bug: string,
  killedBy: readonly string[],
  patch: (inner: AsyncThreadDriver) => ThreadDriver["patch"],
): Mutant {
  return driverMutant(name, bug, killedBy, (inner) => ({ ...inner, patch: patch(inner) }));
}

const patchMutants: readonly Mutant[] = [
  patched("patch without condition", "replaces the end of any version", ["A1-13"], (inner) => {
    return async (key, patch, expected, options) => {
      const current = await inner.read(key, undefined, options);
      return inner.patch(key, { ...patch, replaced: current?.bytes }, current?.version ?? expected, options);
    };
  }),
  patched("patch keeps too much", "keeps a byte too many", ["A1-1", "A3-1"], (inner) => {
    return (key, patch, ...rest) => inner.patch(key, { ...patch, keep: patch.keep + 1 }, ...rest);
  }),
  patched("patch keeps too little", "keeps a byte too few", ["A1-1", "A3-1"], (inner) => {
    return (key, patch, ...rest) => inner.patch(key, { ...patch, keep: patch.keep - 1 }, ...rest);
  }),
  patched("patch leaves the old end", "does not truncate what it replaces", ["A3-1"], (inner) => {
    return (key, patch, ...rest) => {
      const { replaced = new Uint8Array(), keep, bytes } = patch;
      const excess = replaced.subarray(keep + bytes.length);
      return inner.patch(key, { ...patch, bytes: Buffer.concat([bytes, excess]) }, ...rest);
    };
  }),
  patched(
    "patch acknowledges losers",
    "acknowledges a patch whose version is not stored",
    ["A1-13"],
    (inner) => {
      return async (key, patch, expected, options) =>
        (await inner.patch(key, patch, expected, options)) ?? patch.nonce;
    },
  ),
  patched("patch sent again", "sends a patch again if its response is lost", ["A1-14"], (inner) => {
    return (...parameters) =>
      inner.patch(...parameters).catch((error: unknown) => {
        if (isConnectionLost(error)) return inner.patch(...parameters);
        throw error;
      });
  }),
  driverMutant(
    "lost append means not applied",
    "appends again if the response to an append is lost",
    ["A1-14"],
    (inner) => {
      const claiming = replacingErrors(inner, (error) => changedError(error, { effect: "none" }));
      return { ...inner, patch: (...parameters) => claiming.patch(...parameters) };
    },
  ),
  driverMutant("stale tail", "reads the end of the record from a cache", ["A1-3"], (inner) => {
    const tails = new Map<string, Awaited<ReturnType<ThreadDriver["readTail"]>>>();
    return {
      ...inner,
      async readTail(key, options) {
        const name = JSON.stringify(key);
        const cached = tails.get(name);
        const current = await inner.readTail(key, options);
        if (current === undefined) return undefined;
        if (cached === undefined) tails.set(name, current);
        return cached === undefined ? current : { ...cached, version: current.version };
      },
    };
  }),
];

const RECORD_COSTS = ["A4-1"];

const costMutants: readonly Mutant[] = [
  networkMutant(
    "hidden rewrites",
    "reads and writes whole records to append, although its harness says that it changes them in place",
    RECORD_COSTS,
    () => ({ rewritesRecords: false }),
  ),
  driverMutant("load before append", "reads the record twice more to append", RECORD_COSTS, (inner) => ({
    ...inner,
    async patch(key, patch, expected, options) {
      await inner.read(key, undefined, options);
      const current = await inner.read(key, undefined, options);
      return inner.patch(key, { ...patch, replaced: current?.bytes }, expected, options);
    },
  })),
];

/** Creates a mutant whose child processes keep something for themselves. */
function inProcesses(name: string, bug: string, childBug: ChildBug): Mutant {
  const make = (): Harness => ({ ...keyValueHarness(name), childProcess: keyValueChildProcess(childBug) });
  return { name, bug, base: "HTTP", killedBy: ["A2-6"], make };
}

export const appendMutants: readonly Mutant[] = [
  ...costMutants,
  inProcesses("keys in the process", "remembers keys in the process", "keys"),
  inProcesses(
    "lock of appends in the process",
    "appends with load and overwrite under a lock that other processes do not see",
    "lock of appends",
  ),
  mutant("parsed append", "parses the thread to append to it", ["A1-1"], () => byLoading(parsedAndPushed)),
  mutant("first array", "appends to the first array of a thread", ["A1-1"], () =>
    byLoading((json, elements) => {
      const text = JSON.stringify(elements).slice(1, -1);
      return json.replace("[", json.includes("[]") ? `[${text}` : `[${text},`);
    }),
  ),
  mutant("short context", "looks for the last element in 64 bytes only", ["A1-1"], () =>
    byLoading((json, elements) =>
      inserted(json, elements, /\[\s*\]\s*\}\s*$/u.test(json.slice(-64)) ? "" : ","),
    ),
  ),
  mutant("nested elements", "appends the elements as one array", ["A1-1", "A1-2"], () =>
    byLoading((json, elements) => inserted(json, [elements])),
  ),
  mutant("element order", "prepends what it appends", ["A1-2", "A1-3"], () =>
    byLoading((json, elements) => {
      const { messages, ...thread } = JSON.parse(json) as { messages?: unknown[] };
      if (messages === undefined) return inserted(json, elements);
      return JSON.stringify({ ...thread, messages: [...elements, ...messages] });
    }),
  ),
  mutant("new array", "adds an array to threads that have none", ["A1-4"], () => (inner) => ({
    append: async (id, elements, options) => {
      const current = await inner.load(id);
      if (current !== undefined && !CLOSING.test(current.json)) {
        const thread = { ...current.thread, messages: elements };
        return resultOf(await inner.save(id, thread, { previous: current }));
      }
      return inner.append(id, elements, options);
    },
  })),
  mutant("lax elements", "lets JSON.stringify drop elements that JSON does not have", ["A1-5"], () =>
    byLoading((json, elements) => inserted(json, JSON.parse(JSON.stringify(elements)) as unknown[])),
  ),
  mutant("late elements", "reads the elements after append has returned", ["A1-6"], () => (inner) => ({
    append: async (...parameters) => {
      await yieldToEventLoop();
      return inner.append(...parameters);
    },
  })),
  mutant("append creates", "creates an empty thread to append to", ["A1-7"], () =>
    withOptions((options) =>
      options.previous === undefined ? { create: { messages: [] }, ...options } : options,
    ),
  ),
  mutant("create wins", "replaces an existing thread by the one in `create`", ["A1-7"], () => (inner) => ({
    append: async (id, elements, options = {}) => {
      const { create, ...others } = options;
      if (typeof create === "string" && options.previous === undefined && options.key === undefined) {
        if ((await inner.load(id)) !== undefined) await inner.save(id, create, { overwrite: true });
        return inner.append(id, elements, options);
      }
      return inner.append(id, elements, create === undefined ? others : options);
    },
  })),
  mutant("append ignores previous", "appends to any version", ["A1-8"], () =>
    withOptions(({ previous, ...options }) =>
      typeof previous === "object" ? options : { ...options, previous },
    ),
  ),
  mutant(
    "unlimited append",
    "does not apply maxThreadBytes to appends",
    ["A1-9"],
    () =>
      (inner, { options }) => ({
        append: async (id, elements, callOptions = {}) => {
          const saved = await inner.load(id);
          try {
            return await inner.append(id, elements, callOptions);
          } catch (error) {
            if (!ThreadStoreError.is(error, "TOO_LARGE") || saved === undefined) throw error;
            return { ...resultOf(saved), size: (options.maxThreadBytes ?? 0) + 1 };
          }
        },
      }),
  ),
  mutant("forgotten metadata", "clears metadata when it appends", ["A1-10"], () =>
    withOptions((options) => ({ metadata: {}, ...options })),
  ),
  mutant("append resets createdAt", "sets createdAt when it appends", ["A1-10"], () => (inner) => ({
    append: async (id, elements, options = {}) => {
      const current = await inner.load(id).catch(() => undefined);
      const isSimple =
        options.previous === undefined && options.key === undefined && options.create === undefined;
      if (current === undefined || !isSimple || !CLOSING.test(current.json) || !Array.isArray(elements))
        return inner.append(id, elements, options);
      const { metadata, expiresAt } = current;
      await inner.delete(id);
      const create = { metadata, ...(expiresAt === undefined ? {} : { expiresAt }), ...options };
      return resultOf(await inner.save(id, inserted(current.json, elements), create));
    },
  })),
  mutant("append ends expiry", "ends the expiry when it appends", ["A1-10"], () =>
    withOptions((options) => (options.ttlMs === undefined ? { expiresAt: null, ...options } : options)),
  ),
  mutant(
    "append over damage",
    "replaces a corrupt thread when it appends",
    ["A1-11", "A1-12"],
    () => (inner) => ({
      append: async (id, elements, options) => {
        try {
          return await inner.append(id, elements, options);
        } catch (error) {
          if (!ThreadStoreError.is(error, "CORRUPT")) throw error;
          return resultOf(await inner.save(id, { messages: elements }, { overwrite: true }));
        }
      },
    }),
  ),
  mutant("lost appends", "appends with load and overwrite", ["A1-13"], () =>
    byLoading((json, elements) => inserted(json, elements), { previous: undefined, overwrite: true }),
  ),
  mutant("overtaking append", "lets an append overtake an earlier one", ["A1-13"], () => (inner) => {
    let calls = 0;
    return {
      append: async (id, elements, options) => {
        calls += 1;
        const copy: readonly unknown[] = Array.isArray(elements) ? [...elements] : elements;
        if (calls % 2 === 1) await yieldToEventLoop();
        return inner.append(id, copy, options);
      },
    };
  }),
  mutant("one by one", "appends the elements of one call one by one", ["A1-13"], () => (inner) => ({
    append: async (id, elements, options) => {
      if (!Array.isArray(elements) || options !== undefined) return inner.append(id, elements, options);
      for (const element of elements.slice(0, -1)) await inner.append(id, [element]);
      return inner.append(id, elements.slice(-1));
    },
  })),
  mutant("keys in the client", "remembers keys in the client", ["A2-1"], () => (inner, context) => {
    const keys = new Set<string>();
    return withKeys(() => keys)(inner, context);
  }),
  mutant("keys of all threads", "does not tell the keys of threads apart", ["A2-1"], () => {
    const keys = new Set<string>();
    return withKeys(() => keys);
  }),
  mutant("folded keys", "compares keys regardless of case", ["A2-1"], () =>
    withOptions(({ key, ...options }) => ({
      ...options,
      key: typeof key === "string" ? key.toLowerCase() : key,
    })),
  ),
  mutant("key after previous", "checks previous before the key", ["A2-1"], () => (inner) => ({
    append: async (id, elements, options = {}) => {
      const version = versionIn(options.previous);
      const current = version === undefined ? undefined : await inner.load(id);
      if (current !== undefined && version !== current.version)
        throw new ThreadStoreError("CONFLICT", "Stale.", { currentVersion: current.version });
      return inner.append(id, elements, options);
    },
  })),
  mutant("keys until the next save", "forgets keys when the thread is saved", ["A2-2"], () => {
    const keys = new Map<string, Set<string>>();
    const bug = withKeys((id) => keys.get(id) ?? keys.set(id, new Set()).get(id) ?? new Set());
    return (inner, context) => ({
      ...bug(inner, context),
      save: async (id, ...parameters) => {
        keys.delete(id);
        return inner.save(id, ...parameters);
      },
    });
  }),
  mutant("keys after delete", "keeps the keys of a deleted thread", ["A2-2"], () => {
    const keys = new Map<string, Set<string>>();
    return (inner) => ({
      append: async (id, elements, options = {}) => {
        const result = await inner.append(id, elements, options);
        const known = keys.get(id) ?? new Set();
        keys.set(id, known);
        const isRepeated = options.key !== undefined && known.has(options.key);
        if (options.key !== undefined) known.add(options.key);
        return isRepeated ? { ...result, appended: false } : result;
      },
    });
  }),
  mutant("few keys", "remembers the last 10 keys", ["A2-3"], () => {
    const keys = new Map<string, string[]>();
    const counts = new Map<string, string>();
    return withOptions(({ key, ...options }, _, id) => {
      if (typeof key !== "string") return { ...options, key };
      const known = keys.get(id) ?? [];
      keys.set(id, [...known.filter((each) => each !== key), key].slice(-10));
      // A forgotten key appends again.
      if (!known.includes(key)) counts.set(`${id} ${key}`, `${counts.get(`${id} ${key}`) ?? ""}.`);
      const suffix = counts.get(`${id} ${key}`) ?? "";
      return { ...options, key: suffix.length > 1 ? `${key}${suffix}` : key };
    });
  }),
  mutant("any key", "accepts any key", ["A2-4"], () =>
    withOptions(({ key, ...options }) => {
      return {
        ...options,
        key:
          key === undefined
            ? undefined
            : `${(typeof key === "string" ? key : typeof key).toWellFormed().slice(0, 80)}.`,
      };
    }),
  ),
  mutant("late keys", "checks a key before it appends, not together", ["A2-5"], () => {
    const keys = new Map<string, Set<string>>();
    return withKeys((id) => keys.get(id) ?? keys.set(id, new Set()).get(id) ?? new Set());
  }),
  mutant("touch rewrites", "parses the thread to touch it", ["A3-1"], () => (inner) => ({
    touch: async (id, { previous, ...options } = {}) => {
      const current = await inner.load(id);
      if (current === undefined || previous !== undefined) return inner.touch(id, { previous, ...options });
      const { metadata, ttlMs, expiresAt } = options;
      const saving = { metadata, ttlMs, expiresAt, previous: current };
      const { appended: _appended, ...result } = resultOf(await inner.save(id, current.thread, saving));
      return result;
    },
  })),
  mutant("touch keeps the version", "returns the earlier version from touch", ["A3-1"], () => (inner) => ({
    touch: async (id, options) => {
      const current = await inner.load(id);
      const touched = await inner.touch(id, options);
      return touched && { ...touched, version: current?.version ?? touched.version };
    },
  })),
  mutant("touch merges metadata", "adds metadata instead of replacing it", ["A3-1"], () => (inner) => ({
    touch: async (id, options = {}) => {
      const current = await inner.load(id);
      if (options.metadata === undefined || current === undefined) return inner.touch(id, options);
      return inner.touch(id, {
        ...options,
        metadata: { ...current.metadata, old: "1", ...options.metadata },
      });
    },
  })),
  mutant("touch creates", "creates a thread to touch it", ["A3-2"], () => (inner) => ({
    touch: async (id, options = {}) => {
      if (options.previous === undefined && (await inner.load(id)) === undefined) await inner.save(id, {});
      return inner.touch(id, options);
    },
  })),
  mutant("touch ignores previous", "touches any version", ["A3-3"], () => (inner) => ({
    touch: (id, { previous, ...options } = {}) =>
      inner.touch(id, typeof previous === "object" ? options : { previous, ...options }),
  })),
  ...patchMutants,
];
