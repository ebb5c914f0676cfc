import type { SerializedThread } from "@threadstore/core";
import {
  isJsonObject,
  type JsonObject,
  memberPath,
  readEnvelope,
  THREAD_FORMAT,
} from "@threadstore/core/documents";
import { elementTexts, memberTexts } from "./json-texts.ts";
import { envelopeError, invalidValue } from "./session-error.ts";
import { checkItems } from "./session-items.ts";

// The README specifies the format. Every later version must read the files in src/golden.
const VERSION = 1;
const KIND = "openai-agents-items";

/** The content of a session's thread. */
export interface SessionContent {
  readonly items: readonly JsonObject[];
  /** The transactions that have been applied: operation ids and the fingerprint of each transaction. */
  readonly operations: ReadonlyMap<string, string>;
  /** Members of the thread that this version does not know. They are written back unchanged. */
  readonly extra: JsonObject;
}

/** The content of a new session. */
export const EMPTY_CONTENT: SessionContent = { items: [], operations: new Map(), extra: {} };

/**
 * Serializes a session. Items come last: as a conversation grows, its JSON keeps its beginning, which stores
 * exploit.
 */
export function writeSessionThread({ items, operations, extra }: SessionContent): SerializedThread {
  return { ...writeHeader(extra, operations), items: [...items] };
}

function writeHeader(extra: JsonObject, operations: SessionContent["operations"]): JsonObject {
  const applied = operations.size === 0 ? {} : { operations: Object.fromEntries(operations) };
  return { format: THREAD_FORMAT, version: VERSION, kind: KIND, ...extra, ...applied };
}

/**
 * Returns the JSON text of a session that was derived from the session in `json`. Items and unknown members of that
 * session keep their text: parsing it would round long numbers, for example. White space between values is removed.
 */
export function writeSessionText(
  { items, operations, extra }: SessionContent,
  source: SessionContent,
  json: string,
): string {
  const texts = memberTexts(json);
  const elements = elementTexts(texts.get("items") ?? "[]");
  const itemTexts = new Map(source.items.map((item, index) => [item, elements[index]] as const));
  const members = Object.entries(writeHeader(extra, operations)).map(([name, value]) => {
    const text = Object.hasOwn(extra, name) ? texts.get(name) : undefined;
    return `${JSON.stringify(name)}:${text ?? JSON.stringify(value)}`;
  });
  const written = items.map((item) => itemTexts.get(item) ?? JSON.stringify(item));
  return `{${members.join(",")},"items":[${written.join(",")}]}`;
}

/**
 * Reads a stored thread, which is untrusted.
 *
 * Throws `THREAD_INVALID` with the path, `THREAD_MISMATCH` for another kind of thread, or `THREAD_TOO_NEW`.
 */
export function readSessionThread(thread: SerializedThread): SessionContent {
  const { operations, items, ...extra } = readSessionMembers(thread);
  return {
    items: checkItems(items, "$.items", "THREAD_INVALID"),
    operations: readOperations(operations ?? {}),
    extra,
  };
}

/**
 * Returns a corrupt session with valid `format`, `kind` and `version`. Only sets members that are lost or of another
 * type, if another one says that this is a session: any other document may be another program's.
 */
export function withSessionEnvelope(document: JsonObject): JsonObject {
  const { format, kind, version, items } = document;
  const isSession = kind === KIND || (format === THREAD_FORMAT && isLost(kind) && Array.isArray(items));
  if (!isSession || (format !== THREAD_FORMAT && !isLost(format))) return document;
  const isVersion = typeof version === "number" && Number.isSafeInteger(version) && version >= 1;
  return { ...document, format: THREAD_FORMAT, version: isVersion ? version : VERSION, kind: KIND };
}

function isLost(member: unknown): boolean {
  return typeof member !== "string" || member === "";
}

function readOperations(operations: unknown): ReadonlyMap<string, string> {
  const path = "$.operations";
  if (!isJsonObject(operations)) {
    throw invalidValue("THREAD_INVALID", path, "an object of fingerprints by operation id", operations);
  }
  const entries = Object.entries(operations).map(([id, fingerprint]): [string, string] => {
    if (typeof fingerprint === "string") return [id, fingerprint];
    throw invalidValue("THREAD_INVALID", memberPath(path, id), "a fingerprint", fingerprint);
  });
  return new Map(entries);
}

/** Checks that a thread is a session that this version can read, and returns its unchecked content. */
export function readSessionMembers(thread: SerializedThread): JsonObject {
  return readEnvelope(thread, {
    kinds: { [KIND]: VERSION },
    packageName: "@threadstore/openai-agents",
    error: envelopeError,
  }).members;
}
