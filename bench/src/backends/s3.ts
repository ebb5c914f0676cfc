import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { S3Client } from "@aws-sdk/client-s3";
import { s3Store } from "@threadstore/s3";
import { type S3Endpoint, startCeph } from "@threadstore/services";
import type { Backend, Client } from "../clients/client.ts";
import { ours } from "../clients/thread-store.ts";
import { type WholeText, wholeRewrite } from "../clients/whole-rewrite.ts";

export const s3: Backend = {
  name: "s3",
  async start() {
    const service = await startCeph({ store: "memstore" });
    const client = clientOf(service.endpoint);
    const bucket = `bench-${randomBytes(8).toString("hex")}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return {
      endpoint: { ...service.endpoint, bucket } satisfies S3Endpoint,
      subjects: [
        ...ours((location) => s3Store({ ...connectionOf(service.endpoint), bucket, prefix: `${location}/` })),
        {
          name: "raw, whole",
          role: "raw",
          open: async (location) => wholeRewrite(objects(clientOf(service.endpoint), bucket, location)),
        },
        {
          name: "raw, one byte",
          role: "delta",
          open: async (location) => oneByte(objects(clientOf(service.endpoint), bucket, location)),
        },
      ],
      async stop() {
        client.destroy();
        await service.stop();
      },
    };
  },
};

/** The smallest request that can save something: each save replaces an object of one byte, on the same conditions. */
function oneByte({ write, read, close }: WholeText): Client {
  return {
    conversation(id) {
      let saves = 0;
      return {
        add: () => undefined,
        save: () => write(id, String((saves += 1) % 10)),
      };
    },
    load: read,
    close,
  };
}

/** Each subject opens its own connection with the defaults of its library. */
function connectionOf({ endpoint, region, accessKeyId, secretAccessKey }: S3Endpoint) {
  return { endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } };
}

function clientOf(endpoint: S3Endpoint): S3Client {
  return new S3Client(connectionOf(endpoint));
}

function objects(client: S3Client, Bucket: string, location: string): WholeText {
  const etags = new Map<string, string>();
  const keyOf = (id: string): string => `${location}/${id}`;
  const keep = (id: string, etag: string | undefined): void => {
    // Ceph expects ETags in conditions without quotes.
    if (etag !== undefined) etags.set(id, etag.replaceAll('"', ""));
  };
  const write = async (id: string, text: string): Promise<void> => {
    const etag = etags.get(id);
    const condition = etag === undefined ? { IfNoneMatch: "*" } : { IfMatch: etag };
    const put = new PutObjectCommand({ Bucket, Key: keyOf(id), Body: Buffer.from(text), ...condition });
    keep(id, (await client.send(put)).ETag);
  };
  return {
    write,
    writeIfUnchanged: write,
    async read(id) {
      const { ETag, Body } = await client.send(new GetObjectCommand({ Bucket, Key: keyOf(id) }));
      keep(id, ETag);
      return Body?.transformToString();
    },
    async readIfChanged(id) {
      const etag = etags.get(id);
      const condition = etag === undefined ? {} : { IfNoneMatch: etag };
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: keyOf(id), ...condition }));
        return await Body?.transformToString();
      } catch (error) {
        if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 304)
          return undefined;
        throw error;
      }
    },
    async listPage(limit, cursor) {
      const { Contents = [], NextContinuationToken } = await client.send(
        new ListObjectsV2Command({
          Bucket,
          Prefix: `${location}/`,
          MaxKeys: limit,
          ContinuationToken: cursor,
        }),
      );
      return { count: Contents.length, cursor: NextContinuationToken };
    },
    close: async () => client.destroy(),
  };
}
