import type { StoredThread, ThreadStore } from "@threadstore/core";
import {
  copyJson,
  isJsonObject,
  type JsonObject,
  readEnvelope,
  storedName,
  THREAD_FORMAT,
} from "@threadstore/core/documents";
import { checkedName, envelopeError, invalidArgument, MastraMemoryError } from "./mastra-memory-error.ts";

// The README specifies the formats.
const VERSION = 1;

/** A document of this package, by its kind. */
export type DocumentKind = "mastra-location" | "mastra-observations" | "mastra-resource" | "mastra-thread";

/**
 * The longest names that are stored as they are, in bytes of UTF-8. That of a resource leaves some 300 of the 512 bytes
 * of a namespace to the store that the application passes.
 */
const MAX_BYTES = { id: 400, namespace: 200 } as const;

/** Returns the id under which every store can keep a thread, a message or a resource. Throws `INVALID_ARGUMENT`. */
export function idFor(name: unknown, path: string): string {
  return storedName(checkedName(name, path), { maxBytes: MAX_BYTES.id });
}

/** Returns the namespace of a resource. Throws `INVALID_ARGUMENT`. */
export function resourceNamespace(resources: ThreadStore, resourceId: unknown, path: string): ThreadStore {
  return resources.namespace(storedName(checkedName(resourceId, path), { maxBytes: MAX_BYTES.namespace }));
}

/** Returns a document with the members that every thread of this project has. */
export function newDocument(kind: DocumentKind, members: JsonObject): JsonObject {
  return { format: THREAD_FORMAT, version: VERSION, kind, ...members };
}

/** Returns the members of a stored document. Throws `THREAD_INVALID`, `THREAD_MISMATCH` or `THREAD_TOO_NEW`. */
export function readDocument(kind: DocumentKind, { thread }: Pick<StoredThread, "thread">): JsonObject {
  return readEnvelope(thread, {
    kinds: { [kind]: VERSION },
    packageName: "@threadstore/mastra",
    error: envelopeError,
  }).members;
}

/**
 * Returns what `JSON.stringify` makes of an object, as Mastra's own stores keep it: dates become text. Lone surrogates,
 * which models sometimes return and stores reject, become U+FFFD. Throws `INVALID_ARGUMENT`.
 */
export function jsonObjectOf(value: unknown, path: string): JsonObject {
  if (!isJsonObject(value)) throw invalidArgument(path, "an object", value);
  const copy = copyJson(JSON.parse(stringify(value, path)), {
    error: (message, at) => new MastraMemoryError("INVALID_ARGUMENT", message, { path: at }),
    path,
    loneSurrogates: "replace",
  });
  if (!isJsonObject(copy)) throw invalidArgument(path, "an object", copy);
  return copy;
}

function stringify(value: JsonObject, path: string): string {
  try {
    return JSON.stringify(value);
  } catch {
    // The engine's message can quote the names of members.
    throw invalidArgument(path, "JSON, without cycles and bigints");
  }
}

/** Returns a time as ISO 8601, or `undefined` for `undefined`. Throws `INVALID_ARGUMENT` unless it is a valid date. */
export function timeText(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const time = new Date(value as Date | number | string);
  if (Number.isNaN(time.getTime())) throw invalidArgument(path, "a date", value);
  return time.toISOString();
}
