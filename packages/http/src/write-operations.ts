import type { ThreadMetadata } from "@threadstore/core";
import { repeatAfterConflict } from "@threadstore/core/documents";
import { type Body, invalidRequest, readBody } from "./body.ts";
import type { Change } from "./change.ts";
import { isAnyVersion, preconditionFailed, withPrecondition } from "./entity-tags.ts";
import { loadChecked } from "./load-checked.ts";
import { threadNotFound } from "./read-operations.ts";
import { ARCHIVED, changedResponse, COMMON_HEADERS, TITLE } from "./summary.ts";

/** Renames or archives a thread: applies a merge patch to its title and archived state. */
export async function update(change: Change): Promise<Response> {
  const { request, threads, id, settings } = change;
  const body = await readBody(request, settings.maxBodyBytes, ["title", "archived"]);
  return repeatAfterConflict(async () => {
    const stored = await loadChecked(change);
    const metadata = patchMetadata(stored.metadata, body);
    if (Object.keys(body).length === 0) return changedResponse(stored);
    const touched = await threads.touch(id, { previous: stored, metadata, signal: request.signal });
    if (touched === undefined) throw threadNotFound();
    return changedResponse(touched);
  }, request.signal);
}

function patchMetadata(metadata: ThreadMetadata, { title, archived }: Body): ThreadMetadata {
  const { [TITLE]: oldTitle, [ARCHIVED]: oldState, ...others } = metadata;
  if (title !== undefined && title !== null && typeof title !== "string") {
    throw invalidRequest("`title` must be a string, or null to remove it.");
  }
  if (archived !== undefined && typeof archived !== "boolean") {
    throw invalidRequest("`archived` must be true or false.");
  }
  const newTitle = title === undefined ? oldTitle : title;
  const isArchived = archived ?? oldState === "true";
  return {
    ...others,
    ...(newTitle === null || newTitle === undefined ? {} : { [TITLE]: newTitle }),
    ...(isArchived ? { [ARCHIVED]: "true" } : {}),
  };
}

/** Deletes a thread, even if it is corrupt. */
export async function remove({ request, threads, id }: Change): Promise<Response> {
  const { signal } = request;
  const existed = await withPrecondition(request, (previous) => threads.delete(id, { previous, signal }));
  if (!existed) throw isAnyVersion(request) ? preconditionFailed() : threadNotFound();
  return new Response(null, { status: 204, headers: COMMON_HEADERS });
}
