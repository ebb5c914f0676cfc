import type { ContainerClient } from "@azure/storage-blob";
import { growThread } from "@threadstore/conformance";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newContainer, type ProxiedContainer, proxied } from "./azurite.test-helper.ts";
import { azureBlobStore } from "./index.ts";

await describeWithService("azurite", "what a call costs", ({ connectionString }) => {
  let direct: ContainerClient;
  let proxy: ProxiedContainer;
  let store: ThreadStore;

  beforeEach(async () => {
    direct = await newContainer(connectionString);
    proxy = await proxied(direct);
    store = azureBlobStore({ container: proxy.container });
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
  });

  /** What a call sent and received. */
  async function costOf<T>(
    call: () => Promise<T>,
  ): Promise<{ result: T; requests: string[]; up: number; down: number }> {
    const { bytesUp, bytesDown } = proxy;
    const requests = proxy.watchRequests();
    const result = await call();
    return {
      result,
      requests: [...requests],
      up: proxy.bytesUp - bytesUp,
      down: proxy.bytesDown - bytesDown,
    };
  }

  test("in requests, each as it is documented", async () => {
    const created = await costOf(() => store.save("thread", { messages: [] }));
    expect(created.requests).toEqual(["PUT /~/thread", "PUT /~/thread?comp=appendblock"]);
    const saved = await costOf(() => store.save("thread", { messages: [1] }, { previous: created.result }));
    expect(saved.requests).toEqual(["PUT /~/thread?comp=appendblock"]);
    expect((await costOf(() => store.load("thread"))).requests).toEqual(["GET /~/thread"]);
    expect((await costOf(() => store.load("nothing"))).requests).toEqual(["GET /~/nothing"]);
    expect((await costOf(() => store.listPage())).requests).toEqual([
      expect.stringMatching(/^GET \?.*comp=list/u),
      "GET /~/thread",
    ]);
    // Core looks what is there first.
    expect((await costOf(() => store.delete("thread"))).requests).toEqual([
      "GET /~/thread",
      "DELETE /~/thread",
    ]);
  });

  test("in bytes: what is known already is not sent again, and a listing reads ends alone", async () => {
    const text = "x".repeat(500_000);
    const saved = await store.save("thread", { text });
    const warm = await costOf(() => store.load("thread", { cached: saved }));
    expect(warm.result?.thread).toEqual({ text });
    expect(warm.down).toBeLessThan(1024);
    expect((await costOf(() => store.load("thread"))).down).toBeGreaterThan(500_000);
    expect((await costOf(() => store.listPage())).down).toBeLessThan(20_000);
  });

  describe("to let a thread grow", () => {
    /** What a thread of so many turns has sent. */
    async function grow(
      turns: number,
    ): Promise<{ up: number; requests: number; size: number; saved: StoredThread }> {
      const requests = proxy.watchRequests();
      const before = proxy.bytesUp;
      const saved = await growThread(store, { id: "thread", turns });
      return { up: proxy.bytesUp - before, requests: requests.length, size: saved.size, saved };
    }
    const headers = 1200;

    test("each turn is one request, with what is new of it", async () => {
      const { up, requests, size, saved } = await grow(200);
      expect(requests).toBe(201);
      expect(size).toBeGreaterThan(310_000);
      expect(up - requests * headers).toBeLessThan(1.5 * size);
      const stored = (await direct.getBlobClient("~/thread").getProperties()).contentLength ?? 0;
      expect(stored).toBeLessThan(1.3 * size);
      const loaded = await costOf(() => azureBlobStore({ container: proxy.container }).load("thread"));
      expect(loaded.result?.json).toBe(saved.json);
      expect(loaded.requests).toHaveLength(1);
      expect(loaded.down).toBeLessThan(1.3 * size);
    });

    test("costs in proportion to its length", async () => {
      const short = await grow(100);
      await store.delete("thread");
      const long = await grow(800);
      expect(long.up / short.up).toBeLessThan(9);
      expect(long.requests).toBe(801);
    });
  });

  test("to change a thread at its beginning is bounded: the blob is written anew before it is twice as long and 64 KiB", async () => {
    let saved = await store.save("thread", { n: 0, text: "x".repeat(100_000) });
    let longest = 0;
    const requests = proxy.watchRequests();
    for (let n = 1; n <= 20; n += 1) {
      saved = await store.save("thread", { n, text: "x".repeat(100_000) }, { previous: saved });
      longest = Math.max(
        longest,
        (await direct.getBlobClient("~/thread").getProperties()).contentLength ?? 0,
      );
    }
    expect(longest).toBeLessThan(2 * 101_000 + 65_536);
    // One block a save, and every other time three requests more.
    expect(requests.length).toBeLessThanOrEqual(20 + 3 * 10);
  });
});
