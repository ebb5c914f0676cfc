import type { Version } from "@threadstore/core";

/** The state of a blob. The headers of every response about the blob show it. */
export type BlobState =
  /** An empty append blob: the first of the two requests that create a thread. It does not hold a record. */
  | { readonly kind: "reserved"; readonly etag: string }
  /** An append blob that was emptied for a rewrite. The snapshot holds its record until the new one is appended. */
  | {
      readonly kind: "rewriting";
      readonly etag: string;
      readonly version: Version;
      readonly snapshot: string;
    }
  | {
      readonly kind: "complete";
      readonly etag: string;
      readonly version: Version;
      /** The record of an empty append blob, whose metadata contains it. */
      readonly record?: Buffer;
    };

export type RewritingState = BlobState & { readonly kind: "rewriting" };

interface BlobHeaders {
  readonly etag?: string | undefined;
  readonly blobType?: string | undefined;
  readonly metadata?: { readonly [name: string]: string } | undefined;
}

/** Returns the state of a blob with these headers and this length in bytes. */
export function stateOf({ etag = "", blobType, metadata = {} }: BlobHeaders, length: number): BlobState {
  if (blobType !== "AppendBlob") return { kind: "complete", etag, version: versionOf(etag, undefined) };
  if (length > 0) return { kind: "complete", etag, version: versionOf(etag, length) };
  const record = recordInMetadata({ metadata });
  if (record !== undefined) return { kind: "complete", etag, version: versionOf(etag, 0), record };
  const { threadstoresnapshot: snapshot, threadstoreversion: version } = metadata;
  if (snapshot === undefined || version === undefined) return { kind: "reserved", etag };
  return { kind: "rewriting", etag, version, snapshot };
}

/**
 * The length up to which a record is stored in the metadata of its blob. In base64 and with the id of the thread, which
 * takes up to 683 characters, it is shorter than the 8 KiB of metadata that Azure accepts.
 */
export const SHORT_RECORD_MAX_BYTES = 5500;

/** Returns the metadata that make a record the content of an empty append blob. */
export function recordMetadata(record: Uint8Array): { [name: string]: string } {
  const { buffer, byteOffset, length } = record;
  return { threadstorerecord: Buffer.from(buffer, byteOffset, length).toString("base64url") };
}

/** Returns the record in the metadata of a blob. They are outdated if the blob is not empty. */
export function recordInMetadata({ metadata = {} }: Pick<BlobHeaders, "metadata">): Buffer | undefined {
  const { threadstorerecord: record } = metadata;
  return record === undefined ? undefined : Buffer.from(record, "base64url");
}

/** Returns the metadata that put an emptied blob into the `rewriting` state. */
export function rewritingMetadata(snapshot: string, version: Version): { [name: string]: string } {
  return { threadstoresnapshot: snapshot, threadstoreversion: version };
}

/**
 * Returns the metadata of a blob whose name contains a hash instead of the thread's `id`. A listing needs them if the
 * record is corrupt.
 */
export function idMetadata(id: string | undefined): { [name: string]: string } {
  return id === undefined ? {} : { threadstoreid: Buffer.from(id).toString("base64url") };
}

/** Returns the id in the metadata of a blob. */
export function idInMetadata({ metadata = {} }: Pick<BlobHeaders, "metadata"> = {}): string | undefined {
  const { threadstoreid: id } = metadata;
  return id && Buffer.from(id, "base64url").toString();
}

/** Returns whether a rewrite of `version` was started and not completed. */
export function isRewriting(state: BlobState | undefined, version: Version): state is RewritingState {
  return state?.kind === "rewriting" && state.version === version;
}

/**
 * Returns the version of a record: the ETag of its blob, without quotes, and for an append blob also its length. With
 * the length, a writer can append without asking where the blob ends.
 */
export function versionOf(etag: string | undefined, length: number | undefined): Version {
  const tag = (etag ?? "").replaceAll('"', "");
  return length === undefined ? tag : `${tag}+${length}`;
}

export interface ParsedVersion {
  /** With quotes, as conditional headers need it. */
  readonly etag: string;
  /** The blob's length in bytes; `undefined` for a block blob. */
  readonly length: number | undefined;
}

export function parseVersion(version: Version): ParsedVersion {
  const [tag = "", length] = version.split("+");
  return { etag: `"${tag}"`, length: length === undefined ? undefined : Number(length) };
}
