import type { ThreadStore } from "@threadstore/core";
import { forwardChanges, forwardOperations, wrapThreadStore } from "@threadstore/core/decorator";

/** Returns a view of a store that lists only the threads that were saved since `time`. Must not be closed. */
export function changedSince(store: ThreadStore, time: Date): ThreadStore {
  return wrapThreadStore(store, {
    name: "changed",
    operations: (namespace) => ({
      ...forwardOperations(namespace),
      ...forwardChanges(namespace),
      async listPage(options, call) {
        const page = await namespace.inner.listPage({ ...options, ...call.options() });
        const threads = page.threads.filter(({ corrupt, updatedAt }) => corrupt || updatedAt >= time);
        return { ...page, threads };
      },
    }),
  });
}
