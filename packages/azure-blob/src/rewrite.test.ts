import type { ContainerClient } from "@azure/storage-blob";
import { httpRequest, type RequestMatcher } from "@threadstore/conformance/fault-proxy";
import type { ThreadDriver, Version } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  newAppendBlob,
  newContainer,
  options,
  type ProxiedContainer,
  proxied,
  record,
} from "./azurite.test-helper.ts";
import { azureBlobDriver, azureBlobStore } from "./index.ts";
import { WASTE_MAX_BYTES } from "./write.ts";

const key = { namespace: "", id: "thread" };
const name = "~/thread";
const page = { after: undefined, limit: 10 };

await describeWithService("azurite", "a blob", ({ connectionString }) => {
  let direct: ContainerClient;
  let proxy: ProxiedContainer;
  let driver: ThreadDriver;
  let other: ThreadDriver;

  beforeAll(async () => {
    direct = await newContainer(connectionString);
    proxy = await proxied(direct);
    driver = azureBlobDriver({ container: proxy.container });
    other = azureBlobDriver({ container: direct });
  });
  afterAll(() => proxy.close());
  afterEach(() => direct.deleteBlob(name, { deleteSnapshots: "include" }).catch(() => undefined));

  async function textOf(by: ThreadDriver = other): Promise<string | undefined> {
    const found = await by.read(key, undefined, options);
    return found?.bytes && Buffer.from(found.bytes).toString();
  }
  async function snapshots(): Promise<number> {
    let count = 0;
    for await (const { snapshot } of direct.listBlobsFlat({ includeSnapshots: true }))
      count += snapshot ? 1 : 0;
    return count;
  }
  async function create(text: string): Promise<Version> {
    return (await driver.write(key, record(text), undefined, options)) ?? "";
  }
  async function listed(): Promise<{ version: Version; end: string }[]> {
    const { records } = await other.list("", page, options);
    return records.map(({ version, tail }) => ({ version, end: Buffer.from(tail).toString().slice(-2) }));
  }

  describe("that is created", () => {
    test("is nothing while it is empty, and taken over by who creates it then", async () => {
      const lost = proxy.arm({ type: "cutRequest", when: httpRequest({ path: /comp=appendblock/u }) });
      const error: unknown = await driver
        .write(key, record("lost"), undefined, options)
        .catch((thrown) => thrown);
      expect(driver.explain?.(error)).toMatchObject({ code: "UNAVAILABLE", applied: "unknown" });
      expect(lost.strikes).toBe(1);
      expect(await textOf()).toBeUndefined();
      expect(await listed()).toEqual([]);
      expect(await other.delete(key, "0x1+0", options)).toBe(false);
      const version = await other.write(key, record("next"), undefined, options);
      expect(await textOf()).toBe("next}");
      expect(await listed()).toEqual([{ version, end: "t}" }]);
    });

    test("is not decided by its first request: a failure there changed nothing", async () => {
      proxy.arm({ type: "discardAnswer", when: httpRequest({ method: "PUT" }) });
      const error: unknown = await driver
        .write(key, record("x"), undefined, options)
        .catch((thrown) => thrown);
      expect(driver.explain?.(error)).toMatchObject({ code: "UNAVAILABLE", applied: "no" });
      const store = azureBlobStore({ container: proxy.container });
      proxy.arm({ type: "discardAnswer", when: httpRequest({ method: "PUT" }) });
      await store.save("thread", { n: 1 });
      expect((await store.load("thread"))?.thread).toEqual({ n: 1 });
    });

    test("goes to one of two who both found it empty", async () => {
      await direct.getAppendBlobClient(name).create();
      const results = await Promise.all([
        driver.write(key, record("a"), undefined, options),
        other.write(key, record("b"), undefined, options),
      ]);
      expect(results.filter((each) => each === undefined)).toHaveLength(1);
      expect(await textOf()).toBe(results[0] === undefined ? "b}" : "a}");
    });
  });

  describe("that holds more waste than record", () => {
    // Behind it there is room for one more block.
    const large = "x".repeat(WASTE_MAX_BYTES - 66);
    const small = "y";
    let wasteful: Version;

    beforeEach(async () => {
      const first = await create(`[${large}`);
      wasteful = (await driver.write(key, record(`[${small}`, 1), first, options)) ?? "";
    });

    test("is written anew by the next save, and nothing is left over", async () => {
      const requests = proxy.watchRequests();
      const version = await driver.write(key, record("[yz", 2), wasteful, options);
      expect(requests).toEqual([
        `PUT /${name}?comp=snapshot`,
        `PUT /${name}`,
        `PUT /${name}?comp=appendblock`,
        expect.stringMatching(/^DELETE .*snapshot=/u),
      ]);
      expect(await textOf()).toBe("[yz}");
      expect(await listed()).toEqual([{ version, end: "z}" }]);
      expect((await direct.getBlobClient(name).getProperties()).contentLength).toBe(26);
      expect(await snapshots()).toBe(0);
      expect(await driver.write(key, record("[yz!", 3), wasteful, options)).toBeUndefined();
      expect(await driver.write(key, record("[yz!", 3), version, options)).toBeDefined();
    });

    const steps: readonly (readonly [string, RequestMatcher])[] = [
      ["the snapshot", httpRequest({ path: /comp=snapshot/u })],
      ["the emptying", ({ http }) => http?.method === "PUT" && !http.target.includes("?")],
      ["the block", httpRequest({ path: /comp=appendblock/u })],
      ["the removal of the snapshot", httpRequest({ method: "DELETE" })],
    ];
    const faults = [
      ["is not sent", "cutRequest"],
      ["is sent and its answer lost", "discardAnswer"],
    ] as const;
    const places = steps.flatMap(([step, when], index) =>
      faults.map(([title, type]) => ({
        step,
        title,
        when,
        type,
        isDone: index * 2 + (type === "cutRequest" ? 0 : 1) >= 5,
      })),
    );

    describe.each(places)("and whose rewriter dies when $step $title", ({ step, when, type, isDone }) => {
      let now: Version;
      let error: unknown;
      beforeEach(async () => {
        proxy.arm({ type, when });
        error = await driver
          .write(key, record("[yz", 2), wasteful, options)
          .catch((thrown: unknown) => thrown);
        now = (await other.read(key, undefined, options))?.version ?? "";
      });

      test("is told whether the save may be there", () => {
        const applied = isDone || step === "the block" ? "unknown" : "no";
        expect(driver.explain?.(error)).toMatchObject({ code: "UNAVAILABLE", applied });
      });

      test("has the old record and version, or the new ones", async () => {
        const end = isDone ? "[yz}" : `[${small}}`;
        expect(await textOf()).toBe(end);
        expect(await listed()).toEqual([{ version: now, end: end.slice(-2) }]);
        expect(now === wasteful).toBe(!isDone);
        expect(await other.read(key, now, options)).toEqual({ version: now, bytes: undefined });
      });

      test("is saved by another at that version, once", async () => {
        const results = await Promise.all([
          other.write(key, record("[1", 1), now, options),
          driver.write(key, record("[2", 1), now, options),
        ]);
        expect(results.filter((each) => each === undefined)).toHaveLength(1);
        expect(await textOf()).toBe(results[0] === undefined ? "[2}" : "[1}");
      });

      test("is deleted at that version alone", async () => {
        expect(await other.delete(key, wasteful, options)).toBe(!isDone);
        expect(await other.delete(key, now, options)).toBe(isDone);
        expect(await textOf()).toBeUndefined();
        expect(await listed()).toEqual([]);
        expect(await snapshots()).toBe(0);
      });

      test("cannot be created", async () => {
        expect(await other.write(key, record("new"), undefined, options)).toBeUndefined();
      });

      test("is resolved by core, which tries again", async () => {
        const store = azureBlobStore({ container: proxy.container });
        await other.delete(key, now, options);
        const first = await store.save("thread", { text: large });
        const second = await store.save("thread", { n: 2 }, { previous: first });
        const fault = proxy.arm({ type, when });
        const third = await store.save("thread", { n: 3 }, { previous: second });
        expect(fault.strikes).toBe(1);
        expect(await azureBlobStore({ container: direct }).load("thread")).toMatchObject({
          version: third.version,
          json: '{"n":3}',
        });
        await store.save("thread", { n: 4 }, { previous: third });
      });
    });

    describe.each(
      [["the look", httpRequest({ method: "HEAD" })] as const, ...steps.slice(2)].flatMap(([step, when]) =>
        faults.map(([title, type]) => ({ step, title, when, type })),
      ),
    )("that another finds emptied, who dies when $step $title", ({ step, when, type }) => {
      const isDone =
        step === "the removal of the snapshot" || (step === "the block" && type === "discardAnswer");
      let error: unknown;
      let strikes: number;
      beforeEach(async () => {
        proxy.arm({ type: "cutRequest", when: httpRequest({ path: /comp=appendblock/u }) });
        await driver.write(key, record("[lost", 1), wasteful, options).catch(() => undefined);
        const fault = proxy.arm({ type, when });
        error = await driver
          .write(key, record("[yz", 2), wasteful, options)
          .catch((thrown: unknown) => thrown);
        ({ strikes } = fault);
      });

      test("is told whether the save may be there, and has the old record and version, or the new ones", async () => {
        expect(strikes).toBe(1);
        const applied = step === "the look" ? "no" : "unknown";
        expect(driver.explain?.(error)).toMatchObject({ code: "UNAVAILABLE", applied });
        expect(await textOf()).toBe(isDone ? "[yz}" : `[${small}}`);
        const now = (await other.read(key, undefined, options))?.version ?? "";
        expect(now === wasteful).toBe(!isDone);
        expect(await listed()).toEqual([{ version: now, end: isDone ? "z}" : "y}" }]);
      });

      test("is saved by a third at that version, once, and deleted", async () => {
        const now = (await other.read(key, undefined, options))?.version ?? "";
        const results = await Promise.all(
          ["[1", "[2"].map((text) => other.write(key, record(text, 1), now, options)),
        );
        expect(results.filter((each) => each === undefined)).toHaveLength(1);
        const version = results.find((each) => each !== undefined) ?? "";
        expect(await textOf()).toBe(results[0] === undefined ? "[2}" : "[1}");
        expect(await other.delete(key, version, options)).toBe(true);
        expect(await snapshots()).toBe(0);
      });
    });

    test("of whom two write it anew has the record of one", async () => {
      for (let round = 0; round < 10; round += 1) {
        const results = await Promise.all(
          ["a", "b", "c", "d"].map((text, index) =>
            (index % 2 === 0 ? other : driver).write(key, record(text), wasteful, options),
          ),
        );
        const winner = results.findIndex((each) => each !== undefined);
        expect(results.filter((each) => each !== undefined)).toHaveLength(1);
        expect(await textOf()).toBe(`${"abcd"[winner]}}`);
        expect((await other.read(key, undefined, options))?.version).toBe(results[winner]);
        wasteful = results[winner] ?? "";
      }
    });

    test("never looks like anything but one record or the other while it is written anew", async () => {
      let version = wasteful;
      const known = new Map([[wasteful, `[${small}}`]]);
      let reads = 0;
      const writing = (async () => {
        for (let round = 0; round < 30; round += 1) {
          // Nothing unchanged: each is written anew.
          version = (await driver.write(key, record(`round ${round}`), version, options)) ?? "";
          known.set(version, `round ${round}}`);
        }
      })();
      const seen: (readonly [Version, string])[] = [];
      const reading = async (): Promise<void> => {
        while (known.size < 31) {
          const found = await other.read(key, undefined, options);
          seen.push([
            found?.version ?? "",
            found?.bytes === undefined ? "" : Buffer.from(found.bytes).toString(),
          ]);
          const [entry] = await listed();
          seen.push([entry?.version ?? "", entry?.end ?? ""]);
          reads += 1;
        }
      };
      await Promise.all([writing, reading(), reading()]);
      expect(reads).toBeGreaterThan(10);
      for (const [at, text] of seen) expect(known.get(at)?.slice(-text.length)).toBe(text);
    });
  });

  test("with as many blocks as Azure takes is written anew", async () => {
    const first = await create("[a");
    proxy.arm({
      type: "answerHttp",
      status: 409,
      headers: { "x-ms-error-code": "BlockCountExceedsLimit" },
      when: httpRequest({ path: /comp=appendblock/u }),
    });
    const second = await driver.write(key, record("[ab", 2), first, options);
    expect(second).toBeDefined();
    expect(await textOf()).toBe("[ab}");
    expect((await direct.getBlobClient(name).getProperties()).blobCommittedBlockCount).toBe(1);
  });

  test("that a backup brought back as a block blob is read, replaced and deleted", async () => {
    await direct.uploadBlockBlob(name, "old}", 4);
    const found = await driver.read(key, undefined, options);
    expect(Buffer.from(found?.bytes ?? "").toString()).toBe("old}");
    expect(await listed()).toEqual([{ version: found?.version, end: "d}" }]);
    expect(await driver.write(key, record("new"), undefined, options)).toBeUndefined();
    const replaced = await driver.write(key, record("older", 3), found?.version, options);
    expect(await driver.write(key, record("older", 3), found?.version, options)).toBeUndefined();
    expect(await driver.delete(key, found?.version ?? "", options)).toBe(false);
    expect(await textOf()).toBe("older}");
    expect((await direct.getBlobClient(name).getProperties()).blobType).toBe("BlockBlob");
    expect(await driver.delete(key, replaced ?? "", options)).toBe(true);
    expect(await textOf()).toBeUndefined();
  });

  test("whose content is damaged is left so by a listing and a load, and replaced whole", async () => {
    await newAppendBlob(direct, name, Buffer.from('{"keep":0,"append":9}\nshort'));
    const found = await driver.read(key, undefined, options);
    expect(Buffer.from(found?.bytes ?? "").toString()).toBe('{"keep":0,"append":9}\nshort');
    const version = await driver.write(key, record("whole"), found?.version, options);
    expect(version).toBeDefined();
    expect(await textOf()).toBe("whole}");
  });

  test("whose snapshot somebody removed in the middle of a move is damaged, and not gone", async () => {
    const metadata = { threadstoresnapshot: "2026-01-01T00:00:00.0000000Z", threadstoreversion: "0x1+5" };
    await direct.getAppendBlobClient(name).create({ metadata });
    expect(await driver.read(key, undefined, options)).toEqual({ version: "0x1+5", bytes: Buffer.alloc(0) });
    expect(await driver.write(key, record("whole"), "0x1+5", options)).toBeDefined();
    expect(await textOf()).toBe("whole}");
  });

  test("that is not the store's is not in a listing", async () => {
    await create("mine");
    await direct.uploadBlockBlob("~/not%ours", "x", 1);
    await direct.uploadBlockBlob("~/", "x", 1);
    await direct.uploadBlockBlob("other", "x", 1);
    const { records, next } = await other.list("", { after: undefined, limit: 1 }, options);
    expect(records.map(({ id }) => id)).toEqual(["thread"]);
    expect(next).toBeUndefined();
    await Promise.all(["~/not%ours", "~/", "other"].map((foreign) => direct.deleteBlob(foreign)));
  });
});
