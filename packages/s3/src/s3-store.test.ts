import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { ThreadStore } from "@threadstore/core";
import { ALL_BY_ID } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  connectionTo,
  createClient,
  driverOptions,
  keysIn,
  newBucket,
  newPrefix,
  readText,
  record,
} from "./bucket.test-helper.ts";
import { s3Driver, s3Store } from "./s3-store.ts";

await describeWithService("s3", "s3Store", (endpoint) => {
  const client = createClient(endpoint);
  let bucket = "";
  beforeAll(async () => {
    bucket = await newBucket(client);
  });
  afterAll(() => client.destroy());

  function open(): { store: ThreadStore; prefix: string } {
    const prefix = newPrefix();
    return { store: s3Store({ ...connectionTo(endpoint), bucket, prefix }), prefix };
  }

  describe("objects", () => {
    test("are JSON documents with readable keys", async () => {
      const { store, prefix } = open();
      await store.namespace("tenant").save("support-4711", { messages: [] });
      const [key] = await keysIn(client, bucket, prefix);
      expect(key).toBe(`${prefix}tenant/support-4711`);
      const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      expect(ContentType).toBe("application/json");
      expect(JSON.parse((await Body?.transformToString()) ?? "")).toMatchObject({ thread: { messages: [] } });
      await store.close();
    });

    test("that the store did not create are not listed", async () => {
      const { store, prefix } = open();
      await store.save("a", {});
      for (const key of ["!root/", "!root/no!thread", "!root/a/b", "README.md"]) {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: prefix + key, Body: "x" }));
      }
      const page = await store.listPage();
      expect(page.threads.map(({ id }) => id)).toEqual(["a"]);
      await store.close();
    });

    test("of threads with long ids are listed with their ids, even if a record is corrupt or empty", async () => {
      const { store, prefix } = open();
      const ids = ["1", "2", "3", "4"].map((end) => `${"x".repeat(511)}${end}`);
      for (const id of ids) await store.save(id, { id });
      const versions = new Map<string, string>();
      for (const key of await keysIn(client, bucket, prefix)) {
        const { Metadata } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        const id = Buffer.from(Metadata?.["threadstore-id"] ?? "", "base64url").toString();
        versions.set(id, key);
      }
      expect([...versions.keys()].toSorted()).toEqual(ids);
      const replaceObject = (id: string | undefined, body: string, metadata: Record<string, string>) =>
        client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: versions.get(id ?? ""),
            Body: body,
            Metadata: metadata,
          }),
        );
      const metadataOf = (id = ""): Record<string, string> => ({
        "threadstore-id": Buffer.from(id).toString("base64url"),
      });
      await replaceObject(ids[0], "corrupt", metadataOf(ids[0]));
      await replaceObject(ids[1], "", metadataOf(ids[1]));
      // Not of this thread, so nothing tells the id, and the object counts as foreign.
      await replaceObject(ids[2], "corrupt", metadataOf(ids[3]));
      const { threads } = await store.listPage();
      expect(new Map(threads.map(({ id, corrupt }) => [id, corrupt]))).toEqual(
        new Map([
          [ids[0], true],
          [ids[1], true],
          [ids[3], false],
        ]),
      );
      expect(await store.delete(ids[0] ?? "")).toBe(true);
      await store.close();
    });

    test("can have several megabytes", async () => {
      const { store } = open();
      const saved = await store.save("large", { text: "é".repeat(3_000_000) });
      expect((await store.load("large"))?.json).toBe(saved.json);
      await store.close();
    });

    test("of more than 1000 threads are listed in pages of the service", async () => {
      const driver = s3Driver({ ...connectionTo(endpoint), bucket, prefix: newPrefix() });
      const ids = Array.from({ length: 1005 }, (_, n) => `thread-${String(n).padStart(4, "0")}`);
      for (let start = 0; start < ids.length; start += 50) {
        const batch = ids.slice(start, start + 50);
        await Promise.all(
          batch.map((id) => driver.write({ namespace: "", id }, record(id), undefined, driverOptions)),
        );
      }
      const first = await driver.list("", { ...ALL_BY_ID, limit: 1000 }, driverOptions);
      expect(first.records.map(({ id }) => id)).toEqual(ids.slice(0, 1000));
      expect(first.next).toBe("thread-0999");
      const second = await driver.list("", { ...ALL_BY_ID, after: first.next, limit: 1000 }, driverOptions);
      expect(second.records.map(({ id }) => id)).toEqual(ids.slice(1000));
      expect(second.next).toBeUndefined();
      await driver.close();
    });
  });

  describe("clients", () => {
    test("of the caller stay open", async () => {
      const callersClient = createClient(endpoint);
      const store = s3Store({ client: callersClient, bucket });
      await store.save("a", {}, { overwrite: true });
      await store.close();
      const object = { Bucket: bucket, Key: "threadstore/!root/a" };
      const head = await callersClient.send(new HeadObjectCommand(object));
      expect(head).toMatchObject({ ContentType: "application/json" });
      callersClient.destroy();
    });

    test("with the SDK's default checksums work", async () => {
      const callersClient = createClient(endpoint);
      const driver = s3Driver({ client: callersClient, bucket, prefix: newPrefix() });
      await driver.write({ namespace: "", id: "a" }, record("text"), undefined, driverOptions);
      expect(await readText(driver, "a")).toBe("text");
      await driver.close();
      callersClient.destroy();
    });

    test("of the store do not keep the process alive after close", async () => {
      const program = `
        import { s3Store } from ${JSON.stringify(new URL("s3-store.ts", import.meta.url).href)};
        const store = s3Store(${JSON.stringify({ ...connectionTo(endpoint), bucket, prefix: newPrefix() })});
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
