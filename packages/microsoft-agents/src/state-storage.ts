import type { Storage, StoreItem } from "@microsoft/agents-hosting";
import { MISSING_ETAG } from "./item.ts";
import { checkedStore } from "./storage-error.ts";
import {
  checkedChanges,
  deleteItems,
  OPTION_NAMES,
  readItems,
  type ThreadStorageOptions,
  writeItems,
} from "./thread-storage.ts";

/**
 * Creates a storage for the SDK's state classes (`ConversationState`, `UserState` and other `AgentState`s). These
 * bypass the check of eTags: they set the `eTag` of each state that they save to `*`, so that the last writer wins.
 * This storage instead remembers the version of each state object that it returned, and `saveChanges` rejects with
 * `CONFLICT` if another turn has saved the state meanwhile. Reading a missing state returns an empty one, so that only
 * one of two turns can create it.
 *
 * It uses the same items as `threadStorage` over the same store. Pass it only to state classes: other code would
 * mistake an empty item for an existing one. Options and errors are those of `threadStorage`.
 */
export function stateStorage(options: ThreadStorageOptions): Storage {
  const store = checkedStore(options, OPTION_NAMES);
  /** The eTags of each state by key, because an application can save a state under several keys. */
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
        // `clear` creates a new state object, which replaces the stored state as the application requested.
        const eTag = eTags.get(change.item)?.get(change.key) ?? change.eTag;
        return { ...change, eTag };
      });
      await writeItems(store, items, ({ item, key }, version) => remember(item, key, version));
    },

    delete: async (keys) => deleteItems(store, keys),
  };
}
