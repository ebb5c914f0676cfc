import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import type { Version } from "@threadstore/core";
import { isBeingDeleted } from "./delete-session.ts";
import { loadSegments } from "./segments.ts";
import type { TranscriptLocation } from "./session-location.ts";
import { invalidThread } from "./session-store-error.ts";
import { readTranscript } from "./transcript-thread.ts";

/** Loads all entries of a transcript. Resolves with `null` if there are none. */
export async function loadTranscript(location: TranscriptLocation): Promise<SessionStoreEntry[] | null> {
  const { store, id, isMain, session } = location;
  let lastVersion: Version | undefined;
  for (;;) {
    const [stored, isDeleted] = await Promise.all([store.load(id), isMain ? false : isBeingDeleted(session)]);
    if (stored === undefined || isDeleted) return null;
    const { segments, entries } = readTranscript(stored.thread);
    if (segments.length === 0) return entries.length === 0 ? null : [...entries];
    const older = await loadSegments(location, segments);
    if (!("missing" in older)) return [...older, ...entries];
    // Another process may have deleted the session since its transcript was loaded.
    if (stored.version === lastVersion) throw invalidThread(older.missing, "the id of a stored segment");
    lastVersion = stored.version;
  }
}
