import { setTimeout as wait } from "node:timers/promises";
import type { ContainerClient } from "@azure/storage-blob";
import { growThread } from "@threadstore/conformance";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newContainer, type ProxiedContainer, proxyTo } from "./azurite.test-helper.ts";
import { SHORT_RECORD_MAX_BYTES } from "./blob-state.ts";
import { azureBlobStore } from "./index.ts";
import { WASTE_MAX_BYTES } from "./records.ts";

await describeWithService("azurite", "costs", ({ connectionString }) => {
  let direct: ContainerClient;
  let proxy: ProxiedContainer;
  let store: ThreadStore;

  beforeEach(async () => {
    direct = await newContainer(connectionString);
    proxy = await proxyTo(direct);
    store = azureBlobStore({ container: proxy.container });
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
  });

  /** Resolves with the call's result, requests, and bytes sent and received. */
  async function costOf<T>(
    call: () => Promise<T>,
  ): Promise<{ result: T; requests: string[]; up: number; down: number }> {
    const { bytesUp, bytesDown } = proxy;
    const requests = proxy.recordRequests();
    const result = await call();
    return {
      result,
      requests: [...requests],
      up: proxy.bytesUp - bytesUp,
      down: proxy.bytesDown - bytesDown,
    };
  }

  describe("requests per call are as documented", () => {
    test.each([
      ["short", "", ["PUT /~/thread"], ["PUT /~/thread"], ["HEAD /~/thread"]],
      [
        "long",
        "x".repeat(SHORT_RECORD_MAX_BYTES),
        ["PUT /~/thread", "PUT /~/thread?comp=appendblock"],
        ["PUT /~/thread?comp=appendblock"],
        // Core reads the end of the thread first.
        ["HEAD /~/thread", "GET /~/thread"],
      ],
    ])("for a %s thread", async (_, text, create, change, readEnd) => {
      const created = await costOf(() => store.save("thread", { text, messages: [] }));
      expect(created.requests).toEqual(create);
      const changed = { text, messages: [1] };
      const saved = await costOf(() => store.save("thread", changed, { previous: created.result }));
      expect(saved.requests).toEqual(change);
      expect((await costOf(() => store.load("thread"))).requests).toEqual(["GET /~/thread"]);
      expect((await costOf(() => store.load("missing"))).requests).toEqual(["GET /~/missing"]);
      expect((await costOf(() => store.listPage())).requests).toEqual([
        expect.stringMatching(/^GET \?.*comp=list/u),
        ...(text === "" ? [] : ["GET /~/thread"]),
      ]);
      expect((await costOf(() => store.append("thread", [2]))).requests).toEqual([...readEnd, ...change]);
      const metadata = { title: "T" };
      expect((await costOf(() => store.touch("thread", { metadata }))).requests).toEqual([
        ...readEnd,
        ...change,
      ]);
      expect((await store.load("thread"))?.thread).toEqual({ text, messages: [1, 2] });
      expect((await costOf(() => store.delete("thread"))).requests).toEqual([...readEnd, "DELETE /~/thread"]);
    });
  });

  test("a short thread takes one request to save, whatever changed, until it is long", async () => {
    let saved: StoredThread | undefined;
    const requests = proxy.recordRequests();
    for (let n = 0; n < 40; n += 1) {
      saved = await store.save("thread", { n, text: `${n}`.repeat(2000) }, { previous: saved });
    }
    expect(requests).toEqual(Array(40).fill("PUT /~/thread"));
    const text = "x".repeat(SHORT_RECORD_MAX_BYTES);
    saved = await store.save("thread", { text }, { previous: saved });
    expect(requests.slice(40)).toEqual(["PUT /~/thread?comp=appendblock"]);
    expect((await store.load("thread"))?.thread).toEqual({ text });
    saved = await store.save("thread", {}, { previous: saved });
    expect(requests.slice(42)).toEqual(["PUT /~/thread"]);
    expect((await direct.getBlobClient("~/thread").getProperties()).contentLength).toBe(0);
    expect((await store.load("thread", { cached: saved }))?.version).toBe(saved.version);
  });

  test("replacing a thread of 50 KB takes fewer than 1.5 requests on average", async () => {
    let saved: StoredThread | undefined;
    const requests = proxy.recordRequests();
    for (let n = 0; n < 71; n += 1) {
      saved = await store.save("thread", { n, text: "x".repeat(50_000) }, { previous: saved });
    }
    expect(requests.length / 71).toBeLessThan(1.5);
  });

  test("a page of namespaces takes three requests, regardless of their threads", async () => {
    const names = ["a", "b", "c"];
    for (const name of names) await store.namespace(name).save("t", {});
    const cost = async (): Promise<readonly string[]> => {
      const { requests, result } = await costOf(() => store.namespaces());
      expect(result).toEqual({ namespaces: names, cursor: undefined });
      return requests;
    };
    // The names, long names, and the store itself.
    expect(await cost()).toHaveLength(3);
    await Promise.all(Array.from({ length: 30 }, (_, n) => store.namespace("b").save(`${n}`, {})));
    expect(await cost()).toHaveLength(3);
  });

  test("a page by recency takes one request for the names, and one for each of its threads and the next", async () => {
    for (const id of ["a", "b", "c", "d"]) await store.save(id, {});
    await store.namespace("other").save("z", {});
    // The service's times are exact to the second.
    await wait(1100);
    await store.save("c", { n: 2 }, { overwrite: true });
    const { requests, result: page } = await costOf(() => store.listPage({ order: "updated", limit: 2 }));
    expect(requests.filter((request) => request.includes("comp=list"))).toHaveLength(1);
    expect(requests).toHaveLength(4);
    expect(page.threads[0]?.id).toBe("c");
    const next = await store.listPage({ order: "updated", cursor: page.cursor });
    const listed = [...page.threads, ...next.threads].map(({ id }) => id);
    expect(listed.toSorted()).toEqual(["a", "b", "c", "d"]);
    expect(next.cursor).toBeUndefined();
    const all: string[] = [];
    const listing = await costOf(async () => {
      for await (const { id } of store.list({ order: "updated", limit: 1 })) all.push(id);
    });
    expect(all).toEqual(listed);
    expect(listing.requests.filter((request) => request.includes("comp=list"))).toHaveLength(1);
  });

  test("a load of an unchanged cached thread receives no body, and a listing receives only ends of blobs", async () => {
    const text = "x".repeat(500_000);
    const saved = await store.save("thread", { text });
    const cached = await costOf(() => store.load("thread", { cached: saved }));
    expect(cached.result?.thread).toEqual({ text });
    expect(cached.down).toBeLessThan(1024);
    expect((await costOf(() => store.load("thread"))).down).toBeGreaterThan(500_000);
    expect((await costOf(() => store.listPage())).down).toBeLessThan(20_000);
  });

  test("a listing reads the end of a blob again only if its metadata is longer than some 12 KB", async () => {
    for (const [id, length] of [
      ["a", 12_000],
      ["b", 65_000],
    ] as const) {
      await store.save(id, { text: "x".repeat(100_000) }, { metadata: { summary: "x".repeat(length) } });
    }
    const { result, requests } = await costOf(() => store.listPage({ metadata: true }));
    expect(result.threads.map(({ metadata }) => metadata?.["summary"]?.length)).toEqual([12_000, 65_000]);
    expect(requests.slice(1).toSorted()).toEqual(["GET /~/a", "GET /~/b", "GET /~/b"]);
  });

  describe("a growing thread", () => {
    /** Grows a thread by this many turns, one save each. */
    async function grow(
      turns: number,
    ): Promise<{ up: number; requests: number; size: number; saved: StoredThread }> {
      const requests = proxy.recordRequests();
      const sentBefore = proxy.bytesUp;
      const saved = await growThread(store, { id: "thread", turns });
      return { up: proxy.bytesUp - sentBefore, requests: requests.length, size: saved.size, saved };
    }
    const HEADER_BYTES = 1200;

    test("takes one request per turn, which sends only the turn", async () => {
      const { up, requests, size, saved } = await grow(200);
      expect(requests).toBe(200);
      expect(size).toBeGreaterThan(310_000);
      expect(up - requests * HEADER_BYTES).toBeLessThan(1.5 * size);
      const stored = (await direct.getBlobClient("~/thread").getProperties()).contentLength ?? 0;
      expect(stored).toBeLessThan(1.3 * size);
      const loaded = await costOf(() => azureBlobStore({ container: proxy.container }).load("thread"));
      expect(loaded.result?.json).toBe(saved.json);
      expect(loaded.requests).toHaveLength(1);
      expect(loaded.down).toBeLessThan(1.3 * size);
    });

    test("sends bytes in proportion to its length", async () => {
      const short = await grow(100);
      await store.delete("thread");
      const long = await grow(800);
      expect(long.up / short.up).toBeLessThan(9);
      expect(long.requests).toBe(800);
    });
  });

  test("a blob with changes near its beginning is rewritten before it exceeds twice the record and 256 KiB", async () => {
    let saved = await store.save("thread", { n: 0, text: "x".repeat(100_000) });
    let longest = 0;
    const requests = proxy.recordRequests();
    for (let n = 1; n <= 20; n += 1) {
      saved = await store.save("thread", { n, text: "x".repeat(100_000) }, { previous: saved });
      longest = Math.max(
        longest,
        (await direct.getBlobClient("~/thread").getProperties()).contentLength ?? 0,
      );
    }
    expect(longest).toBeLessThan(2 * 101_000 + WASTE_MAX_BYTES);
    // One request per save, and three more for every fourth save.
    expect(requests.length).toBeLessThanOrEqual(20 + 3 * 5);
  });

  test("an append of another process costs the same at 10,000 messages as at 100, in three requests", async () => {
    const appendTo = async (count: number): Promise<Awaited<ReturnType<typeof costOf>>> => {
      await store.save(`chat-${count}`, { messages: Array(count).fill("x".repeat(300)) });
      const other = azureBlobStore({ container: proxy.container });
      return costOf(() => other.append(`chat-${count}`, ["y".repeat(300)], { key: "delivery" }));
    };
    const [short, long] = [await appendTo(100), await appendTo(10_000)];
    expect(long.requests).toEqual([
      "HEAD /~/chat-10000",
      "GET /~/chat-10000",
      "PUT /~/chat-10000?comp=appendblock",
    ]);
    expect(long.up + long.down).toBeLessThan(1.5 * (short.up + short.down));
    const touched = await costOf(() => store.touch("chat-10000", { ttlMs: 1_000_000 }));
    expect(touched.requests).toHaveLength(3);
    expect(touched.up + touched.down).toBeLessThan(1.5 * (short.up + short.down));
    const messages = (await store.load("chat-10000"))?.thread["messages"];
    expect(messages).toHaveLength(10_001);
  });

  test("a blob is rewritten before appends exceed twice the record and 256 KiB", async () => {
    await store.save("thread", { text: "x".repeat(100_000), messages: [] });
    let longest = 0;
    const requestCounts = new Set<number>();
    for (let n = 0; n < 20; n += 1) {
      const metadata = { text: "x".repeat(50_000) };
      const touched = await costOf(() => store.touch("thread", { metadata }));
      // The first touch reads a short trailer, and each later one needs a second request for a long one.
      requestCounts.add(touched.requests.length - (n === 0 ? 0 : 1));
      await store.append("thread", [n]);
      const { contentLength = 0 } = await direct.getBlobClient("~/thread").getProperties();
      longest = Math.max(longest, contentLength);
    }
    expect(longest).toBeLessThan(2 * 165_000 + WASTE_MAX_BYTES);
    expect(requestCounts).toEqual(new Set([3, 7]));
    expect((await store.load("thread"))?.thread["messages"]).toHaveLength(20);
  });
});
