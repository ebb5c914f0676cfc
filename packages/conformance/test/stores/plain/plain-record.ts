import { createHash } from "node:crypto";
import type { SerializedThread, StoredThread, ThreadMetadata } from "@threadstore/core";

/** What a row says of its thread. Times are milliseconds since the epoch. */
export interface PlainDetails {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number | undefined;
  readonly metadata: ThreadMetadata;
  readonly json: string;
}

/** A row of the shared data: all that the clients of a place have in common. */
export interface PlainRow {
  readonly version: string;
  /** The details as JSON, behind their hash. */
  readonly bytes: Uint8Array;
}

/** By namespace, then by id. */
export type PlainData = Map<string, Map<string, PlainRow>>;

export function encodeRow(version: string, details: PlainDetails): PlainRow {
  const text = JSON.stringify(details);
  return { version, bytes: Buffer.from(hashOf(text) + text) };
}

/** The details in a row that was found at `id`; `undefined` when it is damaged. */
export function decodeRow(id: string, { bytes }: PlainRow): PlainDetails | undefined {
  const all = Buffer.from(bytes).toString();
  const text = all.slice(64);
  if (hashOf(text) !== all.slice(0, 64)) return undefined;
  const details = JSON.parse(text) as PlainDetails;
  return details.id === id ? details : undefined;
}

export function handedOut(version: string, details: PlainDetails): StoredThread {
  let thread: SerializedThread | undefined;
  const { json, metadata } = details;
  return {
    ...detailsOut(version, details),
    metadata: { ...metadata },
    json,
    get thread() {
      thread ??= JSON.parse(json) as SerializedThread;
      return thread;
    },
  };
}

export function detailsOut(
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
