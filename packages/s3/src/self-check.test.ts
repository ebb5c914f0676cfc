import { PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, expect, test } from "vitest";
import {
  connectionTo,
  createClient,
  driverOptions,
  keysIn,
  newBucket,
  record,
  recordMethods,
} from "./bucket.test-helper.ts";
import { resolveBucket } from "./client.ts";
import type { S3DriverOptions } from "./options.ts";
import { type ProviderQuirks, startProvider } from "./provider.test-helper.ts";
import { s3Driver, s3Store } from "./s3-store.ts";
import { scriptedService } from "./scripted-service.test-helper.ts";
import { createSelfCheck, type ProviderCapabilities } from "./self-check.ts";

const key = { namespace: "", id: "thread" };

function detect(options: S3DriverOptions): Promise<ProviderCapabilities> {
  return createSelfCheck(resolveBucket(options), options).capabilities();
}

describe("a provider", () => {
  test.each<[string, ProviderQuirks, ProviderCapabilities, number]>([
    ["like AWS", {}, { etagQuotes: "keep", conditionalDelete: true, deleteIfUnmodified: false }, 12],
    [
      "that responds with 409 to losers of a race",
      { conflicts: true },
      { etagQuotes: "keep", conditionalDelete: true, deleteIfUnmodified: false },
      12,
    ],
    [
      "that expects ETags without quotes",
      { quotes: "without" },
      { etagQuotes: "strip", conditionalDelete: true, deleteIfUnmodified: false },
      16,
    ],
    [
      "that ignores conditions on deletes",
      { ignores: ["if-match on delete"] },
      { etagQuotes: "keep", conditionalDelete: false, deleteIfUnmodified: false },
      10,
    ],
    [
      "that does not support conditions on deletes",
      { unsupported: ["delete"] },
      { etagQuotes: "keep", conditionalDelete: false, deleteIfUnmodified: false },
      13,
    ],
    [
      "that refuses unknown headers",
      { unsupported: ["x-amz-delete-if-unmodified-since"] },
      { etagQuotes: "keep", conditionalDelete: true, deleteIfUnmodified: false },
      12,
    ],
    [
      "that refuses unknown headers and ignores conditions on deletes",
      { unsupported: ["x-amz-delete-if-unmodified-since"], ignores: ["if-match on delete"] },
      { etagQuotes: "keep", conditionalDelete: false, deleteIfUnmodified: false },
      12,
    ],
  ])("%s is detected, and the check deletes its object", async (_name, quirks, capabilities, requests) => {
    await using service = await startProvider(quirks);
    expect(await detect(service.options)).toEqual(capabilities);
    expect(service.requests.length).toBeLessThanOrEqual(requests);
    const [path = ""] = service.requests.map((request) => request.path);
    expect(path).toMatch(/^\/bucket\/threadstore\/!self-check\/[\w-]{22}$/);
    const remaining = await fetch(`${service.options.endpoint}${path}`);
    expect(remaining.status).toBe(404);
  });

  test.each<[string, ProviderQuirks, RegExp]>([
    ["ignores If-Match", { ignores: ["if-match"] }, /create a missing object/],
    [
      "ignores If-Match for a missing object",
      { ignores: ["if-match on nothing"] },
      /create a missing object/,
    ],
    ["ignores If-None-Match", { ignores: ["if-none-match"] }, /several writers/],
    ["does not support conditional writes", { unsupported: ["put"] }, /does not support conditional writes/],
    ["does not return ETags", { etags: false }, /does not return ETags/],
  ])("that %s is MISCONFIGURED", async (_name, quirks, message) => {
    await using service = await startProvider(quirks);
    const store = s3Store(service.options);
    await expect(store.save("a", {})).rejects.toMatchObject({ code: "MISCONFIGURED", message });
    await store.close();
  });

  test("is not checked for options that are set", async () => {
    await using service = await startProvider({ quotes: "without", ignores: ["if-match on delete"] });
    const quotes = { ...service.options, etagQuotes: "strip" } as const;
    expect(await detect(quotes)).toMatchObject({ etagQuotes: "strip", conditionalDelete: false });
    const deletes = { ...service.options, conditionalDelete: false };
    expect(await detect(deletes)).toMatchObject({ etagQuotes: "strip", conditionalDelete: false });
    service.requests.length = 0;
    const both = { ...quotes, ...deletes, etagQuotes: "strip" } as const;
    expect(await detect(both)).toEqual({
      etagQuotes: "strip",
      conditionalDelete: false,
      deleteIfUnmodified: false,
    });
    expect(service.requests).toEqual([]);
  });

  test("that expects other quotes than configured is MISCONFIGURED", async () => {
    await using service = await startProvider({ quotes: "without" });
    await expect(detect({ ...service.options, etagQuotes: "keep" })).rejects.toThrow(
      /refuses If-Match with the ETag/,
    );
  });

  test("is trusted to enforce conditions on deletes if configured", async () => {
    await using service = await startProvider({});
    const options = { ...service.options, conditionalDelete: true };
    expect(await detect(options)).toMatchObject({ conditionalDelete: true });
    expect(service.requests.filter(({ method }) => method === "DELETE")).toHaveLength(1);
  });
});

