import type { StorageThreadType } from "@mastra/core/memory";
import type { ThreadDetails, ThreadMetadata } from "@threadstore/core";
import { isJsonObject } from "@threadstore/core/documents";
import { jsonObjectOf, timeText } from "./documents.ts";
import { checkedName, invalidArgument, invalidThread, mismatch } from "./mastra-memory-error.ts";

/** A thread without its messages: a loaded thread, a listed one, or the result of a touch. */
export interface ThreadHead extends Pick<ThreadDetails, "size" | "updatedAt"> {
  readonly metadata?: ThreadMetadata | undefined;
}

/**
 * Returns the metadata of a stored thread, which listings return without reading its messages.
 *
 * @param size The size of the thread while its `updatedAt` is the one in `thread`. Later saves of messages change it.
 */
export function metadataOf(thread: StorageThreadType, size?: number): ThreadMetadata {
  const createdAt = timeText(thread.createdAt, "thread.createdAt") ?? new Date().toISOString();
  const metadata: ThreadMetadata = {
    thread: checkedName(thread.id, "thread.id"),
    resource: checkedName(thread.resourceId, "thread.resourceId"),
    createdAt,
    ...changedMetadata(thread),
  };
  const updatedAt = size === undefined ? undefined : timeText(thread.updatedAt, "thread.updatedAt");
  return updatedAt === undefined ? metadata : { ...metadata, updatedAt, updatedSize: String(size) };
}

/** Returns the metadata for a title and metadata of a thread, if they are not `undefined`. */
export function changedMetadata({ title, metadata }: Partial<StorageThreadType>): ThreadMetadata {
  const changed: ThreadMetadata = {};
  if (title !== undefined && title !== null) {
    if (typeof title !== "string") throw invalidArgument("title", "a string", title);
    changed["title"] = title.toWellFormed();
  }
  if (metadata !== undefined && metadata !== null) {
    changed["metadata"] = JSON.stringify(jsonObjectOf(metadata, "metadata"));
  }
  return changed;
}

/** Returns metadata without the time that a caller has set, so that the thread shows when the store saved it. */
export function savedNow({
  updatedAt: _time,
  updatedSize: _size,
  ...metadata
}: ThreadMetadata): ThreadMetadata {
  return metadata;
}

/** Returns the thread that has this metadata. Throws `THREAD_INVALID` or `THREAD_MISMATCH`. */
export function threadOf({ metadata = {}, size, updatedAt }: ThreadHead): StorageThreadType {
  const { thread: id, resource: resourceId, title } = metadata;
  if (id === undefined || resourceId === undefined) {
    throw mismatch("metadata", "The metadata of the thread must have the members `thread` and `resource`.");
  }
  const isSince = metadata["updatedSize"] !== String(size);
  return {
    id,
    resourceId,
    createdAt: timeOf(metadata, "createdAt") ?? updatedAt,
    updatedAt: (isSince ? undefined : timeOf(metadata, "updatedAt")) ?? updatedAt,
    ...(title === undefined ? {} : { title }),
    ...metadataMember(metadata["metadata"]),
  };
}

function timeOf(metadata: ThreadMetadata, name: string): Date | undefined {
  const text = metadata[name];
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw invalidThread(`metadata.${name}`, "a time");
  return time;
}

function metadataMember(json: string | undefined): Pick<StorageThreadType, "metadata"> {
  if (json === undefined) return {};
  try {
    const metadata: unknown = JSON.parse(json);
    if (isJsonObject(metadata)) return { metadata };
  } catch {
    // Reported below.
  }
  throw invalidThread("metadata.metadata", "the JSON of an object");
}
