import { randomBytes } from "node:crypto";
import type { Version } from "@threadstore/core";
import { DRIVER_CONCURRENCY, mapConcurrently } from "@threadstore/core/driver";
import type { Bucket } from "./client.ts";
import { driverErrorOf } from "./errors.ts";
import { etagOf } from "./etags.ts";
import { deleteObject } from "./objects.ts";
import { DELETE_IF_UNMODIFIED_SINCE, type SelfCheck } from "./self-check.ts";

/**
 * The object that replaces a deleted thread if the provider ignores conditions on deletes: the delete is then a
 * conditional write. Reads and listings treat it as missing, and a new thread replaces it.
 */
export interface Tombstone {
  readonly bytes: Uint8Array;
  readonly nonce: string;
}

/** 128 random bits in base64url. */
const NONCE_LENGTH = 22;
const TOMBSTONE = /^\{"threadstore":\{"deleted":true,"nonce":"[\w-]{22}"\}\}$/;

export function createTombstone(): Tombstone {
  // Unique like a record, because its ETag is a hash of it and must be a new version.
  const nonce = randomBytes(16).toString("base64url");
  return { bytes: Buffer.from(textOf(nonce)), nonce };
}

function textOf(nonce: string): string {
  return `{"threadstore":{"deleted":true,"nonce":"${nonce}"}}`;
}

// Without a random nonce: Workers have no randomness while they load modules.
export const TOMBSTONE_BYTES: number = textOf("-".repeat(NONCE_LENGTH)).length;

/** Returns whether an object with this content is a tombstone. */
export function isTombstone(bytes: Uint8Array): boolean {
  return bytes.length === TOMBSTONE_BYTES && TOMBSTONE.test(Buffer.from(bytes).toString("latin1"));
}

/** A tombstone that a listing came to. The times are the service's, in ms since the epoch; `NaN` if unknown. */
export interface ListedTombstone {
  readonly key: string;
  readonly version: Version;
  readonly writtenAt: number;
  readonly readAt: number;
}

// Far more than the clocks of a service's machines may differ: S3 refuses requests that are 15 minutes off.
const MIN_AGE_MS = 3_600_000;

/**
 * Deletes old tombstones if the provider enforces a condition that makes it safe. An unconditional delete could
 * remove a thread that was created meanwhile, however late the delete arrives. The condition is the version of the
 * tombstone or, on Ceph, the second in which it was written. All clocks of the service have passed that second, so
 * whatever replaces the tombstone is written later.
 */
export async function deleteOldTombstones(
  { bucket, selfCheck }: { readonly bucket: Bucket; readonly selfCheck: SelfCheck },
  tombstones: readonly ListedTombstone[],
  signal: AbortSignal,
): Promise<void> {
  const old = tombstones.filter(({ writtenAt, readAt }) => readAt - writtenAt > MIN_AGE_MS);
  if (old.length === 0) return;
  try {
    const { etagQuotes, conditionalDelete, deleteIfUnmodified } = await selfCheck.capabilities();
    if (!conditionalDelete && !deleteIfUnmodified) return;
    await mapConcurrently(
      old,
      ({ key, version, writtenAt }) => {
        const condition = conditionalDelete
          ? { "if-match": etagOf(version, etagQuotes) }
          : { [DELETE_IF_UNMODIFIED_SINCE]: new Date(writtenAt).toISOString() };
        return deleteObject(bucket, key, condition, signal);
      },
      DRIVER_CONCURRENCY,
    );
  } catch (error) {
    // A client with read permissions only can list all the same.
    if (driverErrorOf(error)?.code !== "ACCESS_DENIED") throw error;
  }
}
