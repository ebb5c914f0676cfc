import { createRequire } from "node:module";
import * as imported from "@aws-sdk/client-s3";
import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { s3Store } from "./index.ts";
import { errorResponse, type ScriptedService, scriptedService } from "./scripted-service.test-helper.ts";

const require = createRequire(import.meta.url);

// An application that uses `require` has another copy of the vendor's classes than this package, which imports them.
const COPIES = [
  ["imported", imported],
  ["required", require("@aws-sdk/client-s3") as typeof imported],
  ["required, in the oldest version", require("client-s3-3.1000") as typeof imported],
] as const;

const previous = "0cc175b9c0f1b6a831c399e269772661";
const KNOWN_PROVIDER = { etagQuotes: "keep", conditionalDelete: true } as const;

describe.each(COPIES)("a client of the SDK, %s,", (_copy, { S3Client }) => {
  const storeAt = ({ bucket, ...settings }: Partial<ScriptedService["options"]>): ThreadStore => {
    const { endpoint = "", credentials = { accessKeyId: "key", secretAccessKey: "secret" } } = settings;
    const client = new S3Client({ region: "us-east-1", endpoint, forcePathStyle: true, credentials });
    return s3Store({ ...KNOWN_PROVIDER, client, bucket: bucket ?? "bucket", maxRetries: 0 });
  };

  test("has a code for a refused connection", async () => {
    await using store = storeAt({ endpoint: "http://127.0.0.1:1" });
    await expect(store.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  test.each([
    [404, "NoSuchBucket", "MISCONFIGURED"],
    [403, "AccessDenied", "ACCESS_DENIED"],
    [429, "TooManyRequests", "UNAVAILABLE"],
    [503, "SlowDown", "UNAVAILABLE"],
  ])("has a code for %d %s", async (status, errorCode, code) => {
    await using service = await scriptedService(() => errorResponse(status, errorCode));
    await using store = storeAt(service.options);
    const error: unknown = await store.load("thread").catch((reason: unknown) => reason);
    expect(ThreadStoreError.is(error) && error.code).toBe(code);
    // The SDK's own retries are off, whichever copy of the command's class the client knows.
    expect(service.requests).toHaveLength(1);
  });

  test("loads nothing for a missing object, and reports a failed precondition as a conflict", async () => {
    await using service = await scriptedService(({ method }) =>
      method === "PUT" ? errorResponse(412, "PreconditionFailed") : errorResponse(404, "NoSuchKey"),
    );
    await using store = storeAt(service.options);
    expect(await store.load("thread")).toBeUndefined();
    await expect(store.save("thread", { x: 1 }, { previous })).rejects.toMatchObject({ code: "CONFLICT" });
  });
});
