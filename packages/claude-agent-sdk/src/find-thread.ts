import {
  type ThreadMetadata,
  type ThreadStore,
  ThreadStoreError,
  type ThreadSummary,
  type Version,
} from "@threadstore/core";

/** Listings sort these ids in ascending order, so that each is the first of those that begin with it. */
const ORDERED_ID = /^[\w.-]{1,256}$/u;

/** A thread without its content. */
export interface FoundThread {
  readonly version: Version;
  readonly metadata?: ThreadMetadata | undefined;
}

/**
 * Returns the version and metadata of a thread. Nearly always, the first page of a listing suffices, which does not
 * read its content.
 */
export async function findThread(store: ThreadStore, id: string): Promise<FoundThread | undefined> {
  const { threads, cursor } = await store.listPage({ prefix: id, metadata: true, limit: 2 });
  const thread = threads.find((each) => each.id === id);
  if (thread !== undefined || cursor === undefined) return thread;
  if (ORDERED_ID.test(id) && threads.some((other) => ORDERED_ID.test(other.id))) return undefined;
  try {
    return await store.load(id);
  } catch (error) {
    if (!ThreadStoreError.is(error, "CORRUPT")) throw error;
    return findInListing(store, id);
  }
}

async function findInListing(store: ThreadStore, id: string): Promise<ThreadSummary | undefined> {
  for await (const thread of store.list({ prefix: id, metadata: true, limit: 1000 })) {
    if (thread.id === id) return thread;
  }
  return undefined;
}
