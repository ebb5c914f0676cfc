import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { textDigest } from "@threadstore/core/documents";

/** The beginning of the ids of records that hold values of channels. */
export const DATA_PREFIX = "a.";
/** The beginning of the ids of checkpoints and of their pending writes. */
export const CHECKPOINT_PREFIX = "c.";
/** The beginning of the ids of the records that single writers claim. */
export const HEAD_PREFIX = "h.";
const WRITES_SUFFIX = ".w";
const ROOT_KEY = "0";

/** The record that exists while a thread is deleted. It comes first in a listing of the root namespace. */
export const DELETION_MARK: string = `${CHECKPOINT_PREFIX}${ROOT_KEY}.-deleted`;

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/u;

/** The parts of the id of a checkpoint or of its pending writes. */
export interface CheckpointRecordName {
  /** The beginning of the ids in the same checkpoint namespace. */
  readonly prefix: string;
  readonly key: string;
  readonly isWrites: boolean;
}

/**
 * Returns the key of a checkpoint namespace: `0` for the root, otherwise a digest, because the names of subgraphs grow
 * with each level. Checkpoints contain the name.
 */
function namespaceKey(namespace: string): string {
  return namespace === "" ? ROOT_KEY : `n${textDigest(namespace)}`;
}

/** Returns the beginning of the ids of the checkpoints in a checkpoint namespace. */
export function checkpointPrefix(namespace: string): string {
  return `${CHECKPOINT_PREFIX}${namespaceKey(namespace)}.`;
}

/**
 * Returns the key of a checkpoint. Keys ascend as ids descend, so that the latest checkpoint comes first in a listing.
 * Ids that are not UUIDs, which LangGraph never creates, come after all UUIDs.
 */
export function checkpointKey(checkpointId: string): string {
  if (UUID.test(checkpointId)) {
    return checkpointId.replace(/[\da-f]/gu, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));
  }
  // The final character sorts after all digits, so a longer id comes before ids that are its beginning.
  return `z${Buffer.from(Buffer.from(checkpointId).map((byte) => 255 - byte)).toString("hex")}z`;
}

export function checkpointRecordId(namespace: string, checkpointId: string): string {
  return checkpointPrefix(namespace) + checkpointKey(checkpointId);
}

/** Returns the id of the record that holds the pending writes of a checkpoint. It follows that of the checkpoint. */
export function writesRecordId(checkpointRecord: string): string {
  return checkpointRecord + WRITES_SUFFIX;
}

export function headRecordId(namespace: string): string {
  return HEAD_PREFIX + namespaceKey(namespace);
}

/** Returns the id of the head of the namespace to which a checkpoint's record belongs. */
export function headOfPrefix(prefix: string): string {
  return HEAD_PREFIX + prefix.slice(CHECKPOINT_PREFIX.length, -1);
}

/** Returns a new id for a record that holds values. */
export function newDataRecordId(): string {
  return DATA_PREFIX + randomBytes(12).toString("base64url");
}

/** Returns the parts of the id of a checkpoint or of pending writes; `undefined` for any other record. */
export function parseRecordId(id: string): CheckpointRecordName | undefined {
  const match = /^(c\.[^.]+\.)([^.-][^.]*)(\.w)?$/u.exec(id);
  const [, prefix, key, suffix] = match ?? [];
  if (prefix === undefined || key === undefined) return undefined;
  return { prefix, key, isWrites: suffix !== undefined };
}
