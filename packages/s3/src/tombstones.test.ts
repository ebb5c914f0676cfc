import { setTimeout as wait } from "node:timers/promises";
import { type HeadObjectCommandOutput, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ThreadStore } from "@threadstore/core";
import { ALL_BY_ID, type RecordPage, type AsyncThreadDriver } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  connectionTo,
  createClient,
  deny,
  driverOptions,
  keysIn,
  newBucket,
  newPrefix,
} from "./bucket.test-helper.ts";
import { keyOf } from "./keys.ts";
import { s3Driver, s3Store } from "./s3-store.ts";
import { scriptedService } from "./scripted-service.test-helper.ts";
import { createTombstone } from "./tombstones.ts";

function list(driver: AsyncThreadDriver): Promise<RecordPage> {
  return driver.list("", { ...ALL_BY_ID, limit: 10 }, driverOptions);
}

await describeWithService("s3", "tombstones", (endpoint) => {
  const client = createClient(endpoint);
  let bucket = "";
  beforeAll(async () => {
    bucket = await newBucket(client);
  });
  afterAll(() => client.destroy());

  function open(prefix = newPrefix()): { store: ThreadStore; prefix: string } {
    return { store: s3Store({ ...connectionTo(endpoint), bucket, prefix }), prefix };
  }

  function head(prefix: string, id: string): Promise<HeadObjectCommandOutput> {
    return client.send(new HeadObjectCommand({ Bucket: bucket, Key: keyOf(prefix, { namespace: "", id }) }));
  }

  describe("of deletes on Ceph, which ignores conditions on deletes", () => {
    test("look missing to readers and listings, and a new thread replaces them", async () => {
      const { store, prefix } = open();
      const saved = await store.save("a", { n: 1 });
      expect(await store.delete("a", { previous: saved })).toBe(true);
      const tombstone = await head(prefix, "a");
      expect(tombstone.ContentLength).toBeLessThan(100);
      expect(await store.load("a")).toBeUndefined();
      expect(await store.load("a", { cached: saved })).toBeUndefined();
      expect(await store.listPage()).toEqual({ threads: [], cursor: undefined });
      expect(await store.delete("a")).toBe(false);
      await expect(store.save("a", {}, { previous: saved })).rejects.toMatchObject({ code: "CONFLICT" });
      const recreated = await store.save("a", { n: 2 });
      expect((await store.load("a"))?.version).toBe(recreated.version);
      await store.close();
    });

    test("are replaced by one of 16 concurrent creates", async () => {
      const prefix = newPrefix();
      const stores = Array.from({ length: 4 }, () => open(prefix).store);
      for (let round = 0; round < 5; round += 1) {
        await stores[0]?.save("a", { round }, { overwrite: true });
        await stores[0]?.delete("a");
        const creates = Array.from({ length: 4 }, (_, n) =>
          stores.map((store) => store.save("a", { n })),
        ).flat();
        const outcomes = await Promise.allSettled(creates);
        const rejected = outcomes.filter((outcome) => outcome.status === "rejected");
        expect(rejected.map(({ reason }) => (reason as { code: string }).code)).toEqual(
          Array.from({ length: 15 }, () => "CONFLICT"),
        );
      }
      await Promise.all(stores.map((store) => store.close()));
    });

    test("do not leave gaps in pages, and the last page has no cursor even if tombstones follow", async () => {
      const { store } = open();
      const ids = Array.from({ length: 12 }, (_, n) => `thread-${String(n).padStart(2, "0")}`);
      for (const id of ids) await store.save(id, {});
      for (const id of [...ids.slice(2, 6), ...ids.slice(9)]) await store.delete(id);
      const first = await store.listPage({ limit: 4 });
      expect(first.threads.map(({ id }) => id)).toEqual(["thread-00", "thread-01", "thread-06", "thread-07"]);
      const second = await store.listPage({ limit: 1, cursor: first.cursor });
      expect(second.threads.map(({ id }) => id)).toEqual(["thread-08"]);
      expect(second.cursor).toBeUndefined();
      await store.close();
    });
  });

  describe("in a listing", () => {
    const clients: S3Client[] = [];
    afterAll(() => clients.forEach((each) => each.destroy()));

    /**
     * Creates a driver that sees the service's clock this much ahead, and calls `beforeDelete` before each delete.
     */
    function driverAhead(
      milliseconds: number,
      prefix: string,
      beforeDelete = async (): Promise<void> => {},
    ): AsyncThreadDriver {
      const clientAhead = createClient(endpoint, { disableClockSkewCorrection: true });
      clients.push(clientAhead);
      clientAhead.middlewareStack.add(
        (next) => async (args) => {
          const { method, path } = args.request as { method: string; path: string };
          if (method === "DELETE" && !path.includes("self-check")) await beforeDelete();
          const result = await next(args);
          const { headers } = result.response as { headers: Record<string, string> };
          headers["date"] = new Date(Date.parse(headers["date"] ?? "") + milliseconds).toUTCString();
          return result;
        },
        { step: "deserialize", priority: "low" },
      );
      return s3Driver({ client: clientAhead, bucket, prefix });
    }

    test("are deleted if they are older than an hour by the service's clock", async () => {
      const { store, prefix } = open();
      await store.save("a", {});
      await store.save("b", {});
      await store.delete("a");
      const tooEarly = await list(driverAhead(3_500_000, prefix));
      expect(tooEarly.records.map(({ id }) => id)).toEqual(["b"]);
      expect(await keysIn(client, bucket, prefix)).toHaveLength(2);
      const lateEnough = await list(driverAhead(3_700_000, prefix));
      expect(lateEnough.records.map(({ id }) => id)).toEqual(["b"]);
      expect(await keysIn(client, bucket, prefix)).toEqual([keyOf(prefix, { namespace: "", id: "b" })]);
      await store.save("a", { again: true });
      await store.close();
    });

    test("are not deleted if a thread has replaced them meanwhile", async () => {
      const { store, prefix } = open();
      await store.save("a", {});
      await store.delete("a");
      const modified = (await head(prefix, "a")).LastModified?.getTime() ?? 0;
      const deleting = Promise.withResolvers<void>();
      const resume = Promise.withResolvers<void>();
      const driver = driverAhead(3_700_000, prefix, () => {
        deleting.resolve();
        return resume.promise;
      });
      const listing = list(driver);
      await deleting.promise;
      // Wait for the end of the tombstone's second, which has passed for a tombstone that is really an hour old.
      while (Date.now() < modified + 1100) await wait(20);
      const saved = await store.save("a", { n: 2 });
      resume.resolve();
      await listing;
      expect((await store.load("a"))?.version).toBe(saved.version);
      await store.close();
    });

    test("remain if the client may not delete, and the listing succeeds", async () => {
      const { store, prefix } = open();
      await store.save("a", {});
      await store.save("b", {});
      await store.delete("a");
      const denial = await deny(client, bucket, ["s3:PutObject", "s3:DeleteObject"], `${prefix}*`);
      const page = await list(driverAhead(3_700_000, prefix));
      expect(page.records.map(({ id }) => id)).toEqual(["b"]);
      await denial[Symbol.asyncDispose]();
      expect(await keysIn(client, bucket, prefix)).toHaveLength(2);
      await store.close();
    });
  });
});

