import type { SerializedThread } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "./plain-json.ts";
import { SessionError, unexpected } from "./session-error.ts";
import { checkItems } from "./session-items.ts";

// The README specifies the format; src/golden holds what every later version must read.
const format = "threadstore.thread";
const version = 1;
const kind = "openai-agents-items";

/** What the thread of a session holds. */
export interface SessionContent {
  readonly items: readonly JsonObject[];
  /** The transactions that were applied: a fingerprint of each by its operation id. */
  readonly operations: ReadonlyMap<string, string>;
  /** Members of the thread that this version does not know, carried along. */
  readonly extra: JsonObject;
}

/** A session in which nothing was said yet. */
export const emptyContent: SessionContent = { items: [], operations: new Map(), extra: {} };

/** The items come last: a conversation that grows keeps a long unchanged beginning, which stores exploit. */
export function writeSessionThread({ items, operations, extra }: SessionContent): SerializedThread {
  const applied = operations.size === 0 ? {} : { operations: Object.fromEntries(operations) };
  return { format, version, kind, ...extra, ...applied, items: [...items] };
}

/**
 * Reads a stored thread, which is untrusted.
 *
 * Throws `THREAD_INVALID` with the path, `THREAD_MISMATCH` for another kind of thread, `THREAD_TOO_NEW`.
 */
export function readSessionThread(thread: SerializedThread): SessionContent {
  checkIsSession(thread);
  const { format: _format, version: _version, kind: _kind, operations, items, ...extra } = thread;
  return {
    items: checkItems(items, "$.items", "THREAD_INVALID"),
    operations: readOperations(operations ?? {}),
    extra,
  };
}

function readOperations(operations: unknown): ReadonlyMap<string, string> {
  if (!isJsonObject(operations)) {
    throw unexpected("THREAD_INVALID", "$.operations", "fingerprints by operation id", operations);
  }
  const entries = Object.entries(operations).map(([id, fingerprint]): [string, string] => {
    if (typeof fingerprint === "string") return [id, fingerprint];
    throw unexpected("THREAD_INVALID", `$.operations[${JSON.stringify(id)}]`, "a fingerprint", fingerprint);
  });
  return new Map(entries);
}

/** Checks what a thread says of itself, and nothing of what it holds. */
export function checkIsSession(thread: SerializedThread): void {
  if (thread["format"] !== format) throw mismatch("$.format", format, thread["format"]);
  if (thread["kind"] !== kind) throw mismatch("$.kind", kind, thread["kind"]);
  const found = thread["version"];
  if (typeof found !== "number" || !Number.isSafeInteger(found) || found < 1) {
    throw unexpected("THREAD_INVALID", "$.version", "a whole number from 1", found);
  }
  if (found <= version) return;
  throw new SessionError(
    "THREAD_TOO_NEW",
    `This session has format version ${found}; this version of @threadstore/openai-agents reads up to ${version}. Update the package.`,
    { path: "$.version" },
  );
}

function mismatch(path: string, expected: string, found: unknown): SessionError {
  const name = typeof found === "string" ? JSON.stringify(found.slice(0, 80).toWellFormed()) : "none";
  return new SessionError(
    "THREAD_MISMATCH",
    `${path}: what is stored under this id is no session of the Agents SDK: expected "${expected}", found ${name}. Give sessions a namespace of their own.`,
    { path },
  );
}
