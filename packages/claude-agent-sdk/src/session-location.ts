import type { SessionKey } from "@anthropic-ai/claude-agent-sdk";
import type { ThreadMetadata, ThreadStore, ThreadSummary } from "@threadstore/core";
import { isJsonObject, storedName, textDigest } from "@threadstore/core/documents";
import { checkedName, invalidArgument } from "./session-store-error.ts";

/** Where a session is stored. */
export interface SessionLocation {
  /** The main transcripts of the project, by the stored name of their session. */
  readonly sessions: ThreadStore;
  readonly id: string;
  /** The transcripts of the session's subpaths. */
  readonly subpaths: ThreadStore;
  /** The segments of all transcripts of the session. */
  readonly segments: ThreadStore;
}

/** Where a transcript is stored. */
export interface TranscriptLocation {
  readonly key: SessionKey;
  readonly session: SessionLocation;
  readonly isMain: boolean;
  /** The namespace of the transcript's own thread. */
  readonly store: ThreadStore;
  readonly id: string;
  /** The metadata that preserves the name for listings; empty if the id is the name. */
  readonly nameMetadata: ThreadMetadata;
  /** The beginning of the ids of the transcript's segments. */
  readonly segmentPrefix: string;
}

/**
 * The longest names that are stored unchanged, in bytes of UTF-8. Nested in each other, and with `SEGMENTS`, they leave
 * 181 of the 512 bytes of a namespace to the store that the application passes.
 */
const MAX_BYTES = { projectKey: 220, sessionId: 100, subpath: 400 } as const;
const SEGMENTS = "segments";
const PREFIX_LENGTH = 16;

/** Returns the namespace of a project's sessions. Throws `INVALID_ARGUMENT`. */
export function projectNamespace(store: ThreadStore, projectKey: unknown, path = "projectKey"): ThreadStore {
  return store.namespace(storedName(checkedName(projectKey, path), { maxBytes: MAX_BYTES.projectKey }));
}

/** Throws `INVALID_ARGUMENT` with the path of the invalid member. */
export function locateSession(store: ThreadStore, key: unknown): SessionLocation {
  const { projectKey, sessionId } = membersOf(key);
  const sessions = projectNamespace(store, projectKey, "key.projectKey");
  const id = storedName(checkedName(sessionId, "key.sessionId"), { maxBytes: MAX_BYTES.sessionId });
  const subpaths = sessions.namespace(id);
  return { sessions, id, subpaths, segments: subpaths.namespace(SEGMENTS) };
}

/** Throws `INVALID_ARGUMENT` with the path of the invalid member. */
export function locateTranscript(store: ThreadStore, key: unknown): TranscriptLocation {
  const session = locateSession(store, key);
  const { projectKey, sessionId, subpath } = membersOf(key) as SessionKey;
  if (subpath === undefined) {
    const { sessions, id } = session;
    const nameMetadata = metadataOfName(sessionId, id);
    const main = { session, isMain: true, store: sessions, id, nameMetadata, segmentPrefix: "main." };
    return { key: { projectKey, sessionId }, ...main };
  }
  const id = storedName(checkedName(subpath, "key.subpath"), { maxBytes: MAX_BYTES.subpath });
  return {
    key: { projectKey, sessionId, subpath },
    session,
    isMain: false,
    store: session.subpaths,
    id,
    nameMetadata: metadataOfName(subpath, id),
    segmentPrefix: `${textDigest(subpath).slice(0, PREFIX_LENGTH)}.`,
  };
}

/** Returns the name of a listed thread. */
export function nameOf({ id, metadata }: ThreadSummary): string {
  return metadata?.["name"] ?? id;
}

function metadataOfName(name: string, id: string): ThreadMetadata {
  return name === id ? {} : { name };
}

function membersOf(key: unknown): { readonly [member: string]: unknown } {
  if (!isJsonObject(key)) throw invalidArgument("key", "an object", key);
  return key;
}
