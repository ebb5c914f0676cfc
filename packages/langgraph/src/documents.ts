import type { StoredThread } from "@threadstore/core";
import { isJsonObject, type JsonObject, readEnvelope, THREAD_FORMAT } from "@threadstore/core/documents";
import { envelopeError, invalidValue } from "./errors.ts";

/** The kinds of records with the latest version of their formats. Every later version must read src/golden. */
const KINDS = {
  "langgraph-checkpoint": 1,
  "langgraph-deletion": 1,
  "langgraph-head": 1,
  "langgraph-item": 1,
  "langgraph-list": 1,
  "langgraph-value": 1,
  "langgraph-writes": 1,
} as const;

export type DocumentKind = keyof typeof KINDS;

/** Returns the JSON of a record. `members` are JSON texts such as `"id":"x"`. */
export function documentText(kind: DocumentKind, members: readonly string[]): string {
  const envelope = [`"format":"${THREAD_FORMAT}"`, `"version":${KINDS[kind]}`, `"kind":"${kind}"`];
  return `{${[...envelope, ...members].join(",")}}`;
}

/**
 * Returns the members of a stored record, which is untrusted. Throws `THREAD_MISMATCH` for a record of another kind,
 * `THREAD_TOO_NEW`, or `THREAD_INVALID`.
 */
export function readDocument(stored: StoredThread, kind: DocumentKind): JsonObject {
  return readEnvelope(stored.thread, {
    kinds: { [kind]: KINDS[kind] },
    packageName: "@threadstore/langgraph",
    error: envelopeError,
  }).members;
}

/** Returns a member that must be an object. Throws `THREAD_INVALID`. */
export function objectMember(members: JsonObject, name: string, path = "$"): JsonObject {
  const value = members[name];
  if (isJsonObject(value)) return value;
  throw invalidValue("THREAD_INVALID", `${path}.${name}`, "an object", value);
}

/** Returns a member that must be a string. Throws `THREAD_INVALID`. */
export function stringMember(members: JsonObject, name: string, path = "$"): string {
  const value = members[name];
  if (typeof value === "string") return value;
  throw invalidValue("THREAD_INVALID", `${path}.${name}`, "a string", value);
}
