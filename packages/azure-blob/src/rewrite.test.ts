import type { ContainerClient } from "@azure/storage-blob";
import { httpRequest, type RequestMatcher } from "@threadstore/conformance/fault-proxy";
import type { Version } from "@threadstore/core";
import { ALL_BY_ID, type AsyncThreadDriver, type RecordToWrite } from "@threadstore/core/driver";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  driverOptions,
  newAppendBlob,
  newContainer,
  type ProxiedContainer,
  proxyTo,
  record as shortRecord,
} from "./azurite.test-helper.ts";
import { SHORT_RECORD_MAX_BYTES } from "./blob-state.ts";
import { azureBlobDriver, azureBlobStore } from "./index.ts";
import { WASTE_MAX_BYTES } from "./records.ts";

const key = { namespace: "", id: "thread" };
const name = "~/thread";
const page = { ...ALL_BY_ID, limit: 10 };

/** The beginning of each record, which is then too long for the metadata of its blob. */
const BEGINNING = "b".repeat(SHORT_RECORD_MAX_BYTES);

function record(payload: string, unchanged = 0): RecordToWrite {
  return shortRecord(`${BEGINNING}${payload}`, unchanged && BEGINNING.length + unchanged);
}

await describeWithService("azurite", "append blobs", ({ connectionString }) => {
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

  async function storedText(): Promise<string | undefined> {
    return payloadOf((await other.read(key, undefined, driverOptions))?.bytes);
  }
  /** Returns the bytes as text, without the beginning of each record. */
  function payloadOf(bytes: Uint8Array | undefined): string | undefined {
    const text = bytes && Buffer.from(bytes).toString();
    return text?.startsWith(BEGINNING) ? text.slice(BEGINNING.length) : text;
  }
  async function snapshotCount(): Promise<number> {
    let count = 0;
    for await (const { snapshot } of direct.listBlobsFlat({ includeSnapshots: true }))
      count += snapshot ? 1 : 0;
    return count;
  }
  async function create(text: string): Promise<Version> {
    return (await driver.write(key, record(text), undefined, driverOptions)) ?? "";
  }
  async function listing(): Promise<{ version: Version; end: string }[]> {
    const { records } = await other.list("", page, driverOptions);
    return records.map(({ version, tail }) => ({ version, end: Buffer.from(tail).toString().slice(-2) }));
  }

  test("of threads with long ids are listed with their ids, even if a record is corrupt", async () => {
    const store = azureBlobStore({ container: direct, prefix: "long" });
    const ids = ["1", "2", "3"].map((end) => `${"x".repeat(511)}${end}`);
    for (const id of ids) await store.save(id, { id });
    const [corruptId = "", rewrittenId = ""] = ids;
    const names = new Map<string, string>();
    for await (const { name: blobName, metadata } of direct.listBlobsFlat({
      prefix: "long/",
      includeMetadata: true,
    })) {
      names.set(Buffer.from(metadata?.["threadstoreid"] ?? "", "base64url").toString(), blobName);
    }
    expect([...names.keys()].toSorted()).toEqual(ids);
    await direct.getAppendBlobClient(names.get(corruptId) ?? "").appendBlock("corrupt", 7);
    // A rewrite replaces the metadata, too.
    let saved = await store.load(rewrittenId);
    for (const n of [1, 2, 3]) {
      saved = await store.save(rewrittenId, { n, text: "x".repeat(200_000) }, { previous: saved });
    }
    await direct.getAppendBlobClient(names.get(rewrittenId) ?? "").appendBlock("corrupt", 7);
    const { threads } = await store.listPage({ prefix: "x".repeat(511) });
    expect(new Map(threads.map(({ id, corrupt }) => [id, corrupt]))).toEqual(
      new Map(ids.map((id, index) => [id, index < 2])),
    );
    expect(await store.delete(corruptId)).toBe(true);
  });

  describe("a create", () => {
    test("that fails after its first request leaves an empty blob, which is not a thread and which the next create uses", async () => {
      const lost = proxy.arm({ type: "cutRequest", when: httpRequest({ path: /comp=appendblock/u }) });
      const error: unknown = await driver
        .write(key, record("lost"), undefined, driverOptions)
        .catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "UNAVAILABLE", effect: "unknown" });
      expect(lost.strikes).toBe(1);
      expect(await storedText()).toBeUndefined();
      expect(await listing()).toEqual([]);
      expect(await other.delete(key, "0x1+0", driverOptions)).toBe(false);
      const version = await other.write(key, record("next"), undefined, driverOptions);
      expect(await storedText()).toBe("next}");
      expect(await listing()).toEqual([{ version, end: "t}" }]);
    });

    test("whose first request fails has no effect", async () => {
      proxy.arm({ type: "discardResponse", when: httpRequest({ method: "PUT" }) });
      const error: unknown = await driver
        .write(key, record("x"), undefined, driverOptions)
        .catch((thrown) => thrown);
      expect(error).toMatchObject({ code: "UNAVAILABLE", effect: "none" });
      const store = azureBlobStore({ container: proxy.container });
      proxy.arm({ type: "discardResponse", when: httpRequest({ method: "PUT" }) });
      await store.save("thread", { text: BEGINNING });
      expect((await store.load("thread"))?.thread).toEqual({ text: BEGINNING });
    });

    test("succeeds for one of two clients that find the same empty blob", async () => {
      await direct.getAppendBlobClient(name).create();
      const results = await Promise.all([
        driver.write(key, record("a"), undefined, driverOptions),
        other.write(key, record("b"), undefined, driverOptions),
      ]);
      expect(results.filter((each) => each === undefined)).toHaveLength(1);
      expect(await storedText()).toBe(results[0] === undefined ? "b}" : "a}");
    });
  });

  describe("a blob with more waste than allowed", () => {
    // Leaves space for exactly one more block.
    const large = "x".repeat(WASTE_MAX_BYTES + BEGINNING.length - 70);
    const small = "y";
    let wasteful: Version;

    beforeEach(async () => {
      const first = await create(`[${large}`);
      wasteful = (await driver.write(key, record(`[${small}`, 1), first, driverOptions)) ?? "";
    });

    test("is rewritten by the next save, without remains", async () => {
      const requests = proxy.recordRequests();
      const version = await driver.write(key, record("[yz", 2), wasteful, driverOptions);
      expect(requests).toEqual([
        `PUT /${name}?comp=snapshot`,
        `PUT /${name}`,
        `PUT /${name}?comp=appendblock`,
        expect.stringMatching(/^DELETE .*snapshot=/u),
      ]);
      expect(await storedText()).toBe("[yz}");
      expect(await listing()).toEqual([{ version, end: "z}" }]);
      expect((await direct.getBlobClient(name).getProperties()).contentLength).toBe(BEGINNING.length + 29);
      expect(await snapshotCount()).toBe(0);
      expect(await driver.write(key, record("[yz!", 3), wasteful, driverOptions)).toBeUndefined();
      expect(await driver.write(key, record("[yz!", 3), version, driverOptions)).toBeDefined();
    });

    const STEPS: readonly (readonly [string, RequestMatcher])[] = [
      ["the snapshot", httpRequest({ path: /comp=snapshot/u })],
      [
        "the request that empties the blob",
        ({ http }) => http?.method === "PUT" && !http.target.includes("?"),
      ],
      ["the append", httpRequest({ path: /comp=appendblock/u })],
      ["the deletion of the snapshot", httpRequest({ method: "DELETE" })],
    ];
    const FAULTS = [
      ["is lost", "cutRequest"],
      ["is applied but its response lost", "discardResponse"],
    ] as const;
    const interruptions = STEPS.flatMap(([step, when], index) =>
      FAULTS.map(([title, type]) => ({
        step,
        title,
        when,
        type,
        isApplied: index * 2 + (type === "cutRequest" ? 0 : 1) >= 5,
      })),
    );

    describe.each(interruptions)(
      "whose rewrite fails because $step $title",
      ({ step, when, type, isApplied }) => {
        let currentVersion: Version;
        let error: unknown;
        beforeEach(async () => {
          proxy.arm({ type, when });
          error = await driver
            .write(key, record("[yz", 2), wasteful, driverOptions)
            .catch((thrown: unknown) => thrown);
          currentVersion = (await other.read(key, undefined, driverOptions))?.version ?? "";
        });

        test("rejects with the effect of the save", () => {
          const effect = isApplied || step === "the append" ? "unknown" : "none";
          expect(error).toMatchObject({ code: "UNAVAILABLE", effect });
        });

        test("holds the old record and version, or the new ones", async () => {
          const end = isApplied ? "[yz}" : `[${small}}`;
          expect(await storedText()).toBe(end);
          expect(await listing()).toEqual([{ version: currentVersion, end: end.slice(-2) }]);
          expect(currentVersion === wasteful).toBe(!isApplied);
          expect(await other.read(key, currentVersion, driverOptions)).toEqual({
            version: currentVersion,
            bytes: undefined,
          });
        });

        test("can be saved at that version by one of two clients", async () => {
          const results = await Promise.all([
            other.write(key, record("[1", 1), currentVersion, driverOptions),
            driver.write(key, record("[2", 1), currentVersion, driverOptions),
          ]);
          expect(results.filter((each) => each === undefined)).toHaveLength(1);
          expect(await storedText()).toBe(results[0] === undefined ? "[2}" : "[1}");
        });

        test("can be deleted at that version only", async () => {
          expect(await other.delete(key, wasteful, driverOptions)).toBe(!isApplied);
          expect(await other.delete(key, currentVersion, driverOptions)).toBe(isApplied);
          expect(await storedText()).toBeUndefined();
          expect(await listing()).toEqual([]);
          expect(await snapshotCount()).toBe(0);
        });

        test("cannot be created", async () => {
          expect(await other.write(key, record("new"), undefined, driverOptions)).toBeUndefined();
        });

        test("is completed by core's retry", async () => {
          const store = azureBlobStore({ container: proxy.container });
          await other.delete(key, currentVersion, driverOptions);
          const first = await store.save("thread", { text: large });
          const second = await store.save("thread", { text: BEGINNING }, { previous: first });
          const fault = proxy.arm({ type, when });
          const third = await store.save("thread", { text: `${BEGINNING}3` }, { previous: second });
          expect(fault.strikes).toBe(1);
          expect(await azureBlobStore({ container: direct }).load("thread")).toMatchObject({
            version: third.version,
            thread: { text: `${BEGINNING}3` },
          });
          await store.save("thread", { text: `${BEGINNING}4` }, { previous: third });
        });
      },
    );

    describe.each(
      [["the request for its state", httpRequest({ method: "HEAD" })] as const, ...STEPS.slice(2)].flatMap(
        ([step, when]) => FAULTS.map(([title, type]) => ({ step, title, when, type })),
      ),
    )(
      "that a second client finds emptied and fails to complete because $step $title",
      ({ step, when, type }) => {
        const isApplied =
          step === "the deletion of the snapshot" || (step === "the append" && type === "discardResponse");
        let error: unknown;
        let strikes: number;
        beforeEach(async () => {
          proxy.arm({ type: "cutRequest", when: httpRequest({ path: /comp=appendblock/u }) });
          await driver.write(key, record("[lost", 1), wasteful, driverOptions).catch(() => undefined);
          const fault = proxy.arm({ type, when });
          error = await driver
            .write(key, record("[yz", 2), wasteful, driverOptions)
            .catch((thrown: unknown) => thrown);
          ({ strikes } = fault);
        });

        test("rejects with the effect of the save, and holds the old record and version, or the new ones", async () => {
          expect(strikes).toBe(1);
          const effect = step === "the request for its state" ? "none" : "unknown";
          expect(error).toMatchObject({ code: "UNAVAILABLE", effect });
          expect(await storedText()).toBe(isApplied ? "[yz}" : `[${small}}`);
          const currentVersion = (await other.read(key, undefined, driverOptions))?.version ?? "";
          expect(currentVersion === wasteful).toBe(!isApplied);
          expect(await listing()).toEqual([{ version: currentVersion, end: isApplied ? "z}" : "y}" }]);
        });

        test("can be saved at that version by one of two clients, and deleted", async () => {
          const currentVersion = (await other.read(key, undefined, driverOptions))?.version ?? "";
          const results = await Promise.all(
            ["[1", "[2"].map((text) => other.write(key, record(text, 1), currentVersion, driverOptions)),
          );
          expect(results.filter((each) => each === undefined)).toHaveLength(1);
          const version = results.find((each) => each !== undefined) ?? "";
          expect(await storedText()).toBe(results[0] === undefined ? "[2}" : "[1}");
          expect(await other.delete(key, version, driverOptions)).toBe(true);
          expect(await snapshotCount()).toBe(0);
        });
      },
    );

    test("that several clients rewrite at once holds the record of the only one that succeeds", async () => {
      for (let round = 0; round < 10; round += 1) {
        const results = await Promise.all(
          ["a", "b", "c", "d"].map((text, index) =>
            (index % 2 === 0 ? other : driver).write(key, record(text), wasteful, driverOptions),
          ),
        );
        const winner = results.findIndex((each) => each !== undefined);
        expect(results.filter((each) => each !== undefined)).toHaveLength(1);
        expect(await storedText()).toBe(`${"abcd"[winner]}}`);
        expect((await other.read(key, undefined, driverOptions))?.version).toBe(results[winner]);
        wasteful = results[winner] ?? "";
      }
    });

    test("never shows anything but a complete record while it is rewritten", async () => {
      let version = wasteful;
      const textByVersion = new Map([[wasteful, `[${small}}`]]);
      let reads = 0;
      const writing = (async () => {
        for (let round = 0; round < 30; round += 1) {
          // Nothing is unchanged, so every save is a rewrite.
          version = (await driver.write(key, record(`round ${round}`), version, driverOptions)) ?? "";
          textByVersion.set(version, `round ${round}}`);
        }
      })();
      const observations: (readonly [Version, string])[] = [];
      const reading = async (): Promise<void> => {
        while (textByVersion.size < 31) {
          const stored = await other.read(key, undefined, driverOptions);
          observations.push([stored?.version ?? "", payloadOf(stored?.bytes) ?? ""]);
          const [entry] = await listing();
          observations.push([entry?.version ?? "", entry?.end ?? ""]);
          reads += 1;
        }
      };
      await Promise.all([writing, reading(), reading()]);
      expect(reads).toBeGreaterThan(10);
      for (const [seenVersion, text] of observations)
        expect(textByVersion.get(seenVersion)?.slice(-text.length)).toBe(text);
    });
  });

  test("a blob with the maximum number of blocks is rewritten", async () => {
    const first = await create("[a");
    proxy.arm({
      type: "respondHttp",
      status: 409,
      headers: { "x-ms-error-code": "BlockCountExceedsLimit" },
      when: httpRequest({ path: /comp=appendblock/u }),
    });
    const second = await driver.write(key, record("[ab", 2), first, driverOptions);
    expect(second).toBeDefined();
    expect(await storedText()).toBe("[ab}");
    expect((await direct.getBlobClient(name).getProperties()).blobCommittedBlockCount).toBe(1);
  });

  test("a block blob, as restoring a backup may create, can be read, replaced and deleted", async () => {
    await direct.uploadBlockBlob(name, "old}", 4);
    const stored = await driver.read(key, undefined, driverOptions);
    expect(Buffer.from(stored?.bytes ?? "").toString()).toBe("old}");
    expect(await listing()).toEqual([{ version: stored?.version, end: "d}" }]);
    expect(await driver.write(key, record("new"), undefined, driverOptions)).toBeUndefined();
    const replaced = await driver.write(key, record("older", 3), stored?.version, driverOptions);
    expect(await driver.write(key, record("older", 3), stored?.version, driverOptions)).toBeUndefined();
    expect(await driver.delete(key, stored?.version ?? "", driverOptions)).toBe(false);
    expect(await storedText()).toBe("older}");
    expect((await direct.getBlobClient(name).getProperties()).blobType).toBe("BlockBlob");
    expect(await driver.delete(key, replaced ?? "", driverOptions)).toBe(true);
    expect(await storedText()).toBeUndefined();
  });

  test("a corrupt blob is read as it is, and can be replaced", async () => {
    await newAppendBlob(direct, name, Buffer.from('{"keep":0,"append":9}\nshort'));
    const stored = await driver.read(key, undefined, driverOptions);
    expect(Buffer.from(stored?.bytes ?? "").toString()).toBe('{"keep":0,"append":9}\nshort');
    const version = await driver.write(key, record("whole"), stored?.version, driverOptions);
    expect(version).toBeDefined();
    expect(await storedText()).toBe("whole}");
  });

  test("an emptied blob whose snapshot was deleted is corrupt, and does not look missing", async () => {
    const metadata = { threadstoresnapshot: "2026-01-01T00:00:00.0000000Z", threadstoreversion: "0x1+5" };
    await direct.getAppendBlobClient(name).create({ metadata });
    expect(await driver.read(key, undefined, driverOptions)).toEqual({
      version: "0x1+5",
      bytes: Buffer.alloc(0),
    });
    expect(await driver.write(key, record("whole"), "0x1+5", driverOptions)).toBeDefined();
    expect(await storedText()).toBe("whole}");
  });

  test("a blob that the store did not create is not listed", async () => {
    await create("mine");
    await direct.uploadBlockBlob("~/not%encoded", "x", 1);
    await direct.uploadBlockBlob("~/", "x", 1);
    await direct.uploadBlockBlob("other", "x", 1);
    const { records, next } = await other.list("", { ...ALL_BY_ID, limit: 1 }, driverOptions);
    expect(records.map(({ id }) => id)).toEqual(["thread"]);
    expect(next).toBeUndefined();
    await Promise.all(["~/not%encoded", "~/", "other"].map((foreign) => direct.deleteBlob(foreign)));
  });
});
