import { S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import type { S3DriverOptions } from "./options.ts";
import { s3Driver, s3Store } from "./s3-store.ts";

const client = new S3Client({ region: "us-east-1" });
const bucket = "bucket";

test.each([
  [undefined],
  [{}],
  [{ bucket: "" }],
  [{ bucket: " " }],
  [{ bucket: 1 }],
  [{ bucket, prefix: "threads" }],
  [{ bucket, prefix: "/" }],
  [{ bucket, prefix: "/threads/" }],
  [{ bucket, prefix: "a//b/" }],
  [{ bucket, prefix: "../" }],
  [{ bucket, prefix: "a/./" }],
  [{ bucket, prefix: "ü/" }],
  [{ bucket, prefix: `${"a".repeat(100)}/` }],
  [{ bucket, prefix: null }],
  [{ bucket, accessKeyId: "key" }],
  [{ bucket, etagQuotes: "none" }],
  [{ bucket, conditionalDelete: "yes" }],
  [{ bucket, region: "" }],
  [{ bucket, region: 1 }],
  [{ bucket, endpoint: "localhost" }],
  [{ bucket, endpoint: 1 }],
  [{ bucket, forcePathStyle: "yes" }],
  [{ bucket, credentials: "key" }],
  [{ bucket, credentials: null }],
  [{ bucket, client: null }],
  [{ bucket, client: {} }],
  [{ bucket, client: "client" }],
  [{ bucket, client, region: "us-east-1" }],
  [{ bucket, client, endpoint: "http://127.0.0.1" }],
  [{ bucket, client, forcePathStyle: true }],
  [{ bucket, client, credentials: { accessKeyId: "key", secretAccessKey: "secret" } }],
])("%j throws a TypeError", (invalid) => {
  expect(() => s3Driver(invalid as unknown as S3DriverOptions)).toThrow(TypeError);
  expect(() => s3Store(invalid as unknown as S3DriverOptions)).toThrow(TypeError);
});

test("the options of every store are checked too", () => {
  expect(() => s3Store({ bucket, client, timeoutMs: -1 })).toThrow(TypeError);
});

test.each(["", "a/", "agents/threads/", "tenant=1/!x/(y)/", "..a/", "a../"])(
  "%j is a valid prefix",
  (prefix) => {
    expect(() => s3Driver({ bucket, client, prefix })).not.toThrow();
  },
);

test("a client whose retries cannot be switched off throws a TypeError", () => {
  const otherClient = new S3Client({ region: "us-east-1" });
  otherClient.middlewareStack.remove("retryMiddleware");
  expect(() => s3Driver({ bucket, client: otherClient })).toThrow(/retries/);
});
