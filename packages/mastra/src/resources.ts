import type { StorageResourceType } from "@mastra/core/storage";
import type { StoredThread } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { jsonObjectOf, newDocument, readDocument, timeText } from "./documents.ts";
import { invalidArgument, invalidThread } from "./mastra-memory-error.ts";
import type { ThreadRecords } from "./thread-records.ts";

/** Loads the working memory and metadata of a resource. */
export async function loadResource(
  records: ThreadRecords,
  resourceId: string,
): Promise<StorageResourceType | null> {
  const { threads, id } = records.workingMemory(resourceId);
  const stored = await threads.load(id);
  return stored === undefined ? null : readResource(resourceId, stored);
}

/** Creates or replaces a resource. */
export async function saveResource(records: ThreadRecords, resource: StorageResourceType): Promise<void> {
  const { threads, id } = records.workingMemory(resource.id);
  await threads.save(id, resourceDocument(resource), { overwrite: true });
}

/** Changes a resource by compare-and-set, or creates it. Omitted members, and other members of the metadata, are kept. */
export async function updateResource(
  records: ThreadRecords,
  { resourceId, workingMemory, metadata }: Parameters<UpdateResource>[0],
): Promise<StorageResourceType> {
  const { threads, id } = records.workingMemory(resourceId);
  const added = metadata === undefined ? {} : jsonObjectOf(metadata, "metadata");
  const stored = await threads.update(id, (current) => {
    const now = new Date();
    const before = current === undefined ? undefined : readResource(resourceId, current);
    const memory = workingMemory ?? before?.workingMemory;
    return resourceDocument({
      id: resourceId,
      ...(memory === undefined ? {} : { workingMemory: memory }),
      metadata: { ...before?.metadata, ...added },
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    });
  });
  if (stored === undefined) throw invalidThread("$", "a resource");
  return readResource(resourceId, stored);
}

type UpdateResource = (change: {
  readonly resourceId: string;
  readonly workingMemory?: string | undefined;
  readonly metadata?: { readonly [name: string]: unknown } | undefined;
}) => void;

function resourceDocument({
  workingMemory,
  metadata,
  createdAt,
  updatedAt,
}: StorageResourceType): JsonObject {
  if (workingMemory !== undefined && workingMemory !== null && typeof workingMemory !== "string") {
    throw invalidArgument("workingMemory", "a string", workingMemory);
  }
  const now = new Date().toISOString();
  return newDocument("mastra-resource", {
    createdAt: timeText(createdAt, "resource.createdAt") ?? now,
    updatedAt: timeText(updatedAt, "resource.updatedAt") ?? now,
    ...(metadata === undefined || metadata === null ? {} : { metadata: jsonObjectOf(metadata, "metadata") }),
    ...(typeof workingMemory === "string" ? { workingMemory: workingMemory.toWellFormed() } : {}),
  });
}

function readResource(id: string, stored: StoredThread): StorageResourceType {
  const { createdAt, updatedAt, metadata, workingMemory } = readDocument("mastra-resource", stored);
  if (workingMemory !== undefined && typeof workingMemory !== "string") {
    throw invalidThread("$.workingMemory", "a string", workingMemory);
  }
  if (metadata !== undefined && !isJsonObject(metadata)) {
    throw invalidThread("$.metadata", "an object", metadata);
  }
  return {
    id,
    ...(workingMemory === undefined ? {} : { workingMemory }),
    ...(metadata === undefined ? {} : { metadata }),
    createdAt: timeIn(createdAt, "$.createdAt"),
    updatedAt: timeIn(updatedAt, "$.updatedAt"),
  };
}

function timeIn(text: unknown, path: string): Date {
  const time = new Date(typeof text === "string" ? text : Number.NaN);
  if (Number.isNaN(time.getTime())) throw invalidThread(path, "a time", text);
  return time;
}
