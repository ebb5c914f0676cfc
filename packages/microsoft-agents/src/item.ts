import type { StoreItem } from "@microsoft/agents-hosting";
import type { StoredThread } from "@threadstore/core";
import { isJsonObject, memberPath, readEnvelope, THREAD_FORMAT } from "@threadstore/core/documents";
import { envelopeError, invalidArgument, invalidThread, mismatch, StorageError } from "./storage-error.ts";

/** The eTag of an item that does not exist: a write with it creates the item, and never replaces one. */
export const MISSING_ETAG = '"missing"';

/** The eTag with which a write replaces an item, whatever is stored. */
export const ANY_ETAG = "*";

/** An item to write, with its content as the JSON of its thread. */
export interface CheckedItem {
  readonly key: string;
  readonly item: StoreItem;
  readonly json: string;
  readonly eTag: string;
}

const KIND = "microsoft-agents-item";
const VERSION = 1;
/** A lone surrogate in JSON. Also matches some text that only looks like one, which is harmless. */
const LONE_SURROGATE = /\\u[dD][89a-fA-F]/u;

/** Validates an item of a write. Throws `INVALID_ARGUMENT` with the path of the invalid member. */
export function checkedItem(key: string, item: unknown): CheckedItem {
  const path = memberPath("changes", key);
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    throw invalidArgument(path, "an object", item);
  }
  const { eTag, ...content } = item as StoreItem;
  if (eTag !== undefined && eTag !== null && typeof eTag !== "string") {
    throw invalidArgument(`${path}.eTag`, "a string", eTag);
  }
  const json = itemJson(key, content, path);
  return { key, item, json, eTag: eTag || ANY_ETAG };
}

/** Returns the JSON of an item's thread. Converts values as the SDK's storages do. */
function itemJson(key: string, content: object, path: string): string {
  const head = { format: THREAD_FORMAT, version: VERSION, kind: KIND, key };
  try {
    const json = JSON.stringify({ ...head, item: content });
    return LONE_SURROGATE.test(json) ? JSON.stringify({ ...head, itemJson: JSON.stringify(content) }) : json;
  } catch (cause) {
    const message = `\`${path}\` must be a value that JSON can represent. Remove cycles and bigints from it.`;
    throw new StorageError("INVALID_ARGUMENT", message, { path, cause });
  }
}

/** Reads the item of a thread. Throws `THREAD_INVALID`, `THREAD_MISMATCH` or `THREAD_TOO_NEW`. */
export function readItem(key: string, { thread, version }: StoredThread): StoreItem {
  const { members } = readEnvelope(thread, {
    kinds: { [KIND]: VERSION },
    packageName: "@threadstore/microsoft-agents",
    error: envelopeError,
  });
  if (members["key"] !== key) throw mismatch("$.key", "`$.key` must be the key that the item was read by.");
  const item = "itemJson" in members ? parseItem(members["itemJson"]) : members["item"];
  if (!isJsonObject(item)) throw invalidThread("$.item", "an object", item);
  return { ...item, eTag: version };
}

function parseItem(json: unknown): unknown {
  try {
    if (typeof json === "string") return JSON.parse(json);
  } catch {
    // Reported below.
  }
  throw invalidThread("$.itemJson", "the JSON of an object");
}
