import type { ContainerClient } from "@azure/storage-blob";
import { httpRequest, type RequestMatcher } from "@threadstore/conformance/fault-proxy";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { createThreadStore, type RecordPatch, type AsyncThreadDriver } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { driverOptions, newContainer, type ProxiedContainer, proxyTo } from "./azurite.test-helper.ts";
import { azureBlobDriver, azureBlobStore } from "./index.ts";
import { WASTE_MAX_BYTES } from "./records.ts";

const key = { namespace: "", id: "thread" };
const name = "~/thread";

await describeWithService("azurite", "the end of a blob", ({ connectionString }) => {
  let direct: ContainerClient;
  let proxy: ProxiedContainer;
  let driver: AsyncThreadDriver;
  let store: ThreadStore;
  let other: ThreadStore;

  beforeAll(async () => {
    direct = await newContainer(connectionString);
    proxy = await proxyTo(direct);
    driver = azureBlobDriver({ container: proxy.container });
    store = azureBlobStore({ container: proxy.container });
    other = azureBlobStore({ container: direct });
  });
  afterAll(() => proxy.close());
  afterEach(() => direct.deleteBlob(name, { deleteSnapshots: "include" }).catch(() => undefined));

  function messages(count: number): string[] {
    return Array.from({ length: count }, (_, index) => `${index} `.padEnd(200, "message "));
  }
  async function load(): Promise<StoredThread> {
    const stored = await azureBlobStore({ container: direct }).load("thread");
    if (stored === undefined) throw new Error("The thread is missing.");
    return stored;
  }
  async function blobLength(): Promise<number> {
    return (await direct.getBlobClient(name).getProperties()).contentLength ?? 0;
  }
  /** Returns the patch with which core would append to the thread. */
  async function nextPatch(): Promise<{ version: string; patch: RecordPatch }> {
    let captured: RecordPatch | undefined;
    const capturing: AsyncThreadDriver = {
      ...driver,
      patch: async (_key, patch, expectedVersion) => {
        captured = patch;
        return expectedVersion;
      },
    };
    const { version } = await createThreadStore(capturing).append("thread", ["late"]);
    if (captured === undefined) throw new Error("Nothing was appended.");
    return { version, patch: captured };
  }

  test("is appended to by several processes in turn, and follows saves of metadata alone", async () => {
    const saved = await store.save("thread", { messages: messages(500) });
    await store.save("thread", saved.thread, { previous: saved, metadata: { title: "T" } });
    const requests = proxy.recordRequests();
    await azureBlobStore({ container: proxy.container }).append("thread", ["a"]);
    expect(requests).toEqual([`HEAD /${name}`, `GET /${name}`, `PUT /${name}?comp=appendblock`]);
    await other.append("thread", ["b"]);
    await store.append("thread", ["c"]);
    const stored = await load();
    expect(stored.thread).toEqual({ messages: [...messages(500), "a", "b", "c"] });
    expect(stored.metadata).toEqual({ title: "T" });
  });

  test("gets longer and shorter by touches, which leave the thread as it is", async () => {
    const { json } = await store.save("thread", { messages: messages(500) });
    for (const length of [10, 20_000, 65_000, 0, 16_300, 5]) {
      const metadata = { summary: "s".repeat(length) };
      await store.touch("thread", { metadata });
      const stored = await load();
      expect(stored.json).toBe(json);
      expect(stored.metadata).toEqual(metadata);
    }
    await other.append("thread", ["a"]);
    expect((await load()).thread).toEqual({ messages: [...messages(500), "a"] });
  });

  test("loses no element to races", async () => {
    await store.save("thread", { messages: messages(500) });
    const added = Array.from({ length: 4 }, (_, writer) => [0, 1, 2, 3].map((n) => `${writer} ${n}`));
    await Promise.all(
      added.map(async (elements) => {
        const writer = azureBlobStore({ container: direct, maxRetries: 100 });
        for (const element of elements) await writer.append("thread", [element]);
      }),
    );
    const [...stored] = (await load()).thread["messages"] as string[];
    expect(stored.slice(500).toSorted()).toEqual(added.flat().toSorted());
  });

  test("is not replaced at another version, or after a delete", async () => {
    await store.save("thread", { messages: messages(500) });
    const { version, patch } = await nextPatch();
    await other.append("thread", ["a"]);
    expect(await driver.patch(key, patch, version, driverOptions)).toBeUndefined();
    expect((await load()).thread).toEqual({ messages: [...messages(500), "a"] });
    await other.delete("thread");
    expect(await driver.patch(key, patch, version, driverOptions)).toBeUndefined();
    expect(await driver.readTail(key, driverOptions)).toBeUndefined();
  });

  test("is read again if the blob changes between the two requests", async () => {
    await store.save("thread", { messages: messages(500) });
    const changed = httpRequest({ method: "GET" });
    proxy.arm({ type: "delay", milliseconds: 300, when: changed });
    const reading = driver.readTail(key, driverOptions);
    await other.append("thread", ["a"]);
    const tail = await reading;
    const current = await driver.readTail(key, driverOptions);
    expect(tail?.version).toBe(current?.version);
    expect(Buffer.from(tail?.tail ?? "").toString()).toContain(',"a"]}');
  });

  test("after many appends is that of a blob of at most twice the record and 256 KiB", async () => {
    await store.save("thread", { messages: [] }, { metadata: { text: "t".repeat(10_000) } });
    let longest = 0;
    for (let count = 0; count < 40; count += 1) {
      await other.append("thread", [count]);
      longest = Math.max(longest, await blobLength());
    }
    const stored = await load();
    expect(stored.thread["messages"]).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(longest).toBeGreaterThan(250_000);
    expect(longest).toBeLessThan(2 * (stored.size + 10_600) + WASTE_MAX_BYTES);
    expect(await blobLength()).toBeLessThan(longest);
  });

  test("of a thread with a hashed name is appended to, also by a rewrite, which keeps its id", async () => {
    const id = "x".repeat(512);
    await store.save(id, { messages: [] });
    for (const length of [65_000, 65_000, 65_000, 0]) {
      await store.touch(id, { metadata: { text: "t".repeat(length) } });
      await other.append(id, ["a"]);
    }
    expect((await other.load(id))?.thread).toEqual({ messages: ["a", "a", "a", "a"] });
    const blobs = direct.listBlobsFlat({ includeMetadata: true, prefix: "~/" });
    for await (const { metadata } of blobs) {
      expect(Buffer.from(metadata?.["threadstoreid"] ?? "", "base64url").toString()).toBe(id);
    }
    await other.delete(id);
  });

  test("of a block blob, as restoring a backup may create, is replaced with the blob", async () => {
    await store.save("thread", { messages: ["a"] });
    const stored = await driver.read(key, undefined, driverOptions);
    const bytes = Buffer.from(stored?.bytes ?? "");
    await direct.deleteBlob(name);
    await direct.uploadBlockBlob(name, bytes, bytes.length);
    await store.append("thread", ["b"]);
    await other.touch("thread", { metadata: { title: "T" } });
    expect((await load()).thread).toEqual({ messages: ["a", "b"] });
    expect((await direct.getBlobClient(name).getProperties()).blobType).toBe("BlockBlob");
  });

  test("that would be the 50,001st block is written with a whole blob", async () => {
    await store.save("thread", { messages: messages(50) });
    proxy.arm({
      type: "respondHttp",
      status: 409,
      headers: { "x-ms-error-code": "BlockCountExceedsLimit" },
      when: httpRequest({ path: /comp=appendblock/u }),
    });
    await store.append("thread", ["b"]);
    expect((await load()).thread).toEqual({ messages: [...messages(50), "b"] });
    expect((await direct.getBlobClient(name).getProperties()).blobCommittedBlockCount).toBe(1);
  });

  test("of a blob with corrupt blocks is not rewritten", async () => {
    await store.save("thread", { messages: messages(50) });
    const content = await direct.getBlobClient(name).downloadToBuffer();
    await direct.deleteBlob(name);
    const corrupt = Buffer.concat([content.subarray(0, 2000), content]);
    const blob = direct.getAppendBlobClient(name);
    await blob.create();
    await blob.appendBlock(corrupt, corrupt.length);
    const version = (await driver.read(key, undefined, driverOptions))?.version ?? "";
    const patch: RecordPatch = {
      keep: 10,
      bytes: Buffer.alloc(70),
      replaced: undefined,
      trailerLength: 6,
      nonce: "n",
      expiresAt: undefined,
      updatedAt: 0,
      changedMetadata: {},
    };
    // Longer than a blob with this patch may be.
    await blob.appendBlock("x".repeat(300_000), 300_000);
    const wasteful = (await driver.read(key, undefined, driverOptions))?.version ?? "";
    expect(await driver.patch(key, patch, version, driverOptions)).toBeUndefined();
    await expect(driver.patch(key, patch, wasteful, driverOptions)).rejects.toMatchObject({
      code: "CORRUPT",
      effect: "none",
    });
    expect(await blobLength()).toBe(corrupt.length + 300_000);
    await expect(store.append("thread", ["a"])).rejects.toMatchObject({ code: "CORRUPT" });
  });

  describe("while a rewrite is interrupted", () => {
    let previous: StoredThread;
    let emptiedLength: number;
    beforeEach(async () => {
      await store.save("thread", { messages: ["a"] });
      await store.touch("thread", { metadata: { text: "t".repeat(65_000) } });
      previous = await load();
      proxy.arm({ type: "cutRequest", when: httpRequest({ path: /comp=appendblock/u }) });
      const { version, patch } = await nextPatch();
      // Nothing is kept, so the save is a rewrite.
      const record = { ...patch, bytes: patch.bytes, unchanged: 0 };
      await driver.write(key, record, version, driverOptions).catch(() => undefined);
      emptiedLength = await blobLength();
    });

    test("can be read, and replaced at the version before the rewrite by one of two clients", async () => {
      expect(emptiedLength).toBe(0);
      const tail = await driver.readTail(key, driverOptions);
      expect(tail?.version).toBe(previous.version);
      expect((await load()).thread).toEqual({ messages: ["a"] });
      const { patch, version } = await nextPatch();
      const results = await Promise.all(
        [1, 2].map(() =>
          azureBlobDriver({ container: direct }).patch(
            key,
            { ...patch, replaced: undefined },
            version,
            driverOptions,
          ),
        ),
      );
      expect(results.filter((each) => each !== undefined)).toHaveLength(1);
      expect((await load()).thread).toEqual({ messages: ["a", "late"] });
    });

    const STEPS: readonly (readonly [string, RequestMatcher])[] = [
      ["the request for its state", httpRequest({ method: "HEAD" })],
      ["the append", httpRequest({ path: /comp=appendblock/u })],
      ["the deletion of the snapshot", httpRequest({ method: "DELETE" })],
    ];
    test.each(STEPS)("is appended to exactly once although the response to %s is lost", async (_, when) => {
      const fault = proxy.arm({ type: "discardResponse", when });
      await store.append("thread", ["b"], { key: "delivery" });
      expect(fault.strikes).toBe(1);
      expect((await load()).thread).toEqual({ messages: ["a", "b"] });
      const { appended } = await other.append("thread", ["b"], { key: "delivery" });
      expect(appended).toBe(false);
    });
  });
});
