import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { ContainerClient } from "@azure/storage-blob";
import { httpRequest } from "@threadstore/conformance/fault-proxy";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newContainer, type ProxiedContainer, proxyTo } from "./azurite.test-helper.ts";
import { SHORT_RECORD_MAX_BYTES } from "./blob-state.ts";
import { azureBlobStore } from "./index.ts";

const isRead = httpRequest({ method: "GET" });
const isDelete = httpRequest({ method: "DELETE" });

await describeWithService("azurite", "faults", ({ connectionString }) => {
  let direct: ContainerClient;
  let proxy: ProxiedContainer;
  let store: ThreadStore;
  let other: ThreadStore;

  beforeEach(async () => {
    direct ??= await newContainer(connectionString);
    proxy = await proxyTo(direct);
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

  function rejectionOf(call: Promise<unknown>): Promise<unknown> {
    return call.then(
      () => Promise.reject(new Error("The call succeeded.")),
      (error: unknown) => error,
    );
  }

  const OUTCOME_UNKNOWN = { code: "OUTCOME_UNKNOWN" };

  describe.each([
    ["short", "", httpRequest({ method: "PUT" })],
    ["long", "x".repeat(SHORT_RECORD_MAX_BYTES), httpRequest({ method: "PUT", path: /comp=appendblock/u })],
  ] as const)("of a %s thread", (_, text, isWrite) => {
    const threadOf = (n: number): { n: number; text: string } => ({ n, text });
    const jsonOf = (n: number): string => JSON.stringify(threadOf(n));

    describe("a lost response", () => {
      test("to a create: the save succeeds", async () => {
        const fault = proxy.arm({ type: "discardResponse", when: isWrite });
        const saved = await store.save("thread", threadOf(1));
        expect(fault.strikes).toBe(1);
        expect(await other.load("thread")).toMatchObject({ version: saved.version, json: jsonOf(1) });
      });

      test("to a replacement: the save succeeds", async () => {
        const first = await store.save("thread", threadOf(1));
        const fault = proxy.arm({ type: "discardResponse", when: isWrite });
        const second = await store.save("thread", threadOf(2), { previous: first });
        expect(fault.strikes).toBe(1);
        expect(await other.load("thread")).toMatchObject({ version: second.version, json: jsonOf(2) });
      });

      test("to a delete: the outcome is unknown and the thread is gone", async () => {
        await store.save("thread", threadOf(0));
        const fault = proxy.arm({ type: "discardResponse", when: isDelete });
        await expect(store.delete("thread")).rejects.toMatchObject(OUTCOME_UNKNOWN);
        expect(fault.strikes).toBe(1);
        expect(await other.load("thread")).toBeUndefined();
      });

      test.each([["save"], ["save with overwrite"]])(
        "to a %s: a later save of another client is not undone",
        async (mode) => {
          const first = await store.save("thread", threadOf(1));
          const held = proxy.arm({ type: "holdResponse", when: isWrite });
          const options = mode === "save" ? { previous: first } : { overwrite: true };
          const outcome = rejectionOf(store.save("thread", threadOf(2), options));
          await held.struck;
          const others = await other.save("thread", threadOf(3), { overwrite: true });
          held.cut();
          expect(await outcome).toMatchObject(OUTCOME_UNKNOWN);
          expect((await other.load("thread"))?.version).toBe(others.version);
        },
      );

      test("to a create: a thread that another client deleted is not created again", async () => {
        const held = proxy.arm({ type: "holdResponse", when: isWrite });
        const outcome = rejectionOf(store.save("thread", threadOf(0)));
        await held.struck;
        expect(await other.delete("thread")).toBe(true);
        held.cut();
        expect(await outcome).toMatchObject(OUTCOME_UNKNOWN);
        expect(await other.load("thread")).toBeUndefined();
      });

      test("to a delete: a thread that another client created is not deleted", async () => {
        const saved = await store.save("thread", threadOf(1));
        const held = proxy.arm({ type: "holdResponse", when: isDelete });
        const outcome = rejectionOf(store.delete("thread", { previous: saved }));
        await held.struck;
        const others = await other.save("thread", threadOf(2));
        held.cut();
        expect(await outcome).toMatchObject(OUTCOME_UNKNOWN);
        expect((await other.load("thread"))?.version).toBe(others.version);
      });
    });

    describe("a lost request", () => {
      test("is retried if the expected version is still stored", async () => {
        const first = await store.save("thread", threadOf(1));
        const fault = proxy.arm({ type: "cutRequest", when: isWrite, times: 2 });
        const second = await store.save("thread", threadOf(2), { previous: first });
        expect(fault.strikes).toBe(2);
        expect((await other.load("thread"))?.version).toBe(second.version);
        proxy.arm({ type: "cutRequest", when: isDelete });
        expect(await store.delete("thread", { previous: second })).toBe(true);
      });

      test("that is cut off in its body leaves the thread unchanged", async () => {
        const longer = "x".repeat(100_000);
        const first = await store.save("thread", threadOf(1));
        const cut = proxy.arm({ type: "cutRequest", afterBytes: 50_000, when: isWrite, times: 99 });
        const saving = open({ maxRetries: 2 }).save("thread", { text: longer }, { previous: first });
        await expect(saving).rejects.toMatchObject(OUTCOME_UNKNOWN);
        expect(cut.strikes).toBe(3);
        expect(await other.load("thread")).toMatchObject({ version: first.version, json: jsonOf(1) });
        cut.disarm();
        await store.save("thread", { text: longer }, { previous: first });
      });
    });
  });

  describe("a load", () => {
    const text = "y".repeat(200_000);

    test("whose response is cut off is retried, and never returns part of a thread", async () => {
      await store.save("thread", { text });
      const cut = proxy.arm({ type: "cutResponse", afterBytes: 100_000, when: isRead, times: 2 });
      expect((await store.load("thread"))?.thread).toEqual({ text });
      expect(cut.strikes).toBe(2);
    });

    test("that fails does not show the thread, which was short enough for the metadata once, in its error", async () => {
      const secret = "a secret of the thread";
      const short = await store.save("thread", { secret });
      await store.save("thread", { secret, text }, { previous: short });
      proxy.arm({ type: "cutResponse", afterBytes: 100_000, when: isRead, times: 99 });
      const error = await rejectionOf(open({ maxRetries: 0 }).load("thread"));
      const shown = inspect(error, { depth: 20, showHidden: true });
      expect(shown).toContain("UNAVAILABLE");
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain("threadstorerecord");
    });

    test("whose responses are all cut off is UNAVAILABLE", async () => {
      await store.save("thread", { text });
      const cut = proxy.arm({ type: "cutResponse", afterBytes: 100_000, when: isRead, times: 99 });
      await expect(open({ maxRetries: 2 }).load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect(cut.strikes).toBe(3);
    });

    test("that is aborted in its body rejects immediately and closes its connection", async () => {
      await store.save("thread", { text });
      const controller = new AbortController();
      const slow = proxy.arm({ type: "slow", bytesPerSecond: 20_000, when: isRead });
      const reason = new Error("enough");
      const loading = rejectionOf(store.load("thread", { signal: controller.signal }));
      await slow.struck;
      controller.abort(reason);
      expect(await loading).toBe(reason);
      await expect.poll(() => proxy.openConnections).toBeLessThanOrEqual(1);
      expect((await store.load("thread"))?.thread).toEqual({ text });
    });

    test("works after idle connections were closed", async () => {
      await store.save("thread", { n: 1 });
      await proxy.cutAll();
      expect((await store.load("thread"))?.thread).toEqual({ n: 1 });
      await proxy.cutAll();
      await store.save("thread", { n: 2 }, { overwrite: true });
    });
  });

  describe("a server that does not respond", () => {
    test("does not keep a call beyond its timeout", async () => {
      const saved = await store.save("thread", { n: 1 });
      const impatient = open({ timeoutMs: 300 });
      proxy.arm({ type: "blackHole", times: 99 });
      await expect(impatient.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await expect(impatient.listPage()).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await expect(impatient.save("thread", {}, { previous: saved })).rejects.toMatchObject(OUTCOME_UNKNOWN);
      await impatient.close();
      expect((await other.load("thread"))?.version).toBe(saved.version);
    });

    test("does not keep a call that is aborted", async () => {
      const hole = proxy.arm({ type: "blackHole", times: 99 });
      const controller = new AbortController();
      const outcome = rejectionOf(store.load("thread", { signal: controller.signal }));
      await hole.struck;
      controller.abort();
      expect(await outcome).toMatchObject({ name: "AbortError" });
    });

    test("is UNAVAILABLE while it refuses connections, and is used again afterwards", async () => {
      proxy.refuse();
      const impatient = open({ maxRetries: 1 });
      await expect(impatient.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await expect(impatient.save("thread", {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
      await proxy.accept();
      await impatient.save("thread", {});
    });
  });

  describe("a busy server", () => {
    const busy = { type: "respondHttp", status: 503, headers: { "x-ms-error-code": "ServerBusy" } } as const;

    test("receives the request again", async () => {
      const fault = proxy.arm({ ...busy, times: 2 });
      const saved = await store.save("thread", { n: 1 });
      expect(fault.strikes).toBe(2);
      proxy.arm(busy);
      expect((await store.load("thread"))?.version).toBe(saved.version);
      proxy.arm(busy);
      expect((await store.listPage()).threads).toHaveLength(1);
      proxy.arm(busy);
      expect(await store.delete("thread")).toBe(true);
    });

    test("that asks for a longer delay than the timeout allows is UNAVAILABLE immediately", async () => {
      const fault = proxy.arm({ ...busy, headers: { ...busy.headers, "retry-after": "60" }, times: 99 });
      await expect(store.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect(fault.strikes).toBe(1);
    });
  });

  describe("a configuration error", () => {
    test("is MISCONFIGURED for every call if the container does not exist", async () => {
      const missing = new ContainerClient(
        direct.url.replace(direct.containerName, "missing"),
        direct.credential,
      );
      const misdirected = azureBlobStore({ container: missing });
      const misconfigured = {
        code: "MISCONFIGURED",
        message: expect.stringContaining("az storage container create"),
      };
      await expect(misdirected.load("thread")).rejects.toMatchObject(misconfigured);
      await expect(misdirected.save("thread", {})).rejects.toMatchObject(misconfigured);
      await expect(misdirected.save("thread", {}, { overwrite: true })).rejects.toMatchObject(misconfigured);
      await expect(misdirected.delete("thread")).rejects.toMatchObject(misconfigured);
      await expect(misdirected.listPage()).rejects.toMatchObject(misconfigured);
      await expect(misdirected.deleteExpired()).rejects.toMatchObject(misconfigured);
      expect(await missing.exists()).toBe(false);
    });

    test("is UNAVAILABLE if the host does not exist", async () => {
      const misdirected = azureBlobStore({
        container: new ContainerClient("https://no-such-account.invalid/threads"),
        maxRetries: 0,
      });
      await expect(misdirected.load("thread")).rejects.toMatchObject({
        code: "UNAVAILABLE",
        message: expect.stringContaining("the host does not exist"),
      });
    });
  });

  test("hundreds of failing calls need no more connections than one, and the store still works", async () => {
    const first = await store.save("thread", { text: "z".repeat(50_000) });
    await store.save("thread", {}, { previous: first });
    for (let round = 0; round < 60; round += 1) {
      await expect(store.save("thread", {})).rejects.toMatchObject({ code: "CONFLICT" });
      await expect(store.save("thread", {}, { previous: first })).rejects.toMatchObject({ code: "CONFLICT" });
      await expect(store.delete("thread", { previous: first })).rejects.toMatchObject({ code: "CONFLICT" });
      expect(await store.load("missing")).toBeUndefined();
    }
    expect(proxy.connections).toBeLessThanOrEqual(3);
    expect((await store.load("thread"))?.thread).toEqual({});
  });
});
