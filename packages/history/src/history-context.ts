import type { StoredThread, ThreadStore } from "@threadstore/core";
import { ThreadStoreError } from "@threadstore/core";
import type { ResolvedOptions } from "./options.ts";

/** What the operations on versions use. */
export interface HistoryContext {
  /** The store or view, as callers see it. */
  readonly store: ThreadStore;
  /** The corresponding store or view that contains the logs. */
  readonly inner: ThreadStore;
  readonly options: ResolvedOptions;
  /** Returns a thread that `store` has returned as `inner` contains it. */
  readonly innerThread: (stored: StoredThread) => StoredThread;
}

/** Creates the error for a version that is not kept. */
export function missingVersion(current: StoredThread | undefined): ThreadStoreError {
  const message =
    current === undefined
      ? "The thread does not exist, so it has no versions."
      : "This version of the thread is not kept, or it never existed. Choose one that `versions` returns.";
  return new ThreadStoreError("CONFLICT", message, { currentVersion: current?.version });
}
