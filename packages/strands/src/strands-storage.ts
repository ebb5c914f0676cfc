import type { Storage } from "@strands-agents/sdk";
import type { ThreadStore, Version } from "@threadstore/core";
import { callsInOrder, type OptionNames } from "@threadstore/core/documents";
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

const OPTION_NAMES: OptionNames<StrandsStorageOptions> = { store: true, onConflict: true };
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
  const inOrder = callsInOrder();
  /** The versions that this storage has read or written, by thread; `undefined` for a value that did not exist. */
  const versions = new Map<string, Version | undefined>();

  return {
    async write(key, data) {
      const { id, metadata } = storedKey(key);
      if (!(data instanceof Uint8Array)) throw invalidArgument("data", "a Uint8Array", data);
      // Encoded before the call waits, because the caller can reuse the array.
      const thread = threadOf(data);
      await inOrder(async () => {
        const isChecked = onConflict === "reject" && versions.has(id);
        const condition = isChecked ? { previous: versions.get(id) } : { overwrite: true };
        const { version } = await store.save(id, thread, { ...condition, ...(metadata && { metadata }) });
        versions.set(id, version);
      }, id);
    },

    async read(key) {
      const { id } = storedKey(key);
      return inOrder(async () => {
        const stored = await store.load(id);
        versions.set(id, stored?.version);
        return stored === undefined ? null : valueOf(stored);
      }, id);
    },

    async delete(key) {
      const { id } = storedKey(key);
      await inOrder(async () => {
        await store.delete(id);
        versions.delete(id);
      }, id);
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

function checkedOptions(options: unknown): Required<StrandsStorageOptions> {
  const store = checkedStore(options, OPTION_NAMES);
  const { onConflict = "reject" } = options as { readonly onConflict?: unknown };
  if (onConflict !== "reject" && onConflict !== "overwrite") {
    throw invalidArgument("onConflict", '"reject" or "overwrite"');
  }
  return { store, onConflict };
}
