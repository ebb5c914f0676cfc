import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import {
  GetObjectCommand,
  type HeadObjectCommandOutput,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { RecordPage, ThreadDriver } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  clientOf,
  connection,
  countRequests,
  keysIn,
  newBucket,
  options,
  record,
  textAt,
} from "./bucket.test-helper.ts";
import { keyOf } from "./keys.ts";
import { s3Driver, s3Store } from "./s3-store.ts";

await describeWithService("s3", "a store in a bucket", (endpoint) => {
  const client = clientOf(endpoint);
  let bucket = "";
  beforeAll(async () => {
    bucket = await newBucket(client);
  });
  afterAll(() => client.destroy());

  function newPrefix(): string {
    return `${randomBytes(8).toString("hex")}/`;
  }

  function open(prefix = newPrefix()): { store: ReturnType<typeof s3Store>; prefix: string } {
    return { store: s3Store({ ...connection(endpoint), bucket, prefix }), prefix };
  }

  function head(prefix: string, id: string): Promise<HeadObjectCommandOutput> {
    return client.send(new HeadObjectCommand({ Bucket: bucket, Key: keyOf(prefix, { namespace: "", id }) }));
  }

  describe("costs", () => {
    const own = clientOf(endpoint);
    const sent = countRequests(own);
    const store = (prefix: string): ReturnType<typeof s3Store> => s3Store({ client: own, bucket, prefix });
    afterAll(() => own.destroy());

    test("one request a save and a load, and two a delete", async () => {
      const threads = store(newPrefix());
      await threads.save("first", {});
      sent.length = 0;
      let saved = await threads.save("a", { n: 1 });
      expect(sent.splice(0)).toEqual(["PUT"]);
      saved = await threads.save("a", { n: 2 }, { previous: saved });
      expect(sent.splice(0)).toEqual(["PUT"]);
      await threads.load("a");
      expect(sent.splice(0)).toEqual(["GET"]);
      await threads.load("nothing");
      expect(sent.splice(0)).toEqual(["GET"]);
      await threads.delete("a", { previous: saved });
      expect(sent.splice(0)).toEqual(["GET", "PUT"]);
      await threads.save("a", { n: 3 });
      expect(sent.splice(0), "over a tombstone: it is refused, looked at and replaced").toEqual([
        "PUT",
        "GET",
        "PUT",
      ]);
    });

    test("a page of n threads n + 2 requests, whatever else is there", async () => {
      const threads = store(newPrefix());
      await Promise.all(
        Array.from({ length: 30 }, (_, n) => threads.save(`thread-${String(n).padStart(2, "0")}`, { n })),
      );
      await Promise.all(Array.from({ length: 30 }, (_, n) => threads.namespace("other").save(`${n}`, {})));
      sent.length = 0;
      const page = await threads.listPage({ limit: 10 });
      expect(page.threads).toHaveLength(10);
      expect(sent.splice(0)).toHaveLength(12);
      const last = await threads.listPage({ limit: 20, cursor: page.cursor });
      expect(last).toMatchObject({ cursor: undefined });
      expect(last.threads).toHaveLength(20);
      expect(sent.splice(0)).toHaveLength(21);
    });

    test("a listing of large threads not more than their ends", async () => {
      const threads = store(newPrefix());
      for (const id of ["a", "b", "c"]) await threads.save(id, { text: "x".repeat(1_000_000) });
      let received = 0;
      own.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          const { headers } = result.response as { headers: Record<string, string> };
          received += Number(headers["content-length"] ?? 0);
          return result;
        },
        { step: "deserialize", name: "received" },
      );
      const page = await threads.listPage();
      own.middlewareStack.remove("received");
      expect(page.threads.map(({ size }) => size)).toEqual([1_000_011, 1_000_011, 1_000_011]);
      expect(received).toBeLessThan(60_000);
    });

    test("no body when the thread is still the one that the caller has", async () => {
      const threads = store(newPrefix());
      const saved = await threads.save("a", { text: "x".repeat(1_000_000) });
      const statuses: number[] = [];
      own.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          statuses.push((result.response as { statusCode: number }).statusCode);
          return result;
        },
        { step: "deserialize", priority: "low", name: "statuses" },
      );
      const loaded = await threads.load("a", { cached: saved });
      own.middlewareStack.remove("statuses");
      expect(loaded?.json).toBe(saved.json);
      expect(statuses).toEqual([304]);
    });
  });

  describe("a delete where Ceph ignores conditions on deletes", () => {
    test("leaves a tombstone, which is nothing to readers and listings, and gives way to a new thread", async () => {
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
      const again = await store.save("a", { n: 2 });
      expect((await store.load("a"))?.version).toBe(again.version);
      await store.close();
    });

    test("of 16 that create over one tombstone, one wins", async () => {
      const prefix = newPrefix();
      const stores = Array.from({ length: 4 }, () => open(prefix).store);
      for (let round = 0; round < 5; round += 1) {
        await stores[0]?.save("a", { round }, { overwrite: true });
        await stores[0]?.delete("a");
        const racing = Array.from({ length: 4 }, (_, n) =>
          stores.map((store) => store.save("a", { n })),
        ).flat();
        const outcomes = await Promise.allSettled(racing);
        const lost = outcomes.filter((outcome) => outcome.status === "rejected");
        expect(lost.map(({ reason }) => (reason as { code: string }).code)).toEqual(
          Array.from({ length: 15 }, () => "CONFLICT"),
        );
      }
      await Promise.all(stores.map((store) => store.close()));
    });

    test("fills pages past tombstones, and knows that only tombstones follow", async () => {
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

  describe("a tombstone in a listing", () => {
    /** A driver for which the service's clock is that much ahead, and which waits before it removes a thread's object. */
    function ahead(
      milliseconds: number,
      prefix: string,
      beforeRemoval = async (): Promise<void> => {},
    ): ThreadDriver {
      const own = clientOf(endpoint, { disableClockSkewCorrection: true });
      clients.push(own);
      own.middlewareStack.add(
        (next) => async (args) => {
          const { method, path } = args.request as { method: string; path: string };
          if (method === "DELETE" && !path.includes("self-check")) await beforeRemoval();
          const result = await next(args);
          const { headers } = result.response as { headers: Record<string, string> };
          headers["date"] = new Date(Date.parse(headers["date"] ?? "") + milliseconds).toUTCString();
          return result;
        },
        { step: "deserialize", priority: "low" },
      );
      return s3Driver({ client: own, bucket, prefix });
    }

    const clients: S3Client[] = [];
    afterAll(() => clients.forEach((each) => each.destroy()));
    const list = (driver: ThreadDriver): Promise<RecordPage> =>
      driver.list("", { after: undefined, limit: 10 }, options);

    test("is removed when it is older than an hour by the service's clock, and not before", async () => {
      const { store, prefix } = open();
      await store.save("a", {});
      await store.save("b", {});
      await store.delete("a");
      const fresh = ahead(3_500_000, prefix);
      expect((await list(fresh)).records.map(({ id }) => id)).toEqual(["b"]);
      expect(await keysIn(client, bucket, prefix)).toHaveLength(2);
      const old = ahead(3_700_000, prefix);
      expect((await list(old)).records.map(({ id }) => id)).toEqual(["b"]);
      expect(await keysIn(client, bucket, prefix)).toEqual([keyOf(prefix, { namespace: "", id: "b" })]);
      await store.save("a", { again: true });
      await store.close();
    });

    test("that was replaced by a thread meanwhile takes nothing with it", async () => {
      const { store, prefix } = open();
      await store.save("a", {});
      await store.delete("a");
      const modified = (await head(prefix, "a")).LastModified?.getTime() ?? 0;
      const stopped = Promise.withResolvers<void>();
      const resumed = Promise.withResolvers<void>();
      const sweeper = ahead(3_700_000, prefix, () => {
        stopped.resolve();
        return resumed.promise;
      });
      const listing = list(sweeper);
      await stopped.promise;
      // The tombstone's second is over, as it is for whoever replaces one that is an hour old.
      while (Date.now() < modified + 1100) await wait(20);
      const saved = await store.save("a", { n: 2 });
      resumed.resolve();
      await listing;
      expect((await store.load("a"))?.version).toBe(saved.version);
      await store.close();
    });

    test("stays, and the listing is as good, for who may not delete", async () => {
      const prefix = newPrefix();
      const { store } = open(prefix);
      await store.save("a", {});
      await store.save("b", {});
      await store.delete("a");
      const guarded = await deny(["s3:PutObject", "s3:DeleteObject"], `${prefix}*`);
      const old = ahead(3_700_000, prefix);
      expect((await list(old)).records.map(({ id }) => id)).toEqual(["b"]);
      await guarded[Symbol.asyncDispose]();
      expect(await keysIn(client, bucket, prefix)).toHaveLength(2);
      await store.close();
    });
  });

  async function deny(actions: string[], objects?: string): Promise<AsyncDisposable> {
    const resource = `arn:aws:s3:::${bucket}${objects === undefined ? "" : `/${objects}`}`;
    const statement = { Effect: "Deny", Principal: "*", Action: actions, Resource: [resource] };
    const put = (Statement: object[]) =>
      client.send(
        new PutBucketPolicyCommand({
          Bucket: bucket,
          Policy: JSON.stringify({ Version: "2012-10-17", Statement }),
        }),
      );
    await put([statement]);
    const allow = {
      ...statement,
      Effect: "Allow",
      Action: ["s3:GetObject"],
      Principal: { AWS: ["arn:aws:iam:::user/nobody"] },
    };
    return { [Symbol.asyncDispose]: async () => void (await put([allow])) };
  }

  describe("access", () => {
    const everyCall = (store: ReturnType<typeof s3Store>): (() => Promise<unknown>)[] => [
      () => store.load("a"),
      () => store.save("a", {}),
      () => store.delete("a"),
      () => store.listPage(),
    ];

    test("a wrong secret is ACCESS_DENIED", async () => {
      const { accessKeyId } = endpoint;
      const wrong = { ...connection(endpoint), credentials: { accessKeyId, secretAccessKey: "wrong" } };
      const store = s3Store({ ...wrong, bucket });
      for (const call of everyCall(store)) {
        await expect(call()).rejects.toMatchObject({
          code: "ACCESS_DENIED",
          cause: { name: "SignatureDoesNotMatch" },
        });
      }
      await store.close();
    });

    test("a missing bucket is MISCONFIGURED", async () => {
      const store = s3Store({ ...connection(endpoint), bucket: `no-${bucket}` });
      for (const call of everyCall(store)) {
        await expect(call()).rejects.toMatchObject({
          code: "MISCONFIGURED",
          cause: { name: "NoSuchBucket" },
        });
      }
      await store.close();
    });

    test("each permission that is missing is ACCESS_DENIED, and never nothing there", async () => {
      const prefix = newPrefix();
      const { store } = open(prefix);
      const saved = await store.save("a", { n: 1 });
      const denied = { code: "ACCESS_DENIED" };
      const noRead = await deny(["s3:GetObject"], `${prefix}*`);
      await expect(store.load("a")).rejects.toMatchObject(denied);
      await expect(store.listPage()).rejects.toMatchObject(denied);
      await noRead[Symbol.asyncDispose]();
      const noWrite = await deny(["s3:PutObject"], `${prefix}*`);
      await expect(store.save("a", {}, { previous: saved })).rejects.toMatchObject(denied);
      await noWrite[Symbol.asyncDispose]();
      const noList = await deny(["s3:ListBucket"]);
      await expect(store.listPage()).rejects.toMatchObject(denied);
      await noList[Symbol.asyncDispose]();
      expect((await store.load("a"))?.version).toBe(saved.version);
      await store.close();
    });
  });

  describe("objects", () => {
    test("are JSON documents at readable keys", async () => {
      const { store, prefix } = open();
      await store.namespace("tenant").save("support-4711", { messages: [] });
      const [at] = await keysIn(client, bucket, prefix);
      expect(at).toBe(`${prefix}tenant/support-4711`);
      const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: at }));
      expect(ContentType).toBe("application/json");
      expect(JSON.parse((await Body?.transformToString()) ?? "")).toMatchObject({ thread: { messages: [] } });
      await store.close();
    });

    test("of others under the prefix are passed over", async () => {
      const { store, prefix } = open();
      await store.save("a", {});
      for (const key of ["!root/", "!root/no!thread", "!root/a/b", "README.md"]) {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: prefix + key, Body: "x" }));
      }
      const page = await store.listPage();
      expect(page.threads.map(({ id }) => id)).toEqual(["a"]);
      await store.close();
    });

    test("of some megabytes are saved and loaded whole", async () => {
      const { store } = open();
      const saved = await store.save("large", { text: "é".repeat(3_000_000) });
      expect((await store.load("large"))?.json).toBe(saved.json);
      await store.close();
    });

    test("of more than 1000 threads are listed in pages of the service", async () => {
      const { prefix } = open();
      const driver = s3Driver({ ...connection(endpoint), bucket, prefix });
      const ids = Array.from({ length: 1005 }, (_, n) => `thread-${String(n).padStart(4, "0")}`);
      for (let start = 0; start < ids.length; start += 50) {
        const some = ids.slice(start, start + 50);
        await Promise.all(
          some.map((id) => driver.write({ namespace: "", id }, record(id), undefined, options)),
        );
      }
      const page = await driver.list("", { after: undefined, limit: 1000 }, options);
      expect(page.records.map(({ id }) => id)).toEqual(ids.slice(0, 1000));
      expect(page.next).toBe("thread-0999");
      const rest = await driver.list("", { after: page.next, limit: 1000 }, options);
      expect(rest.records.map(({ id }) => id)).toEqual(ids.slice(1000));
      expect(rest.next).toBeUndefined();
      await driver.close();
    });
  });

  describe("clients", () => {
    test("that were given stay open", async () => {
      const own = clientOf(endpoint);
      const store = s3Store({ client: own, bucket });
      await store.save("given", {}, { overwrite: true });
      await store.close();
      const at = { Bucket: bucket, Key: "threadstore/!root/given" };
      expect(await own.send(new HeadObjectCommand(at))).toMatchObject({ ContentType: "application/json" });
      own.destroy();
    });

    test("with the SDK's defaults work too, checksums among them", async () => {
      const own = clientOf(endpoint);
      const driver = s3Driver({ client: own, bucket, prefix: newPrefix() });
      await driver.write({ namespace: "", id: "a" }, record("text"), undefined, options);
      expect(await textAt(driver, "a")).toBe("text");
      await driver.close();
      own.destroy();
    });

    test("of the store's own let the process end", async () => {
      const program = `
        import { s3Store } from ${JSON.stringify(new URL("s3-store.ts", import.meta.url).href)};
        const store = s3Store(${JSON.stringify({ ...connection(endpoint), bucket, prefix: newPrefix() })});
        await store.save("a", { n: 1 });
        console.log((await store.load("a")).json);
        await store.close();
        process.on("exit", () => console.log(process.getActiveResourcesInfo().filter((name) => /TCP|TLS/.test(name))));
      `;
      const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
      expect((await run).stdout).toBe('{"n":1}\n[]\n');
    });
  });
});
