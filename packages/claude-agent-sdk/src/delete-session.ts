import { type ThreadPage, type ThreadStore, type ThreadSummary, type Version } from "@threadstore/core";
import { mapConcurrently, unlessConflict } from "@threadstore/core/documents";
import { findThread } from "./find-thread.ts";
import type { SessionLocation, TranscriptLocation } from "./session-location.ts";
import { DELETING_STATUS, isDeleting } from "./session-metadata.ts";
import { EMPTY_CONTENT, writeTranscript } from "./transcript-thread.ts";

const PAGE_SIZE = 1000;

/**
 * Deletes a session with all of its subpaths. First replaces the main transcript with a mark, in one step. From then on,
 * nothing of the session can be read. If the process is killed after that, the next delete of the session, or the next
 * append to it, deletes the rest.
 */
export async function deleteSession({ session, nameMetadata }: TranscriptLocation): Promise<void> {
  const { sessions, id } = session;
  if ((await findThread(sessions, id)) === undefined && (await listParts(session, 1)).length === 0) return;
  const mark = await sessions.save(id, writeTranscript(EMPTY_CONTENT), {
    overwrite: true,
    metadata: { ...DELETING_STATUS, ...nameMetadata },
    expiresAt: null,
  });
  await finishDeletion(session, mark.version);
}

/** Deletes the transcript of a subpath. From then on, its segments cannot be read, even if they still exist. */
export async function deleteSubpath({
  session: { segments },
  store,
  id,
  segmentPrefix,
}: TranscriptLocation): Promise<void> {
  const ids: string[] = [];
  // Listed before the transcript is deleted, so that segments of a later transcript are not deleted.
  for await (const segment of segments.list({ prefix: segmentPrefix, limit: PAGE_SIZE }))
    ids.push(segment.id);
  await store.delete(id);
  await mapConcurrently(ids, async (segment) => segments.delete(segment));
}

/** Resolves with whether the session is being deleted, so that its subpaths count as missing. */
export async function isBeingDeleted({ sessions, id }: SessionLocation): Promise<boolean> {
  return isDeleting((await findThread(sessions, id))?.metadata);
}

/** Finishes the deletion of a session if one was interrupted. Resolves with whether it was. */
export async function finishInterruptedDeletion(session: SessionLocation): Promise<boolean> {
  const mark = await findMark(session);
  if (mark !== undefined) await finishDeletion(session, mark);
  return mark !== undefined;
}

/**
 * Deletes the remaining parts of a session, and then its mark. Other processes can do the same at the same time. If one
 * of them deletes the mark, a new session can be created under the same id. To never delete a part of that session, this
 * lists parts, reads the mark again, and deletes only the listed versions.
 */
export async function finishDeletion(session: SessionLocation, mark: Version): Promise<void> {
  let current = mark;
  for (;;) {
    const parts = await listParts(session, PAGE_SIZE);
    const latest = await findMark(session);
    if (latest === undefined) return;
    // If the mark has changed, there can be parts that were created after the listing.
    if (parts.length === 0 && latest === current) break;
    current = latest;
    await mapConcurrently(parts, deletePart);
  }
  await unlessConflict(session.sessions.delete(session.id, { previous: current }));
}

/** Returns the version of the mark of a session that is being deleted. */
async function findMark({ sessions, id }: SessionLocation): Promise<Version | undefined> {
  const thread = await findThread(sessions, id);
  return isDeleting(thread?.metadata) ? thread?.version : undefined;
}

/** A segment, or the transcript of a subpath. */
interface Part {
  readonly store: ThreadStore;
  readonly thread: ThreadSummary;
}

/**
 * Lists at most `limit` segments and as many transcripts of subpaths. The segments come first: a transcript that is
 * created after the listing has none of them.
 */
async function listParts({ segments, subpaths }: SessionLocation, limit: number): Promise<Part[]> {
  const parts: Part[] = [];
  for (const store of [segments, subpaths]) {
    let page: ThreadPage = { threads: [], cursor: undefined };
    // A page can be empty although others follow.
    do page = await store.listPage({ limit, cursor: page.cursor });
    while (page.threads.length === 0 && page.cursor !== undefined);
    parts.push(...page.threads.map((thread) => ({ store, thread })));
  }
  return parts;
}

async function deletePart({ store, thread }: Part): Promise<void> {
  // If it has changed since it was listed, it is listed again.
  await unlessConflict(store.delete(thread.id, { previous: thread }));
}
