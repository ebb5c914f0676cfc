import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { deleteSegments, type Head, readHead } from "./records.ts";
import { StreamError } from "./stream-error.ts";

/** Deletes a stream with its segments, but not a newer stream that replaces it meanwhile. */
export async function deleteStream(store: ThreadStore, id: string): Promise<void> {
  for (let token: string | undefined; ;) {
    const head = await loadToDelete(store, id);
    if (head === undefined || (token !== undefined && head.token !== token)) return;
    token = head.token;
    try {
      await store.delete(id, { previous: head.version });
      await deleteSegments(store, head);
      return;
    } catch (error) {
      // The producer wrote first.
      if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
    }
  }
}

/** Loads a head. Deletes it if it is invalid: segments that remain then expire. */
async function loadToDelete(store: ThreadStore, id: string): Promise<Head | undefined> {
  try {
    const stored = await store.load(id);
    return stored === undefined ? undefined : readHead(stored);
  } catch (error) {
    if (!StreamError.is(error, "THREAD_INVALID") && !ThreadStoreError.is(error, "CORRUPT")) throw error;
    await store.delete(id);
    return undefined;
  }
}
