import type { ThreadStore, ThreadSummary } from "@threadstore/core";

/** Returns a thread without reading its content: only its version, times and metadata. */
export async function findThread(store: ThreadStore, id: string): Promise<ThreadSummary | undefined> {
  for await (const thread of store.list({ prefix: id, metadata: true, limit: 2 })) {
    if (thread.id === id) return thread;
  }
  return undefined;
}
