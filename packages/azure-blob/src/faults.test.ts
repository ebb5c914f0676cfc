import { randomUUID } from "node:crypto";
import { ContainerClient } from "@azure/storage-blob";
import { httpRequest } from "@threadstore/conformance/fault-proxy";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newContainer, type ProxiedContainer, proxied } from "./azurite.test-helper.ts";
import { azureBlobStore } from "./index.ts";

const isRead = httpRequest({ method: "GET" });
const isBlock = httpRequest({ method: "PUT", path: /comp=appendblock/u });
const isDelete = httpRequest({ method: "DELETE" });

await describeWithService("azurite", "on a network that fails", ({ connectionString }) => {
  let direct: ContainerClient;
  let proxy: ProxiedContainer;
  let store: ThreadStore;
  let other: ThreadStore;

  beforeEach(async () => {
    direct ??= await newContainer(connectionString);
    proxy = await proxied(direct);
    const prefix = randomUUID();
    open = (options) => azureBlobStore({ container: proxy.container, prefix, ...options });
    store = open();
    other = azureBlobStore({ container: direct, prefix });
  });
  afterEach(async () => {
    await Promise.all([store.close(), other.close()]);
    await proxy.close();
  });
  let open: (options?: StoreOptions) => ThreadStore;

  function failureOf(call: Promise<unknown>): Promise<unknown> {
    return call.then(
      () => Promise.reject(new Error("The call succeeded.")),
      (error: unknown) => error,
    );
  }

  /** The outcome that the contract knows where nobody can tell. */
  const unknown = { code: "OUTCOME_UNKNOWN" };

  describe("a change whose answer is lost", () => {
    test("succeeds if it was to create", async () => {
      const lost = proxy.arm({ type: "discardAnswer", when: isBlock });
      const saved = await store.save("thread", { n: 1 });
      expect(lost.strikes).toBe(1);
      expect(await other.load("thread")).toMatchObject({ version: saved.version, json: '{"n":1}' });
    });

    test("succeeds if it was to replace", async () => {
      const first = await store.save("thread", { n: 1 });
      const lost = proxy.arm({ type: "discardAnswer", when: isBlock });
      const second = await store.save("thread", { n: 2 }, { previous: first });
      expect(lost.strikes).toBe(1);
      expect(await other.load("thread")).toMatchObject({ version: second.version, json: '{"n":2}' });
    });

    test("is OUTCOME_UNKNOWN if it was to delete, and the thread is gone", async () => {
      await store.save("thread", {});
      const lost = proxy.arm({ type: "discardAnswer", when: isDelete });
      await expect(store.delete("thread")).rejects.toMatchObject(unknown);
      expect(lost.strikes).toBe(1);
      expect(await other.load("thread")).toBeUndefined();
    });

    test.each([["save"], ["overwrite"]])("does not undo a %s that came after it", async (mode) => {
      const first = await store.save("thread", { n: 1 });
      const held = proxy.arm({ type: "holdAnswer", when: isBlock });
      const options = mode === "save" ? { previous: first } : { overwrite: true };
      const outcome = failureOf(store.save("thread", { n: 2 }, options));
      await held.struck;
      const theirs = await other.save("thread", { n: 3 }, { overwrite: true });
      held.cut();
      expect(await outcome).toMatchObject(unknown);
      expect((await other.load("thread"))?.version).toBe(theirs.version);
    });

    test("does not create again what somebody deleted after it", async () => {
      const held = proxy.arm({ type: "holdAnswer", when: isBlock });
      const outcome = failureOf(store.save("thread", {}));
      await held.struck;
      expect(await other.delete("thread")).toBe(true);
      held.cut();
      expect(await outcome).toMatchObject(unknown);
      expect(await other.load("thread")).toBeUndefined();
    });

    test("does not delete what somebody created after it", async () => {
      const saved = await store.save("thread", { n: 1 });
      const held = proxy.arm({ type: "holdAnswer", when: isDelete });
      const outcome = failureOf(store.delete("thread", { previous: saved }));
      await held.struck;
      const theirs = await other.save("thread", { n: 2 });
      held.cut();
      expect(await outcome).toMatchObject(unknown);
      expect((await other.load("thread"))?.version).toBe(theirs.version);
    });
  });

  describe("a change that never arrives", () => {
    test("is sent again when what it replaces is still there", async () => {
      const first = await store.save("thread", { n: 1 });
      const lost = proxy.arm({ type: "cutRequest", when: isBlock, times: 2 });
      const second = await store.save("thread", { n: 2 }, { previous: first });
      expect(lost.strikes).toBe(2);
      expect((await other.load("thread"))?.version).toBe(second.version);
      proxy.arm({ type: "cutRequest", when: isDelete });
      expect(await store.delete("thread", { previous: second })).toBe(true);
    });

    test("in the middle of its body leaves the thread as it was", async () => {
      const text = "x".repeat(100_000);
      const first = await store.save("thread", { n: 1 });
      const cut = proxy.arm({ type: "cutRequest", afterBytes: 50_000, when: isBlock, times: 99 });
      const saving = open({ maxRetries: 2 }).save("thread", { text }, { previous: first });
      await expect(saving).rejects.toMatchObject(unknown);
      expect(cut.strikes).toBe(3);
      expect(await other.load("thread")).toMatchObject({ version: first.version, json: '{"n":1}' });
      cut.disarm();
      await store.save("thread", { text }, { previous: first });
    });
  });

  describe("a load", () => {
    const text = "y".repeat(200_000);

    test("that is cut off in the middle is made again, and never a part", async () => {
      await store.save("thread", { text });
      const cut = proxy.arm({ type: "cutAnswer", afterBytes: 100_000, when: isRead, times: 2 });
      expect((await store.load("thread"))?.thread).toEqual({ text });
      expect(cut.strikes).toBe(2);
    });

    test("that is always cut off is UNAVAILABLE", async () => {
      await store.save("thread", { text });
      const cut = proxy.arm({ type: "cutAnswer", afterBytes: 100_000, when: isRead, times: 99 });
      await expect(open({ maxRetries: 2 }).load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect(cut.strikes).toBe(3);
    });

    test("that is aborted in the middle of its body ends at once, and frees its connection", async () => {
      await store.save("thread", { text });
      const controller = new AbortController();
      const slow = proxy.arm({ type: "slow", bytesPerSecond: 20_000, when: isRead });
      const reason = new Error("enough");
      const loading = failureOf(store.load("thread", { signal: controller.signal }));
      await slow.struck;
      controller.abort(reason);
      expect(await loading).toBe(reason);
      await expect.poll(() => proxy.openConnections).toBeLessThanOrEqual(1);
      expect((await store.load("thread"))?.thread).toEqual({ text });
    });

    test("goes on after connections that were idle have been dropped", async () => {
      await store.save("thread", { n: 1 });
      await proxy.cutAll();
      expect((await store.load("thread"))?.thread).toEqual({ n: 1 });
      await proxy.cutAll();
      await store.save("thread", { n: 2 }, { overwrite: true });
    });
  });

  describe("a server that does not answer", () => {
    test("makes every call end in its time", async () => {
      const saved = await store.save("thread", { n: 1 });
      const hurried = open({ timeoutMs: 300 });
      proxy.arm({ type: "blackHole", times: 99 });
      await expect(hurried.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await expect(hurried.listPage()).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await expect(hurried.save("thread", {}, { previous: saved })).rejects.toMatchObject(unknown);
      await hurried.close();
      expect((await other.load("thread"))?.version).toBe(saved.version);
    });

    test("leaves a call that is aborted", async () => {
      const hole = proxy.arm({ type: "blackHole", times: 99 });
      const controller = new AbortController();
      const outcome = failureOf(store.load("thread", { signal: controller.signal }));
      await hole.struck;
      controller.abort();
      expect(await outcome).toMatchObject({ name: "AbortError" });
    });

    test("is UNAVAILABLE when it refuses connections, and used again when it takes them", async () => {
      proxy.refuse();
      const hurried = open({ maxRetries: 1 });
      await expect(hurried.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await expect(hurried.save("thread", {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await proxy.accept();
      await hurried.save("thread", {});
    });
  });

  describe("a busy server", () => {
    const busy = { type: "answerHttp", status: 503, headers: { "x-ms-error-code": "ServerBusy" } } as const;

    test("is asked again", async () => {
      const struck = proxy.arm({ ...busy, times: 2 });
      const saved = await store.save("thread", { n: 1 });
      expect(struck.strikes).toBe(2);
      proxy.arm(busy);
      expect((await store.load("thread"))?.version).toBe(saved.version);
      proxy.arm(busy);
      expect((await store.listPage()).threads).toHaveLength(1);
      proxy.arm(busy);
      expect(await store.delete("thread")).toBe(true);
    });

    test("that asks for more time than there is, is UNAVAILABLE at once", async () => {
      const struck = proxy.arm({ ...busy, headers: { ...busy.headers, "retry-after": "60" }, times: 99 });
      await expect(store.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect(struck.strikes).toBe(1);
    });
  });

  describe("what is missing", () => {
    test("is MISCONFIGURED if it is the container, for every call", async () => {
      const missing = new ContainerClient(
        direct.url.replace(direct.containerName, "missing"),
        direct.credential,
      );
      const lost = azureBlobStore({ container: missing });
      const misconfigured = {
        code: "MISCONFIGURED",
        message: expect.stringContaining("az storage container create"),
      };
      await expect(lost.load("thread")).rejects.toMatchObject(misconfigured);
      await expect(lost.save("thread", {})).rejects.toMatchObject(misconfigured);
      await expect(lost.save("thread", {}, { overwrite: true })).rejects.toMatchObject(misconfigured);
      await expect(lost.delete("thread")).rejects.toMatchObject(misconfigured);
      await expect(lost.listPage()).rejects.toMatchObject(misconfigured);
      await expect(lost.deleteExpired()).rejects.toMatchObject(misconfigured);
      expect(await missing.exists()).toBe(false);
    });

    test("is UNAVAILABLE if it is the host", async () => {
      const lost = azureBlobStore({
        container: new ContainerClient("https://no-such-account.invalid/threads"),
        maxRetries: 0,
      });
      await expect(lost.load("thread")).rejects.toMatchObject({
        code: "UNAVAILABLE",
        message: expect.stringContaining("no host of that name"),
      });
    });
  });

  test("hundreds of calls that fail need no more connections than one call, and the store works", async () => {
    const first = await store.save("thread", { text: "z".repeat(50_000) });
    await store.save("thread", {}, { previous: first });
    for (let round = 0; round < 60; round += 1) {
      await expect(store.save("thread", {})).rejects.toMatchObject({ code: "CONFLICT" });
      await expect(store.save("thread", {}, { previous: first })).rejects.toMatchObject({ code: "CONFLICT" });
      await expect(store.delete("thread", { previous: first })).rejects.toMatchObject({ code: "CONFLICT" });
      expect(await store.load("nothing")).toBeUndefined();
    }
    expect(proxy.connections).toBeLessThanOrEqual(3);
    expect((await store.load("thread"))?.thread).toEqual({});
  });
});
