import type { StoredThread } from "@threadstore/core";
import type { VersionedThread } from "@threadstore/history";
import { threadNotFound } from "@threadstore/http/provider";
import { isHistoryStore } from "../stores/history-store.ts";
import { noHistory, ViewerProblem } from "./viewer-problem.ts";
import type { ViewerRequest } from "./viewer-request.ts";

/** Resolves with the thread of the request. Rejects with a problem if it does not exist. */
export async function loadThread({ request, store, id }: ViewerRequest): Promise<StoredThread> {
  const stored = await store.load(id, { signal: request.signal });
  if (stored === undefined) throw threadNotFound();
  return stored;
}

/** Resolves with a version of the thread of the request. Rejects with a problem if it is not kept. */
export async function loadVersion(
  { request, store, id }: ViewerRequest,
  version: string,
): Promise<VersionedThread> {
  if (!isHistoryStore(store)) throw noHistory();
  const stored = await store.loadVersion(id, version, { signal: request.signal });
  if (stored !== undefined) return stored;
  throw new ViewerProblem(
    "VERSION_NOT_FOUND",
    "The thread does not have this version, or no longer keeps it.",
  );
}
