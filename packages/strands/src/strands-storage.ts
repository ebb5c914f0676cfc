import type { Storage } from "@strands-agents/sdk";
import type { ThreadStore, Version } from "@threadstore/core";
import { keyOf, storedKey, storedPrefix } from "./stored-key.ts";
import { threadOf, valueOf } from "./stored-value.ts";
import { checkedStore, invalidArgument } from "./strands-storage-error.ts";

/** Options of {@link strandsStorage}. */
export interface StrandsStorageOptions {
  /** The store to keep the values in. Pass a namespace that nothing else uses: `store.namespace("strands")`. */
  readonly store: ThreadStore;
  /**
   * The effect of a write if another process has changed or deleted the value since this storage read or wrote it.
   * `reject`: the write rejects with the store's `CONFLICT`, and nothing is written. `overwrite`: the last write wins.
   * @default "reject"
   */
  readonly onConflict?: "overwrite" | "reject" | undefined;
}

const PAGE_SIZE = 1000;

/**
 * Creates a `Storage` of the Strands Agents SDK in any `ThreadStore`. This does not access the store. Create one for
 * each agent: with `onConflict: "reject"`, it remembers which version of the session its agent continues.
 *
 * Calls reject with a `StrandsStorageError` or with the store's `ThreadStoreError`. Throws `INVALID_ARGUMENT` for
 * invalid options.
 */
export function strandsStorage(options: StrandsStorageOptions): Storage {
  const { store, onConflict } = checkedOptions(options);
  const inOrder = keyedQueue();
  /** The versions that this storage has read or written, by thread; `undefined` for a value that did not exist. */
  const versions = new Map<string, Version | undefined>();

  return {
    async write(key, data) {
      const { id, metadata } = storedKey(key);
      if (!(data instanceof Uint8Array)) throw invalidArgument("data", "a Uint8Array", data);
      // Encoded before the call waits, because the caller can reuse the array.
      const thread = threadOf(data);
      await inOrder(id, async () => {
        const isChecked = onConflict === "reject" && versions.has(id);
        const condition = isChecked ? { previous: versions.get(id) } : { overwrite: true };
        const { version } = await store.save(id, thread, { ...condition, ...(metadata && { metadata }) });
        versions.set(id, version);
      });
    },

    async read(key) {
      const { id } = storedKey(key);
      return inOrder(id, async () => {
        const stored = await store.load(id);
        versions.set(id, stored?.version);
        return stored === undefined ? null : valueOf(stored);
      });
    },

    async delete(key) {
      const { id } = storedKey(key);
      await inOrder(id, async () => {
        await store.delete(id);
        versions.delete(id);
      });
    },

    async list(prefix) {
      const listed = store.list({ prefix: storedPrefix(prefix), metadata: true, limit: PAGE_SIZE });
      const keys: string[] = [];
      for await (const summary of listed) {
        const key = keyOf(summary);
        if (key?.startsWith(prefix) === true) keys.push(key);
      }
      return keys.toSorted();
    },
  };
}

/** Returns a function that runs the calls for one key one after the other. */
function keyedQueue(): <T>(key: string, call: () => Promise<T>) => Promise<T> {
  const pending = new Map<string, Promise<unknown>>();
  return async (key, call) => {
    const result = Promise.resolve(pending.get(key)).then(call, call);
    pending.set(key, result);
    try {
      return await result;
    } finally {
      if (pending.get(key) === result) pending.delete(key);
    }
  };
}

function checkedOptions(options: unknown): Required<StrandsStorageOptions> {
  const store = checkedStore(options);
  const { onConflict = "reject" } = options as { readonly onConflict?: unknown };
  if (onConflict !== "reject" && onConflict !== "overwrite") {
    throw invalidArgument("onConflict", '"reject" or "overwrite"');
  }
  return { store, onConflict };
}
