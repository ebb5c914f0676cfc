import type { ThreadStore } from "@threadstore/core";
import type { HistoryStore } from "@threadstore/history";

/** Returns whether a store keeps the versions of its threads. */
export function isHistoryStore(store: ThreadStore): store is HistoryStore {
  return "versions" in store && "fork" in store && "diff" in store;
}
