import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import type { DriverOptions, RecordToWrite, ThreadDriver } from "@threadstore/core";
import type { S3Endpoint } from "@threadstore/services";
import type { S3ConnectionOptions } from "./options.ts";

/** Options of a driver's call that nobody aborts. */
export const options: DriverOptions = { signal: new AbortController().signal };

export function connection({
  endpoint,
  region,
  accessKeyId,
  secretAccessKey,
}: Omit<S3Endpoint, "bucket">): Omit<S3ConnectionOptions, "bucket"> {
  return { endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } };
}

/** A client as an application may have it: with the SDK's defaults, retries among them. */
export function clientOf(endpoint: Omit<S3Endpoint, "bucket">, settings: S3ClientConfig = {}): S3Client {
  return new S3Client({ ...connection(endpoint), ...settings } as S3ClientConfig);
}

/** A bucket of its own, which the service's end removes. */
export async function newBucket(client: S3Client): Promise<string> {
  const Bucket = `test-${randomBytes(8).toString("hex")}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

export async function keysIn(client: S3Client, bucket: string, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
  }
  return keys;
}

export async function removeAll(client: S3Client, bucket: string, prefix: string): Promise<void> {
  const keys = await keysIn(client, bucket, prefix);
  for (let start = 0; start < keys.length; start += 1000) {
    const Objects = keys.slice(start, start + 1000).map((Key) => ({ Key }));
    await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
  }
}

/** The requests that a client sends, as `PUT` or `GET`, from now on. */
export function countRequests(client: S3Client): string[] {
  const sent: string[] = [];
  client.middlewareStack.add(
    (next) => (args) => {
      sent.push((args.request as { method: string }).method);
      return next(args);
    },
    { step: "finalizeRequest", priority: "low" },
  );
  return sent;
}

/** A record as core makes it, in the driver's eyes. */
export function record(text: string): RecordToWrite {
  const nonce = randomBytes(16).toString("base64url");
  const bytes = Buffer.from(JSON.stringify({ text, nonce }));
  return { bytes, unchanged: 0, trailerLength: bytes.length, nonce, expiresAt: undefined };
}

export async function textAt(driver: ThreadDriver, id: string, namespace = ""): Promise<string | undefined> {
  const found = await driver.read({ namespace, id }, undefined, options);
  if (found?.bytes === undefined) return undefined;
  return (JSON.parse(Buffer.from(found.bytes).toString()) as { text: string }).text;
}
