import type { JsonValue, ThreadDetails, ThreadMetadata, ThreadSummary } from "@threadstore/core";
import { entityTag } from "./entity-tags.ts";

/** The metadata with the title and the archived state. Metadata is part of every listing. */
export const TITLE = "title";
export const ARCHIVED = "archived";

/** Returns the state of a thread for lists and for responses to changes. */
export function toSummary(thread: ThreadDetails & { readonly metadata?: ThreadMetadata }): JsonValue {
  const { id, version, size, createdAt, updatedAt, expiresAt, metadata = {} } = thread;
  const { [TITLE]: title, [ARCHIVED]: archived, ...others } = metadata;
  return {
    id,
    ...(title === undefined ? {} : { title }),
    archived: archived === "true",
    version,
    size,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    metadata: others,
  };
}

/** Returns an entry of a list. The entry of a corrupt thread has only its id and version. */
export function toEntry(thread: ThreadSummary): JsonValue {
  return thread.corrupt ? { id: thread.id, version: thread.version, corrupt: true } : toSummary(thread);
}

export function isArchived({ metadata }: ThreadSummary): boolean {
  return metadata?.[ARCHIVED] === "true";
}

/** Returns the response to a change of a thread, with its state. */
export function changedResponse(
  thread: ThreadDetails & { readonly metadata?: ThreadMetadata },
  more: { readonly [member: string]: JsonValue } = {},
  status = 200,
  moreHeaders: Readonly<Record<string, string>> = {},
): Response {
  const headers = { ...moreHeaders, ...COMMON_HEADERS, etag: entityTag(thread.version) };
  return Response.json({ ...(toSummary(thread) as object), ...more }, { status, headers });
}

/** Threads belong to a user, so caches must not share them and must revalidate them. */
export const COMMON_HEADERS = {
  "cache-control": "private, no-cache",
  vary: "authorization, cookie",
} as const;
