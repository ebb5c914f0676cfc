import type { ObservationalMemoryRecord } from "@mastra/core/storage";
import type { StoredThread } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { jsonObjectOf, newDocument, readDocument } from "./documents.ts";
import { invalidThread } from "./mastra-memory-error.ts";

/** The thread or the resource that is observed. */
export interface Observed {
  /** `null` for a resource. */
  readonly threadId: string | null;
  readonly resourceId: string;
}

/** Members of a record, and of its buffered chunks, that are dates. */
const DATES = ["createdAt", "updatedAt", "lastObservedAt", "lastBufferedAtTime"] as const;
const REQUIRED_DATES = ["createdAt", "updatedAt"] as const;
const COUNTS = ["generationCount", "totalTokensObserved", "observationTokenCount", "pendingMessageTokens"];

/** Returns the document with the records of what is observed, the latest generation first. */
export function observationDocument(
  { threadId, resourceId }: Observed,
  records: readonly ObservationalMemoryRecord[],
): JsonObject {
  return newDocument("mastra-observations", {
    ...(threadId === null ? {} : { threadId }),
    resourceId,
    records: records.map((record) => jsonObjectOf(record, "record")),
  });
}

/** Reads a stored document. Throws `THREAD_INVALID` with the path, `THREAD_MISMATCH` or `THREAD_TOO_NEW`. */
export function readObservations(stored: StoredThread): ObservationalMemoryRecord[] {
  const { records } = readDocument("mastra-observations", stored);
  if (!Array.isArray(records)) throw invalidThread("$.records", "an array", records);
  return records.map((record, index) => readRecord(record, `$.records[${index}]`));
}

function readRecord(record: unknown, path: string): ObservationalMemoryRecord {
  if (!isJsonObject(record)) throw invalidThread(path, "an object", record);
  for (const name of ["id", "scope", "resourceId", "originType", "activeObservations"]) {
    if (typeof record[name] !== "string") throw invalidThread(`${path}.${name}`, "a string", record[name]);
  }
  for (const name of COUNTS) {
    if (typeof record[name] !== "number") throw invalidThread(`${path}.${name}`, "a number", record[name]);
  }
  if (!isJsonObject(record["config"])) throw invalidThread(`${path}.config`, "an object", record["config"]);
  for (const name of REQUIRED_DATES) timeIn(record[name], `${path}.${name}`);
  const { bufferedObservationChunks: chunks } = record;
  if (chunks !== undefined && !Array.isArray(chunks)) {
    throw invalidThread(`${path}.bufferedObservationChunks`, "an array", chunks);
  }
  const read = withDates(record, path);
  if (chunks !== undefined) {
    read["bufferedObservationChunks"] = chunks.map((chunk, index) => {
      const at = `${path}.bufferedObservationChunks[${index}]`;
      if (!isJsonObject(chunk)) throw invalidThread(at, "an object", chunk);
      return withDates(chunk, at);
    });
  }
  return read as unknown as ObservationalMemoryRecord;
}

/** Returns a copy in which the texts of dates are dates. */
function withDates(members: JsonObject, path: string): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...members };
  for (const name of DATES) {
    const text = members[name];
    if (text !== undefined && text !== null) copy[name] = timeIn(text, `${path}.${name}`);
  }
  return copy;
}

function timeIn(text: unknown, path: string): Date {
  const time = new Date(typeof text === "string" ? text : Number.NaN);
  if (Number.isNaN(time.getTime())) throw invalidThread(path, "a time", text);
  return time;
}
