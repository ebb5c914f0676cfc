// Requests about one object. A condition that was false, or an object that is missing, is a result and not an error.
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import type { Version } from "@threadstore/core";
import { type Bucket, withoutRetries } from "./client.ts";
import { versionOf } from "./etags.ts";
import { isMissingObject, isPreconditionFailure, statusOf } from "./service-error.ts";
import { WRITE_HISTORY_METADATA } from "./write-history.ts";

/**
 * The name of the user metadata that holds the id of a thread, in base64url, if its key does not: a listing needs it if
 * the record is corrupt.
 */
const ID_METADATA = "threadstore-id";

/** An object, or the requested range of it. */
export interface ReadObject {
  readonly version: Version;
  readonly bytes: Uint8Array;
  readonly history: string | undefined;
  /** The id of the thread, if its key does not contain it. */
  readonly id: string | undefined;
  /** When the object was written: the service's time, in ms since the epoch, to the second; `NaN` if unknown. */
  readonly writtenAt: number;
  /** When the object was read: the service's time, in ms since the epoch, to the second; `NaN` if unknown. */
  readonly readAt: number;
}

type GetOptions = Pick<GetObjectCommandInput, "IfNoneMatch" | "Range">;

/** Reads the object; `"unchanged"` if `IfNoneMatch` matches, and `"empty"` if it has no bytes for `Range`. */
export async function getObject(
  { client, name }: Bucket,
  key: string,
  options: GetOptions,
  abortSignal: AbortSignal,
): Promise<ReadObject | "unchanged" | "empty" | undefined> {
  const command = withoutRetries(new GetObjectCommand({ Bucket: name, Key: key, ...options }));
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
    const encodedId = Metadata?.[ID_METADATA];
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    return {
      version: versionOf(ETag),
      bytes,
      history: Metadata?.[WRITE_HISTORY_METADATA],
      id: encodedId && Buffer.from(encodedId, "base64url").toString(),
      writtenAt: LastModified?.getTime() ?? Number.NaN,
      readAt,
    };
  } catch (error) {
    if (statusOf(error) === 304) return "unchanged";
    if (statusOf(error) === 416) return "empty";
    if (isMissingObject(error)) return undefined;
    throw error;
  }
}

/**
 * Reads only the write history of an object. A GET would not do: Ceph also responds to that with a 500 if the object
 * is overwritten meanwhile.
 */
export async function getWriteHistory(
  { client, name }: Bucket,
  key: string,
  abortSignal: AbortSignal,
): Promise<string> {
  const command = withoutRetries(new HeadObjectCommand({ Bucket: name, Key: key }));
  const { Metadata } = await client.send(command, { abortSignal });
  return Metadata?.[WRITE_HISTORY_METADATA] ?? "";
}

export interface ObjectToPut {
  readonly bytes: Uint8Array;
  readonly history?: string | undefined;
  /** The id of the thread, if its key does not contain it. */
  readonly id?: string | undefined;
}

export type PutCondition = Pick<PutObjectCommandInput, "IfMatch" | "IfNoneMatch">;

/**
 * Writes the whole object if the condition is true. Resolves with its version; `undefined` if the condition was
 * false.
 */
export async function putObject(
  { client, name }: Bucket,
  key: string,
  { bytes, history, id }: ObjectToPut,
  condition: PutCondition,
  abortSignal: AbortSignal,
): Promise<Version | undefined> {
  const command = new PutObjectCommand({
    Bucket: name,
    Key: key,
    Body: bytes,
    ContentType: "application/json",
    Metadata: {
      ...(history === undefined ? {} : { [WRITE_HISTORY_METADATA]: history }),
      ...(id === undefined ? {} : { [ID_METADATA]: Buffer.from(id).toString("base64url") }),
    },
    ...condition,
  });
  try {
    const { ETag } = await client.send(withoutRetries(command), { abortSignal });
    return versionOf(ETag);
  } catch (error) {
    if (isPreconditionFailure(error)) return undefined;
    throw error;
  }
}

/** Headers, because the SDK does not have a parameter for each condition. */
export type DeleteCondition = Readonly<Record<string, string>>;

/** Deletes the object if the condition is true, and resolves with whether it was. */
export async function deleteObject(
  { client, name }: Bucket,
  key: string,
  condition: DeleteCondition,
  abortSignal: AbortSignal,
): Promise<boolean> {
  const command = withoutRetries(new DeleteObjectCommand({ Bucket: name, Key: key }));
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: Record<string, string> }).headers, condition);
      return next(args);
    },
    { step: "build" },
  );
  try {
    await client.send(command, { abortSignal });
    return true;
  } catch (error) {
    if (isPreconditionFailure(error)) return false;
    throw error;
  }
}

function dateOf(response: unknown): number {
  const { headers } = response as { headers?: Record<string, string> };
  return Date.parse(headers?.["date"] ?? "");
}
