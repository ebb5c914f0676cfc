import type { Version } from "@threadstore/core";

/** What a blob is, as the headers of every answer about it say. */
export type BlobState =
  /** An append blob whose creation was not finished, or was not yet: no record is there. */
  | { readonly kind: "unfinished"; readonly etag: string }
  /** An append blob on its way to be written anew. Until it is, its record is the one in the snapshot. */
  | { readonly kind: "moving"; readonly etag: string; readonly version: Version; readonly snapshot: string }
  | { readonly kind: "stored"; readonly etag: string; readonly version: Version };

interface BlobHeaders {
  readonly etag?: string | undefined;
  readonly blobType?: string | undefined;
  readonly metadata?: { readonly [name: string]: string } | undefined;
}

/** The state of a blob of that length. */
export function stateOf({ etag = "", blobType, metadata = {} }: BlobHeaders, length: number): BlobState {
  if (blobType !== "AppendBlob") return { kind: "stored", etag, version: versionOf(etag, undefined) };
  if (length > 0) return { kind: "stored", etag, version: versionOf(etag, length) };
  const { threadstoresnapshot: snapshot, threadstoreversion: version } = metadata;
  if (snapshot === undefined || version === undefined) return { kind: "unfinished", etag };
  return { kind: "moving", etag, version, snapshot };
}

/** The metadata of a blob that is emptied to be written anew, for {@link stateOf}. */
export function movingMetadata(snapshot: string, version: Version): { [name: string]: string } {
  return { threadstoresnapshot: snapshot, threadstoreversion: version };
}

/**
 * The version of a record: the ETag of the blob that has it, without quotes, and of an append blob its length, so
 * that whoever adds to it knows without asking where it ends.
 */
export function versionOf(etag: string | undefined, length: number | undefined): Version {
  const tag = (etag ?? "").replaceAll('"', "");
  return length === undefined ? tag : `${tag}+${length}`;
}

export interface ParsedVersion {
  /** With quotes, as conditions take it. */
  readonly etag: string;
  /** Of an append blob. */
  readonly length: number | undefined;
}

export function parseVersion(version: Version): ParsedVersion {
  const [tag = "", length] = version.split("+");
  return { etag: `"${tag}"`, length: length === undefined ? undefined : Number(length) };
}