test("a tombstone is deleted by its ETag if the provider has come to enforce conditions on deletes", async () => {
  const version = "0cc175b9c0f1b6a831c399e269772661";
  const tombstone = createTombstone().bytes;
  const listing = `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated><Contents>
    <Key>threadstore/!root/a</Key><ETag>"${version}"</ETag><Size>${tombstone.length}</Size></Contents></ListBucketResult>`;
  const headers = {
    etag: `"${version}"`,
    "last-modified": new Date(Date.now() - 7_200_000).toUTCString(),
    date: new Date().toUTCString(),
  };
  await using service = await scriptedService(({ method, query }) => {
    if (method === "DELETE") return { status: 204 };
    if (query.has("list-type")) {
      return { status: 200, headers: { "content-type": "application/xml" }, body: listing };
    }
    return { status: 200, headers, body: Buffer.from(tombstone) };
  });
  const driver = s3Driver({ ...service.options, etagQuotes: "keep", conditionalDelete: true });
  expect(await list(driver)).toEqual({ records: [], next: undefined });
  const [lastRequest] = service.requests.slice(-1);
  expect([lastRequest?.method, lastRequest?.path, lastRequest?.headers["if-match"]]).toEqual([
    "DELETE",
    "/bucket/threadstore/!root/a",
    `"${version}"`,
  ]);
  await driver.close();
});
