import type { Storage, StoreItem } from "@microsoft/agents-hosting";
import { MISSING_ETAG } from "./item.ts";
import { checkedStore } from "./storage-error.ts";
import {
  checkedChanges,
  deleteItems,
  readItems,
  type ThreadStorageOptions,
  writeItems,
} from "./thread-storage.ts";

/**
 * Creates a storage for the framework's state classes (`ConversationState`, `UserState` and other `AgentState`s) that
 * restores the check which they bypass: they set the `eTag` of each state that they save to `*`, so that the last
 * writer wins. This storage remembers the version of each state object that it returned instead, and `saveChanges`
 * rejects with `CONFLICT` if another turn has saved the state meanwhile. Reading a missing state returns an empty one,
 * so that of two turns that create it, only one succeeds.
 *
 * It uses the same items as `threadStorage` over the same store. Pass it to state classes only: other code takes an
 * empty item for one that exists. Options and errors are those of `threadStorage`.
 */
export function stateStorage(options: ThreadStorageOptions): Storage {
  const store = checkedStore(options);
  /** The eTags of states by their key, because an application can save a state under several keys. */
  const eTags = new WeakMap<object, Map<string, string>>();

  function remember(state: object, key: string, eTag: string): void {
    const byKey = eTags.get(state) ?? new Map<string, string>();
    eTags.set(state, byKey.set(key, eTag));
  }

  return {
    async read(keys) {
      const items = new Map(await readItems(store, keys));
      const states = keys.map((key) => [key, items.get(key) ?? { eTag: MISSING_ETAG }] as const);
      for (const [key, state] of states) remember(state, key, state.eTag ?? MISSING_ETAG);
      return Object.fromEntries(states) as StoreItem;
    },

    async write(changes) {
      const items = checkedChanges(changes).map((change) => {
        // A state that `clear` has emptied is a new object, and replaces the stored one as the application asked.
        const eTag = eTags.get(change.item)?.get(change.key) ?? change.eTag;
        return { ...change, eTag };
      });
      await writeItems(store, items, ({ item, key }, version) => remember(item, key, version));
    },

    delete: async (keys) => deleteItems(store, keys),
  };
}
