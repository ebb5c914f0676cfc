import { createHash } from "node:crypto";
import type { SerializedThread, StoredThread, ThreadMetadata } from "@threadstore/core";
import {
  PRESERVED_DETAILS,
  type PreservedDetails,
  type PreservingOptions,
} from "@threadstore/core/decorator";

/** When a thread expires, in milliseconds since the epoch. */
export interface PlainExpiry {
  readonly expiresAt: number | undefined;
  /** Whether a save named it. */
  readonly isNamed: boolean;
}

/** The content of a row. Times are milliseconds since the epoch. */
export interface PlainDetails extends PlainExpiry {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly metadata: ThreadMetadata;
  readonly json: string;
  /** The hashes of the keys of the latest appends, oldest first. */
  readonly keys: readonly string[];
}

/** A row of the data that all clients of a location share. */
export interface PlainRow {
  readonly version: string;
  /** SHA-256 hash of the details in hexadecimal, followed by the details as JSON. */
  readonly bytes: Uint8Array;
}

/** Rows by namespace and id. */
export type PlainData = Map<string, Map<string, PlainRow>>;

/** Length of a SHA-256 hash in hexadecimal. */
const HASH_LENGTH = 64;

export function encodeRow(version: string, details: PlainDetails): PlainRow {
  const text = JSON.stringify(details);
  return { version, bytes: Buffer.from(hashOf(text) + text) };
}

/** Returns the details in the row of `id`, or `undefined` if the row is corrupt. */
export function decodeRow(id: string, { bytes }: PlainRow): PlainDetails | undefined {
  const content = Buffer.from(bytes).toString();
  const text = content.slice(HASH_LENGTH);
  if (hashOf(text) !== content.slice(0, HASH_LENGTH)) return undefined;
  const details = JSON.parse(text) as PlainDetails;
  return details.id === id ? details : undefined;
}

export function storedThreadOf(version: string, details: PlainDetails): StoredThread {
  let thread: SerializedThread | undefined;
  const { json, metadata, isNamed, keys } = details;
  const summary = summaryOf(version, details);
  const { createdAt, updatedAt, expiresAt } = summary;
  const preserved: PreservedDetails = {
    createdAt,
    updatedAt,
    expiresAt,
    hasFixedExpiry: isNamed,
    appendKeys: keys,
  };
  const stored = {
    ...summary,
    metadata: { ...metadata },
    json,
    get thread() {
      thread ??= JSON.parse(json) as SerializedThread;
      return thread;
    },
  };
  return Object.defineProperty(stored, PRESERVED_DETAILS, { value: preserved });
}

/** Returns the details that a save must store because a copy keeps them; otherwise an empty object. */
export function preservedDetails(options: PreservingOptions): Partial<PlainDetails> {
  const preserved = options[PRESERVED_DETAILS];
  if (preserved === undefined) return {};
  const { createdAt, updatedAt, expiresAt, hasFixedExpiry, appendKeys } = preserved;
  return {
    createdAt: createdAt.getTime(),
    updatedAt: updatedAt.getTime(),
    expiresAt: expiresAt?.getTime(),
    isNamed: hasFixedExpiry,
    keys: appendKeys,
  };
}

export function summaryOf(
  version: string,
  details: PlainDetails,
): Omit<StoredThread, "metadata" | "json" | "thread"> {
  const { id, json, createdAt, updatedAt, expiresAt } = details;
  return {
    id,
    version,
    size: Buffer.byteLength(json),
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
  };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
