import { PutBucketVersioningCommand } from "@aws-sdk/client-s3";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, expect, test } from "vitest";
import {
  clientOf,
  connection,
  countRequests,
  keysIn,
  newBucket,
  options,
  record,
} from "./bucket.test-helper.ts";
import { bucketOf } from "./client.ts";
import type { S3DriverOptions } from "./options.ts";
import { s3Driver, s3Store } from "./s3-store.ts";
import { type Habits, scriptedService, serviceWith } from "./scripted-service.test-helper.ts";
import { type Provider, providerFinder } from "./self-check.ts";

const key = { namespace: "", id: "thread" };

function find(given: S3DriverOptions): Promise<Provider> {
  return providerFinder(bucketOf(given), given).find();
}

describe("a provider", () => {
  test.each<[string, Habits, Provider, number]>([
    ["as AWS", {}, { etagQuotes: "keep", conditionalDelete: true, deleteIfUnmodified: false }, 12],
    [
      "that answers losers by 409",
      { conflicts: true },
      { etagQuotes: "keep", conditionalDelete: true, deleteIfUnmodified: false },
      12,
    ],
    [
      "that wants ETags without quotes",
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
      "that does not know conditions on deletes",
      { unknown: ["delete"] },
      { etagQuotes: "keep", conditionalDelete: false, deleteIfUnmodified: false },
      13,
    ],
    [
      "that refuses a header it does not know",
      { unknown: ["x-amz-delete-if-unmodified-since"] },
      { etagQuotes: "keep", conditionalDelete: true, deleteIfUnmodified: false },
      12,
    ],
    [
      "that refuses that header and ignores conditions on deletes",
      { unknown: ["x-amz-delete-if-unmodified-since"], ignores: ["if-match on delete"] },
      { etagQuotes: "keep", conditionalDelete: false, deleteIfUnmodified: false },
      12,
    ],
  ])("%s is known for what it is, and nothing is left", async (_name, habits, provider, requests) => {
    await using service = await serviceWith(habits);
    expect(await find(service.options)).toEqual(provider);
    expect(service.requests.length).toBeLessThanOrEqual(requests);
    const [path = ""] = service.requests.map((request) => request.path);
    expect(path).toMatch(/^\/bucket\/threadstore\/!self-check\/[\w-]{22}$/);
    const left = await fetch(`${service.options.endpoint}${path}`);
    expect(left.status).toBe(404);
  });

  test.each<[string, Habits, RegExp]>([
    ["ignores If-Match", { ignores: ["if-match"] }, /create what is not there/],
    ["ignores If-Match where nothing is", { ignores: ["if-match on nothing"] }, /create what is not there/],
    ["ignores If-None-Match", { ignores: ["if-none-match"] }, /several writers win/],
    ["does not know conditional writes", { unknown: ["put"] }, /does not know conditional writes/],
    ["gives no ETag", { etags: false }, /no ETag/],
  ])("that %s is refused", async (_name, habits, message) => {
    await using service = await serviceWith(habits);
    const store = s3Store(service.options);
    await expect(store.save("a", {})).rejects.toMatchObject({ code: "MISCONFIGURED", message });
    await store.close();
  });

  test("is asked only for what the options do not tell", async () => {
    await using service = await serviceWith({ quotes: "without", ignores: ["if-match on delete"] });
    const quotes = { ...service.options, etagQuotes: "strip" } as const;
    expect(await find(quotes)).toMatchObject({ etagQuotes: "strip", conditionalDelete: false });
    const deletes = { ...service.options, conditionalDelete: false };
    expect(await find(deletes)).toMatchObject({ etagQuotes: "strip", conditionalDelete: false });
    service.requests.length = 0;
    const both = { ...quotes, ...deletes, etagQuotes: "strip" } as const;
    expect(await find(both)).toEqual({
      etagQuotes: "strip",
      conditionalDelete: false,
      deleteIfUnmodified: false,
    });
    expect(service.requests).toEqual([]);
  });

  test("that wants other quotes than the options say is refused", async () => {
    await using service = await serviceWith({ quotes: "without" });
    await expect(find({ ...service.options, etagQuotes: "keep" })).rejects.toThrow(
      /refuses If-Match with the ETag/,
    );
  });

  test("that is said to make deletes conditional is believed", async () => {
    await using service = await serviceWith({});
    const given = { ...service.options, conditionalDelete: true };
    expect(await find(given)).toMatchObject({ conditionalDelete: true });
    expect(service.requests.filter(({ method }) => method === "DELETE")).toHaveLength(1);
  });
});

