import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
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

const contexts = new WeakMap<object, HistoryContext>();

/** Remembers the context of a store or view with history. */
export function setContext(store: object, context: HistoryContext): void {
  contexts.set(store, context);
}

/** Throws `INVALID_ARGUMENT` unless `withHistory` has created the store, or the store of the view. */
export function contextOf(store: unknown): HistoryContext {
  const context = typeof store === "object" && store !== null ? contexts.get(store) : undefined;
  if (context !== undefined) return context;
  throw new ThreadStoreError(
    "INVALID_ARGUMENT",
    "`store` must be a store with history, or a view of one. Create it with `withHistory`.",
  );
}

/** Creates the error for a version that is not kept. */
export function missingVersion(current: StoredThread | undefined): ThreadStoreError {
  const message =
    current === undefined
      ? "The thread does not exist, so it has no versions."
      : "This version of the thread is not kept, or it never existed. Choose one that `versions` returns.";
  return new ThreadStoreError("CONFLICT", message, { currentVersion: current?.version });
}
