import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  paginateListObjectsV2,
  PutBucketPolicyCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";
import type { DriverOptions, RecordToWrite, AsyncThreadDriver } from "@threadstore/core/driver";
import type { S3Endpoint } from "@threadstore/services";
import type { S3ConnectionOptions } from "./options.ts";

/** Options of a driver call that is not aborted. */
export const driverOptions: DriverOptions = { signal: new AbortController().signal };

/** Returns the options of a store that connects to the service. */
export function connectionTo({
  endpoint,
  region,
  accessKeyId,
  secretAccessKey,
}: Omit<S3Endpoint, "bucket">): Omit<S3ConnectionOptions, "bucket"> {
  return { endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } };
}

/** Creates a client as an application may have it: with the SDK's defaults, including retries. */
export function createClient(endpoint: Omit<S3Endpoint, "bucket">, settings: S3ClientConfig = {}): S3Client {
  return new S3Client({ ...connectionTo(endpoint), ...settings } as S3ClientConfig);
}

/** Creates a bucket, which exists until the service stops. */
export async function newBucket(client: S3Client): Promise<string> {
  const bucket = `test-${randomBytes(8).toString("hex")}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

export function newPrefix(): string {
  return `${randomBytes(8).toString("hex")}/`;
}

export async function keysIn(client: S3Client, bucket: string, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    keys.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
  }
  return keys;
}

export async function deleteAll(client: S3Client, bucket: string, prefix: string): Promise<void> {
  const keys = await keysIn(client, bucket, prefix);
  for (let start = 0; start < keys.length; start += 1000) {
    const objects = keys.slice(start, start + 1000).map((Key) => ({ Key }));
    await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
    );
  }
}

/** Denies actions in the bucket, or on its objects, until the result is disposed of. */
export async function deny(
  client: S3Client,
  bucket: string,
  actions: string[],
  objects?: string,
): Promise<AsyncDisposable> {
  const resource = `arn:aws:s3:::${bucket}${objects === undefined ? "" : `/${objects}`}`;
  const denial = { Effect: "Deny", Principal: "*", Action: actions, Resource: [resource] };
  const putPolicy = (statement: object) => {
    const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    return client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy }));
  };
  await putPolicy(denial);
  const harmless = {
    ...denial,
    Effect: "Allow",
    Action: ["s3:GetObject"],
    Principal: { AWS: ["arn:aws:iam:::user/nobody"] },
  };
  return { [Symbol.asyncDispose]: async () => void (await putPolicy(harmless)) };
}

/** Returns a list that grows with the method of each request that the client sends. */
export function recordMethods(client: S3Client): string[] {
  const methods: string[] = [];
  client.middlewareStack.add(
    (next) => (args) => {
      methods.push((args.request as { method: string }).method);
      return next(args);
    },
    { step: "finalizeRequest", priority: "low" },
  );
  return methods;
}

/** Returns a record that a driver can write. */
export function record(text: string): RecordToWrite {
  const nonce = randomBytes(16).toString("base64url");
  const bytes = Buffer.from(JSON.stringify({ text, nonce }));
  return {
    bytes,
    unchanged: 0,
    trailerLength: bytes.length,
    nonce,
    expiresAt: undefined,
    updatedAt: 0,
    changedMetadata: {},
  };
}

/** Reads the text of a {@link record}. */
export async function readText(driver: AsyncThreadDriver, id: string): Promise<string | undefined> {
  const stored = await driver.read({ namespace: "", id }, undefined, driverOptions);
  if (stored?.bytes === undefined) return undefined;
  return (JSON.parse(Buffer.from(stored.bytes).toString()) as { text: string }).text;
}
