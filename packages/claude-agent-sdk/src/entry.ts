import type { SessionStoreEntry } from "@anthropic-ai/claude-agent-sdk";
import type { JsonValue } from "@threadstore/core";
import { copyJson, isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import { invalidArgument, invalidThread, SessionStoreError } from "./session-store-error.ts";

/** A line of a transcript. */
export interface Entry {
  readonly value: SessionStoreEntry;
  /** The entry as it is stored: itself, or its JSON in a member `json`. */
  readonly stored: JsonObject;
  readonly json: string;
}

/** What `JSON.stringify` writes for a lone surrogate. Stores accept only well-formed Unicode. */
const ESCAPED_SURROGATE = /\\ud[89a-f][0-9a-f]{2}/u;

/** Copies the entries that the SDK passed. Throws `INVALID_ARGUMENT` with the path of the first that is invalid. */
export function entriesFromArgument(entries: unknown): Entry[] {
  if (!Array.isArray(entries)) throw invalidArgument("entries", "an array", entries);
  const copies = copyJson(entries, {
    path: "entries",
    loneSurrogates: "keep",
    error: (message, path) => new SessionStoreError("INVALID_ARGUMENT", message, { path }),
  }) as JsonValue[];
  return copies.map((copy, index) => entryOf(copy, memberPath("entries", index)));
}

function entryOf(value: JsonValue, path: string): Entry {
  if (!isJsonObject(value)) throw invalidArgument(path, "an object", value);
  const { type, uuid } = value;
  if (typeof type !== "string") throw invalidArgument(`${path}.type`, "a string", type);
  if (uuid !== undefined && (typeof uuid !== "string" || uuid === "")) {
    throw invalidArgument(`${path}.uuid`, "a non-empty string, if it is present", uuid);
  }
  const json = JSON.stringify(value);
  // An entry has a type, so the two forms cannot be confused.
  const stored = ESCAPED_SURROGATE.test(json) ? { json } : value;
  return { value: value as SessionStoreEntry, stored, json };
}

/** Reads the entries of a stored thread, which is untrusted. Throws `THREAD_INVALID` with the path. */
export function readEntries(entries: JsonValue | undefined, path: string): SessionStoreEntry[] {
  if (!Array.isArray(entries)) throw invalidThread(path, "an array", entries);
  return entries.map((stored, index) => {
    const entry = isJsonObject(stored) && !("type" in stored) ? parseStored(stored) : stored;
    if (isJsonObject(entry) && typeof entry["type"] === "string") return entry as SessionStoreEntry;
    throw invalidThread(memberPath(path, index), "an entry with a type");
  });
}

/** Returns an entry that is stored as JSON. */
function parseStored({ json }: JsonObject): JsonValue {
  if (typeof json !== "string") return null;
  try {
    return JSON.parse(json) as JsonValue;
  } catch {
    return null;
  }
}
