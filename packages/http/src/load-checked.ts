import type { StoredThread } from "@threadstore/core";
import type { Change } from "./change.ts";
import { checkPrecondition } from "./entity-tags.ts";
import { threadNotFound } from "./read-operations.ts";

/** Resolves with the thread. Rejects if it does not exist, or does not have the version that the request requires. */
export async function loadChecked({ request, threads, id }: Change): Promise<StoredThread> {
  const stored = await threads.load(id, { signal: request.signal });
  checkPrecondition(request, stored);
  if (stored === undefined) throw threadNotFound();
  return stored;
}
