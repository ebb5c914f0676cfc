import type { Storage, StoreItem } from "@microsoft/agents-hosting";
import { type SaveOptions, type ThreadStore, ThreadStoreError, type Version } from "@threadstore/core";
import type { OptionNames } from "@threadstore/core/documents";
import { itemId } from "./item-id.ts";
import { ANY_ETAG, type CheckedItem, checkedItem, MISSING_ETAG, readItem } from "./item.ts";
import { checkedName, checkedStore, invalidArgument, StorageError } from "./storage-error.ts";

/** The characters of versions. */
const VERSION = /^[!#-~]+$/u;

/** Options of {@link threadStorage} and `stateStorage`. */
export interface ThreadStorageOptions {
  /** The store to keep the items in. Pass a namespace that nothing else writes to: `store.namespace("agents")`. */
  readonly store: ThreadStore;
}

export const OPTION_NAMES: OptionNames<ThreadStorageOptions> = { store: true };

/**
 * Creates a storage of the Microsoft 365 Agents SDK in any `ThreadStore`, to pass as `storage` to an
 * `AgentApplication`. This does not access the store. The `eTag` of an item is the version of its thread.
 *
 * Calls reject with a `StorageError` or with the store's `ThreadStoreError`. Throws `INVALID_ARGUMENT` for invalid
 * options.
 */
export function threadStorage(options: ThreadStorageOptions): Storage {
  const store = checkedStore(options, OPTION_NAMES);
  return {
    read: async (keys) => Object.fromEntries(await readItems(store, keys)) as StoreItem,
    write: async (changes) => writeItems(store, checkedChanges(changes)),
    delete: async (keys) => deleteItems(store, keys),
  };
}

/** Resolves with those of several items that exist, each with its key. */
export async function readItems(store: ThreadStore, keys: unknown): Promise<[key: string, StoreItem][]> {
  const checked = checkedKeys(keys);
  if (checked.length === 0) throw invalidArgument("keys", "a non-empty array");
  const items = await Promise.all(
    checked.map(async (key) => {
      const stored = await store.load(itemId(key));
      return stored && ([key, readItem(key, stored)] satisfies [string, StoreItem]);
    }),
  );
  return items.filter((item) => item !== undefined);
}

/** Validates the items of a write before any of them is written. Throws `INVALID_ARGUMENT`. */
export function checkedChanges(changes: unknown): CheckedItem[] {
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) {
    throw invalidArgument("changes", "an object", changes);
  }
  return Object.entries(changes).map(([key, item]) => checkedItem(checkedName(key, "changes"), item));
}

/**
 * Writes items, each atomically. Waits for all of them, and then rejects if one failed: with the store's error if there
 * is one, otherwise with `CONFLICT`, because other writers have changed items.
 *
 * @param onWritten Called for each item that was written, with its new version.
 */
export async function writeItems(
  store: ThreadStore,
  items: readonly CheckedItem[],
  onWritten?: (item: CheckedItem, version: Version) => void,
): Promise<void> {
  const versions = await allSettled(
    items.map(async (item) => {
      const version = await writeItem(store, item);
      if (version !== undefined) onWritten?.(item, version);
      return version;
    }),
  );
  const conflicts = items.filter((_, index) => versions[index] === undefined).map(({ key }) => key);
  if (conflicts.length > 0) {
    const message = `Another writer has changed ${conflicts.length} of the ${items.length} items. Read them again, repeat the change and write them.`;
    throw new StorageError("CONFLICT", message, { keys: conflicts });
  }
}

/** Resolves with the new version; `undefined` if the stored item has another eTag. */
async function writeItem(store: ThreadStore, { key, json, eTag }: CheckedItem): Promise<Version | undefined> {
  const options = precondition(eTag);
  if (options === undefined) return undefined;
  try {
    return (await store.save(itemId(key), json, options)).version;
  } catch (error) {
    if (ThreadStoreError.is(error, "CONFLICT")) return undefined;
    throw error;
  }
}

/** Returns `undefined` for an eTag that no item has, such as one of another storage. */
function precondition(eTag: string): SaveOptions | undefined {
  if (eTag === ANY_ETAG) return { overwrite: true };
  if (eTag === MISSING_ETAG) return {};
  return VERSION.test(eTag) ? { previous: eTag } : undefined;
}

/** Deletes items, each atomically, whatever is stored. */
export async function deleteItems(store: ThreadStore, keys: unknown): Promise<void> {
  await allSettled(checkedKeys(keys).map(async (key) => store.delete(itemId(key))));
}

/** Waits for all calls, and then rejects with the first failure. */
async function allSettled<T>(calls: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(calls);
  return Promise.all(calls);
}

function checkedKeys(keys: unknown): string[] {
  if (!Array.isArray(keys)) throw invalidArgument("keys", "an array", keys);
  return [...new Set(keys.map((key, index) => checkedName(key, `keys[${index}]`)))];
}
