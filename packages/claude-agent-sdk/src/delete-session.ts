import { ThreadStoreError, type Version } from "@threadstore/core";
import { findThread } from "./find-thread.ts";
import type { SessionLocation, TranscriptLocation } from "./session-location.ts";
import { DELETING_STATUS, isDeleting } from "./session-metadata.ts";
import { EMPTY_CONTENT, writeTranscript } from "./transcript-thread.ts";

/**
 * Deletes a session with all of its subpaths. First replaces the main transcript by a mark, in one step, from which on
 * nothing of the session can be read. If the process is killed after that, the next delete, or the next append to the
 * session, deletes the rest.
 */
export async function deleteSession({ session, nameMetadata }: TranscriptLocation): Promise<void> {
  const { sessions, id, subpaths } = session;
  if ((await findThread(sessions, id)) === undefined) {
    const { threads } = await subpaths.listPage({ limit: 1 });
    if (threads.length === 0) {
      // Segments that an interrupted delete or append left are not visible, so they do not need a mark.
      await eraseParts(session);
      return;
    }
  }
  const mark = await sessions.save(id, writeTranscript(EMPTY_CONTENT), {
    overwrite: true,
    metadata: { ...DELETING_STATUS, ...nameMetadata },
    expiresAt: null,
  });
  await finishDeletion(session, mark.version);
}

/** Deletes the transcript of a subpath. Its segments cannot be read from then on, even if they still exist. */
export async function deleteSubpath({
  session,
  store,
  id,
  segmentPrefix,
}: TranscriptLocation): Promise<void> {
  await store.delete(id);
  for await (const segment of session.segments.list({ prefix: segmentPrefix, limit: 1000 })) {
    await session.segments.delete(segment.id);
  }
}

/** Resolves with whether the session is being deleted, so that its subpaths count as missing. */
export async function isBeingDeleted({ sessions, id }: SessionLocation): Promise<boolean> {
  return isDeleting((await findThread(sessions, id))?.metadata);
}

/** Finishes the deletion of a session, if one was interrupted. */
export async function finishInterruptedDeletion(session: SessionLocation): Promise<void> {
  const mark = await findThread(session.sessions, session.id);
  if (mark !== undefined && isDeleting(mark.metadata)) await finishDeletion(session, mark.version);
}

/** Deletes what remains of a session, and its mark. */
export async function finishDeletion(session: SessionLocation, mark: Version): Promise<void> {
  await eraseParts(session);
  try {
    await session.sessions.delete(session.id, { previous: mark });
  } catch (error) {
    // Another process has finished the deletion, too.
    if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
  }
}

/** Deletes the transcripts of all subpaths, and all segments. */
async function eraseParts({ subpaths }: SessionLocation): Promise<void> {
  let cursor: string | undefined;
  do {
    ({ cursor } = await subpaths.erase({ cursor }));
  } while (cursor !== undefined);
}
