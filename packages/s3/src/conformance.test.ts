import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { type Harness, register } from "@threadstore/conformance";
import type { JsonValue } from "@threadstore/core";
import type { S3Endpoint } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, describe, it } from "vitest";
import { connectionTo, createClient, deleteAll, keysIn, newBucket } from "./bucket.test-helper.ts";
import { keyOf } from "./keys.ts";
import { s3Store } from "./s3-store.ts";

await describeWithService("s3", "s3Store", (endpoint: S3Endpoint) => {
  const client = createClient(endpoint);
  const { hostname, port } = new URL(endpoint.endpoint);
  let bucket = "";
  beforeAll(async () => {
    bucket = await newBucket(client);
  });
  afterAll(() => client.destroy());

  const harness: Harness = {
    name: "s3",
    timeoutFactor: 4,
    recencyPrecisionMs: 1000,
    secrets: [endpoint.secretAccessKey],
    knownFailures: [
      {
        case: "D3-1",
        reason:
          "Ceph ignores conditions on deletes: tombstones remain until a listing finds them an hour later.",
        until: "2027-12-31",
      },
    ],

    open: async (place, options) =>
      s3Store({ ...connectionTo(endpoint), ...options, bucket, prefix: `${place}/` }),
    network: {
      rewritesRecords: true,
      endpoint: { host: hostname, port: Number(port) },
      open: async (place, { host, port: proxyPort }, options) =>
        s3Store({
          ...connectionTo({ ...endpoint, endpoint: `http://${host}:${proxyPort}` }),
          ...options,
          bucket,
          prefix: `${place}/`,
        }),
    },
    missing: async () => s3Store({ ...connectionTo(endpoint), bucket: "no-such-bucket" }),
    childProcess: {
      module: new URL("./conformance-child.test-helper.ts", import.meta.url),
      get parameters() {
        return { ...connectionTo(endpoint), bucket } as unknown as JsonValue;
      },
    },
    destroy: (place) => deleteAll(client, bucket, `${place}/`),

    async rewrite(place, id, change) {
      const object = { Bucket: bucket, Key: keyOf(`${place}/`, { namespace: "", id }) };
      const { Body } = await client.send(new GetObjectCommand(object));
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      await client.send(new PutObjectCommand({ ...object, Body: change(bytes) }));
    },
    entries: (place) => keysIn(client, bucket, `${place}/`),
  };
  register(harness, { describe, it, after: afterAll });
});
