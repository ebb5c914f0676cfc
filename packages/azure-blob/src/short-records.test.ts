import type { ContainerClient } from "@azure/storage-blob";
import { httpRequest } from "@threadstore/conformance/fault-proxy";
import type { Version } from "@threadstore/core";
import { ALL_BY_ID, type AsyncThreadDriver } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  driverOptions,
  newAppendBlob,
  newContainer,
  type ProxiedContainer,
  proxyTo,
  record,
} from "./azurite.test-helper.ts";
import { SHORT_RECORD_MAX_BYTES } from "./blob-state.ts";
import { wholeRecordBlock } from "./blocks.ts";
import { azureBlobDriver, azureBlobStore } from "./index.ts";

const key = { namespace: "", id: "thread" };
const name = "~/thread";
const long = "x".repeat(SHORT_RECORD_MAX_BYTES);

await describeWithService("azurite", "short records", ({ connectionString }) => {
  let direct: ContainerClient;
  let proxy: ProxiedContainer;
  let driver: AsyncThreadDriver;
  let other: AsyncThreadDriver;

  beforeAll(async () => {
    direct = await newContainer(connectionString);
    proxy = await proxyTo(direct);
    driver = azureBlobDriver({ container: proxy.container });
    other = azureBlobDriver({ container: direct });
  });
  afterAll(() => proxy.close());
  afterEach(() => direct.deleteBlob(name, { deleteSnapshots: "include" }).catch(() => undefined));

  async function stored(): Promise<{ version: Version | undefined; text: string | undefined }> {
    const { version, bytes } = (await other.read(key, undefined, driverOptions)) ?? {};
    return { version, text: bytes && Buffer.from(bytes).toString() };
  }
  function save(client: AsyncThreadDriver, text: string, version?: Version): Promise<Version | undefined> {
    return client.write(key, record(text), version, driverOptions);
  }

  test("are the metadata of an empty blob, which also have the id if the name does not", async () => {
    const id = "i".repeat(512);
    const store = azureBlobStore({ container: direct, prefix: "hashed" });
    await store.save(id, { text: "é".repeat(2000) });
    const [blob] = (await direct.listBlobsFlat({ prefix: "hashed/", includeMetadata: true }).byPage().next())
      .value.segment.blobItems;
    expect(blob.properties).toMatchObject({ contentLength: 0, blobType: "AppendBlob" });
    expect(Buffer.from(blob.metadata.threadstoreid, "base64url").toString()).toBe(id);
    const json = Buffer.from(blob.metadata.threadstorerecord, "base64url").toString();
    expect(JSON.parse(json)).toMatchObject({ thread: { text: "é".repeat(2000) } });
    expect((await store.listPage()).threads).toMatchObject([{ id, corrupt: false }]);
    // The most that Azure accepts, with a record of the maximum length.
    const longest = record("r".repeat(SHORT_RECORD_MAX_BYTES - 1));
    await driver.write({ namespace: "", id }, longest, undefined, driverOptions);
    const [item] = (await direct.listBlobsFlat({ prefix: "~/", includeMetadata: true }).byPage().next()).value
      .segment.blobItems;
    const length = Object.entries<string>(item.metadata).flat().join("").length;
    expect(length).toBeGreaterThan(8000);
    expect(length).toBeLessThanOrEqual(8192);
    await direct.deleteBlob(item.name);
  });

  test("that earlier versions wrote as a block are read, appended to and replaced", async () => {
    const store = azureBlobStore({ container: direct });
    await store.save("thread", { messages: [1] });
    const { text = "" } = await stored();
    await direct.deleteBlob(name);
    await newAppendBlob(direct, name, wholeRecordBlock(Buffer.from(text)));
    expect((await store.listPage()).threads).toMatchObject([{ id: "thread", corrupt: false }]);
    await store.append("thread", [2]);
    const loaded = await store.load("thread");
    expect(loaded?.thread).toEqual({ messages: [1, 2] });
    expect((await direct.getBlobClient(name).getProperties()).contentLength).toBeGreaterThan(0);
    await store.save("thread", { messages: [3] }, { previous: loaded });
    expect((await direct.getBlobClient(name).getProperties()).contentLength).toBe(0);
    expect((await store.load("thread"))?.thread).toEqual({ messages: [3] });
  });

  test("use the empty blob of an interrupted create, for one of two clients", async () => {
    await direct.getAppendBlobClient(name).create();
    const results = await Promise.all([save(driver, "a"), save(other, "b")]);
    expect(results.filter((each) => each === undefined)).toHaveLength(1);
    expect(await stored()).toEqual({
      version: results.find((each) => each !== undefined),
      text: results[0] === undefined ? "b}" : "a}",
    });
    expect(await save(driver, "c")).toBeUndefined();
  });

  test("replace a blob whose rewrite was interrupted", async () => {
    const first = await save(driver, long);
    proxy.arm({ type: "cutRequest", when: httpRequest({ path: /comp=appendblock/u }) });
    await expect(save(driver, `${long}2`, first)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await stored()).toEqual({ version: first, text: `${long}}` });
    const version = await save(driver, "short", first);
    expect(await stored()).toEqual({ version, text: "short}" });
    expect(await save(other, "late", first)).toBeUndefined();
    for await (const { snapshot } of direct.listBlobsFlat({ includeSnapshots: true }))
      expect(snapshot).toBeFalsy();
    expect(await driver.delete(key, version ?? "", driverOptions)).toBe(true);
  });

  describe.each([
    ["cutRequest", false],
    ["discardResponse", true],
  ] as const)("whose request fails with %s", (type, isApplied) => {
    test.each([
      ["a short record", "old"],
      ["a long record", long],
    ])("are stored instead of %s, or are not", async (_, old) => {
      const before = await save(driver, old);
      proxy.arm({ type, when: httpRequest({ method: "PUT" }) });
      await expect(save(driver, "new", before)).rejects.toMatchObject({
        code: "UNAVAILABLE",
        effect: "unknown",
      });
      const { version, text } = await stored();
      expect(text).toBe(isApplied ? "new}" : `${old}}`);
      expect(version === before).toBe(!isApplied);
      expect(await save(other, "next", version)).toBeDefined();
      expect(await save(driver, "late", version)).toBeUndefined();
    });
  });

  test("and long ones replace one another for one of several clients, and readers see only complete ones", async () => {
    let version = await save(driver, "start");
    const textByVersion = new Map([[version, "start}"]]);
    const observations: Awaited<ReturnType<typeof stored>>[] = [];
    const reading = async (): Promise<void> => {
      while (textByVersion.size < 31) {
        observations.push(await stored());
        const { records } = await other.list("", { ...ALL_BY_ID, limit: 10 }, driverOptions);
        expect(records).toHaveLength(1);
      }
    };
    const writing = async (): Promise<void> => {
      for (let round = 0; round < 30; round += 1) {
        const texts = ["a", `${long}b`, "c", `${long}d`].map((text) => `${text}${round}`);
        const expected = version;
        const results = await Promise.all(
          texts.map((text, index) => save(index % 2 === 0 ? other : driver, text, expected)),
        );
        expect(results.filter((each) => each !== undefined)).toHaveLength(1);
        const winner = results.findIndex((each) => each !== undefined);
        version = results[winner];
        textByVersion.set(version, `${texts[winner]}}`);
      }
    };
    await Promise.all([writing(), reading(), reading()]);
    expect(observations.length).toBeGreaterThan(10);
    for (const { version: seen, text } of observations) expect(textByVersion.get(seen)).toBe(text);
  });
});
