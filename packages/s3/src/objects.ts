import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import type { Version } from "@threadstore/core";
import { type Bucket, once } from "./client.ts";
import { S3SetupError, statusOf } from "./explain.ts";
import { historyName } from "./history.ts";

/** An object as it was read, whole or in part. */
export interface ReadObject {
  readonly version: Version;
  readonly bytes: Uint8Array;
  readonly history: string | undefined;
  /**
   * When it was written, to the second, and when it was read: both by the service's clock, in milliseconds; `NaN`
   * where that was not told.
   */
  readonly writtenAt: number;
  readonly readAt: number;
}

type GetOptions = Pick<GetObjectCommandInput, "IfNoneMatch" | "Range">;

/** The object; `undefined` when there is none; or that it is as `IfNoneMatch` says, or has no bytes for `Range`. */
export async function getObject(
  { client, name }: Bucket,
  key: string,
  options: GetOptions,
  abortSignal: AbortSignal,
): Promise<ReadObject | "unchanged" | "empty" | undefined> {
  const command = once(new GetObjectCommand({ Bucket: name, Key: key, ...options }));
  let readAt = Number.NaN;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      readAt = dateOf(result.response);
      return result;
    },
    { step: "deserialize" },
  );
  try {
    const { Body, ETag, Metadata, LastModified } = await client.send(command, { abortSignal });
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    return {
      version: versionOf(ETag),
      bytes,
      history: Metadata?.[historyName],
      writtenAt: LastModified?.getTime() ?? Number.NaN,
      readAt,
    };
  } catch (error) {
    if (statusOf(error) === 304) return "unchanged";
    if (statusOf(error) === 416) return "empty";
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * The history of the object that is there. Asked for without the object: Ceph also answers a read with a 500
 * when a write overtakes it.
 */
export async function historyAt(
  { client, name }: Bucket,
  key: string,
  abortSignal: AbortSignal,
): Promise<string> {
  const command = once(new HeadObjectCommand({ Bucket: name, Key: key }));
  const { Metadata } = await client.send(command, { abortSignal });
  return Metadata?.[historyName] ?? "";
}

export interface ObjectToPut {
  readonly bytes: Uint8Array;
  readonly history?: string;
}

type PutCondition = Pick<PutObjectCommandInput, "IfMatch" | "IfNoneMatch">;

/** Writes the whole object if the condition holds. Its version; `undefined` when the condition did not hold. */
export async function putObject(
  { client, name }: Bucket,
  key: string,
  { bytes, history }: ObjectToPut,
  condition: PutCondition,
  abortSignal: AbortSignal,
): Promise<Version | undefined> {
  const command = new PutObjectCommand({
    Bucket: name,
    Key: key,
    Body: bytes,
    ContentType: "application/json",
    ...(history === undefined ? {} : { Metadata: { [historyName]: history } }),
    ...condition,
  });
  try {
    const { ETag } = await client.send(once(command), { abortSignal });
    return versionOf(ETag);
  } catch (error) {
    if (isLostRace(error)) return undefined;
    throw error;
  }
}

/** Deletes the object, if the condition holds. Whether it did. */
export async function deleteObject(
  { client, name }: Bucket,
  key: string,
  headers: Readonly<Record<string, string>>,
  abortSignal: AbortSignal,
): Promise<boolean> {
  const command = once(new DeleteObjectCommand({ Bucket: name, Key: key }));
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: Record<string, string> }).headers, headers);
      return next(args);
    },
    { step: "build" },
  );
  try {
    await client.send(command, { abortSignal });
    return true;
  } catch (error) {
    if (isLostRace(error)) return false;
    throw error;
  }
}

/** `If-Match` and `If-None-Match` of a version, in the provider's spelling. */
export function etagOf(version: Version, quotes: "keep" | "strip"): string {
  return quotes === "keep" ? `"${version}"` : version;
}

const etag = /^"?([0-9A-Za-z+/=_.:-]+)"?$/;

/** Whether a string can be a version: everything else would be more than one in a condition, as `*` is. */
export function isVersion(version: string): boolean {
  return etag.exec(version)?.[1] === version;
}

/**
 * The ETag without quotes. Where it is a hash of the content it repeats only with the content, and that never
 * repeats: core puts a nonce into each record.
 */
export function versionOf(found: string | undefined): Version {
  const version = etag.exec(found ?? "")?.[1];
  if (version !== undefined) return version;
  throw new S3SetupError(
    "The service gives objects no ETag that conditions could name. Use one with strong ETags, and nothing before it that weakens them, such as a compressing proxy.",
    { applied: "unknown" },
  );
}

/** By its code, not by its status: a missing bucket is 404 too. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === "NoSuchKey";
}

function isLostRace(error: unknown): boolean {
  // 404 is AWS's answer when what `If-Match` names is gone.
  return statusOf(error) === 412 || isMissing(error);
}

function dateOf(response: unknown): number {
  const { headers } = response as { headers?: Record<string, string> };
  return Date.parse(headers?.["date"] ?? "");
}