describe("the check", () => {
  test("is made once, by the first write, for all that wait for it", async () => {
    await using service = await serviceWith({});
    const driver = s3Driver(service.options);
    await driver.read(key, undefined, options);
    expect(service.requests).toHaveLength(1);
    const ids = Array.from({ length: 20 }, (_, n) => `thread-${n}`);
    await Promise.all(ids.map((id) => driver.write({ namespace: "", id }, record("x"), undefined, options)));
    expect(service.requests.length).toBeLessThanOrEqual(1 + 12 + 20);
    await driver.close();
  });

  test("that failed is made again, and its failure is no doubt about the save", async () => {
    const habits = await serviceWith({});
    let broken = true;
    await using service = await scriptedService(async (request) => {
      if (broken) return { status: 503, body: "<html>not S3</html>" };
      const { method, path, headers, body } = request;
      const condition = ["if-match", "if-none-match"].filter((name) => name in headers);
      const answer = await fetch(`${habits.options.endpoint}${path}`, {
        method,
        headers: Object.fromEntries(condition.map((name) => [name, String(headers[name])])),
        ...(method === "PUT" ? { body } : {}),
      });
      return {
        status: answer.status,
        headers: { etag: answer.headers.get("etag") ?? "", "content-type": "application/xml" },
        body: await answer.text(),
      };
    });
    const store = s3Store({ ...service.options, maxRetries: 0 });
    await expect(store.save("a", {})).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    broken = false;
    await store.save("a", {});
    await store.close();
    await habits[Symbol.asyncDispose]();
  });

  test("ends with its caller's store, even against a black hole", async () => {
    await using service = await scriptedService(() => new Promise(() => undefined));
    const driver = s3Driver(service.options);
    const write = driver.write(key, record("x"), undefined, options);
    const failed = write.catch((error: unknown) => driver.explain?.(error));
    while (service.requests.length === 0) await new Promise(setImmediate);
    await driver.close();
    expect(await failed).toMatchObject({ code: "UNAVAILABLE", applied: "no" });
  });
});

await describeWithService("s3", "in a real bucket", (endpoint) => {
  const client = clientOf(endpoint);
  afterAll(() => client.destroy());

  test("what Ceph keeps to is found out, in few requests, and nothing is left", async () => {
    const bucket = await newBucket(client);
    const own = clientOf(endpoint);
    const sent = countRequests(own);
    const found = await find({ client: own, bucket });
    expect(found).toEqual({ etagQuotes: "strip", conditionalDelete: false, deleteIfUnmodified: true });
    expect(sent.length).toBeLessThanOrEqual(16);
    expect(await keysIn(client, bucket)).toEqual([]);
    own.destroy();
  });

  test("many processes may check at once", async () => {
    const bucket = await newBucket(client);
    const found = await Promise.all(
      Array.from({ length: 8 }, () => find({ ...connection(endpoint), bucket })),
    );
    for (const provider of found) expect(provider).toEqual(found[0]);
    expect(await keysIn(client, bucket)).toEqual([]);
  });

  test("a versioned bucket, in which Ceph ignores conditions, is refused", async () => {
    const bucket = await newBucket(client);
    await client.send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
    );
    const store = s3Store({ ...connection(endpoint), bucket });
    await expect(store.save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("versioned"),
    });
    await store.close();
  });
});