describe("the self-check", () => {
  test("runs once, on the first write, for all concurrent writes", async () => {
    await using service = await startProvider({});
    const driver = s3Driver(service.options);
    await driver.read(key, undefined, driverOptions);
    expect(service.requests).toHaveLength(1);
    const ids = Array.from({ length: 20 }, (_, n) => `thread-${n}`);
    await Promise.all(
      ids.map((id) => driver.write({ namespace: "", id }, record("x"), undefined, driverOptions)),
    );
    expect(service.requests.length).toBeLessThanOrEqual(1 + 12 + 20);
    await driver.close();
  });

  test("that failed runs again, and the save of the failed one had no effect", async () => {
    const provider = await startProvider({});
    let isDown = true;
    await using service = await scriptedService(async (request) => {
      if (isDown) return { status: 503, body: "<html>not S3</html>" };
      const { method, path, headers, body } = request;
      const condition = ["if-match", "if-none-match"].filter((name) => name in headers);
      const response = await fetch(`${provider.options.endpoint}${path}`, {
        method,
        headers: Object.fromEntries(condition.map((name) => [name, String(headers[name])])),
        ...(method === "PUT" ? { body } : {}),
      });
      return {
        status: response.status,
        headers: { etag: response.headers.get("etag") ?? "", "content-type": "application/xml" },
        body: await response.text(),
      };
    });
    const store = s3Store({ ...service.options, maxRetries: 0 });
    await expect(store.save("a", {})).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    isDown = false;
    await store.save("a", {});
    await store.close();
    await provider[Symbol.asyncDispose]();
  });

  test("that failed before its first request runs again", async () => {
    await using service = await startProvider({});
    const bucket = resolveBucket(service.options);
    const { config } = bucket.client;
    const { endpoint } = config;
    config.endpoint = () => Promise.reject(new Error("The endpoint is not known yet."));
    const check = createSelfCheck(bucket, service.options);
    await expect(check.capabilities()).rejects.toThrow("not known yet");
    if (endpoint !== undefined) config.endpoint = endpoint;
    expect(await check.capabilities()).toMatchObject({ etagQuotes: "keep" });
  });

  test("ends when the store is closed, even if the service does not respond", async () => {
    await using service = await scriptedService(() => new Promise(() => undefined));
    const driver = s3Driver(service.options);
    const write = driver.write(key, record("x"), undefined, driverOptions);
    const failed = write.catch((error: unknown) => error);
    while (service.requests.length === 0) await new Promise(setImmediate);
    await driver.close();
    expect(await failed).toMatchObject({ code: "UNAVAILABLE", effect: "none" });
  });
});

test("a check that succeeded counts for all stores of the process with the same bucket and options", async () => {
  await using service = await startProvider({});
  const { options } = service;
  const requestsOf = async (changes: Partial<S3DriverOptions>): Promise<number> => {
    const before = service.requests.length;
    await detect({ ...options, ...changes } as S3DriverOptions);
    return service.requests.length - before;
  };
  expect(await requestsOf({})).toBeGreaterThan(0);
  expect(await requestsOf({ prefix: "elsewhere/" })).toBe(0);
  expect(await requestsOf({ etagQuotes: "keep" })).toBeGreaterThan(0);
  expect(await requestsOf({ bucket: "another-bucket" })).toBeGreaterThan(0);
});

await describeWithService("s3", "the self-check on Ceph", (endpoint) => {
  const client = createClient(endpoint);
  afterAll(() => client.destroy());

  test("detects the capabilities in a few requests, and deletes its object", async () => {
    const bucket = await newBucket(client);
    const checkingClient = createClient(endpoint);
    const requests = recordMethods(checkingClient);
    const capabilities = await detect({ client: checkingClient, bucket });
    expect(capabilities).toEqual({ etagQuotes: "strip", conditionalDelete: false, deleteIfUnmodified: true });
    expect(requests.length).toBeLessThanOrEqual(16);
    expect(await keysIn(client, bucket)).toEqual([]);
    checkingClient.destroy();
  });

  test("can run in many processes at once", async () => {
    const bucket = await newBucket(client);
    const results = await Promise.all(
      Array.from({ length: 8 }, () => detect({ ...connectionTo(endpoint), bucket })),
    );
    for (const capabilities of results) expect(capabilities).toEqual(results[0]);
    expect(await keysIn(client, bucket)).toEqual([]);
  });

  test("reports a versioned bucket, in which Ceph ignores conditions, as MISCONFIGURED", async () => {
    const bucket = await newBucket(client);
    await client.send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
    );
    const store = s3Store({ ...connectionTo(endpoint), bucket });
    await expect(store.save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("versioned"),
    });
    await store.close();
  });
});
