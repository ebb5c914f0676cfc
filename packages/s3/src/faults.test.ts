import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type FaultProxy, httpRequest, startFaultProxy } from "@threadstore/conformance/fault-proxy";
import type { ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectionTo, createClient, newBucket, newPrefix } from "./bucket.test-helper.ts";
import { s3Store, type S3StoreOptions } from "./s3-store.ts";

await describeWithService("s3", "faults", (endpoint) => {
  const client = createClient(endpoint);
  const { hostname, port } = new URL(endpoint.endpoint);
  let bucket = "";
  let proxy: FaultProxy;
  let prefix = "";
  let store: ThreadStore;
  let other: ThreadStore;
  const openStores: ThreadStore[] = [];

  beforeAll(async () => {
    bucket = await newBucket(client);
    proxy = await startFaultProxy({ target: { host: hostname, port: Number(port) } });
  });
  afterAll(async () => {
    await proxy.close();
    client.destroy();
  });

  function open(url: string, settings: Partial<S3StoreOptions> = {}): ThreadStore {
    const newStore = s3Store({
      ...connectionTo({ ...endpoint, endpoint: url }),
      ...settings,
      bucket,
      prefix,
    } as S3StoreOptions);
    openStores.push(newStore);
    return newStore;
  }

  beforeEach(async () => {
    prefix = newPrefix();
    store = open(`http://127.0.0.1:${proxy.port}`);
    other = open(endpoint.endpoint);
    // Completes the self-check before anything fails.
    await store.save("existing", {});
  });
  afterEach(async () => {
    await Promise.all(openStores.splice(0).map((each) => each.close()));
  });

  const isWrite = httpRequest({ method: "PUT" });
  const isRead = httpRequest({ method: "GET" });

  describe("a lost response", () => {
    test("to a create: the save succeeds once", async () => {
      const fault = proxy.arm({ type: "discardResponse", when: isWrite });
      const saved = await store.save("a", { n: 1 });
      expect(fault.strikes).toBe(1);
      expect((await other.load("a"))?.version).toBe(saved.version);
    });

    test("to a replacement: the save succeeds", async () => {
      const first = await store.save("a", { n: 1 });
      const fault = proxy.arm({ type: "discardResponse", when: isWrite });
      const second = await store.save("a", { n: 2 }, { previous: first });
      expect(fault.strikes).toBe(1);
      expect(await other.load("a")).toMatchObject({ version: second.version, json: '{"n":2}' });
    });

    test("to a create that replaces a tombstone: the save succeeds", async () => {
      await store.save("a", { n: 1 });
      await store.delete("a");
      const fault = proxy.arm({ type: "discardResponse", when: isWrite, nth: 2 });
      const saved = await store.save("a", { n: 2 });
      expect(fault.strikes).toBe(1);
      expect((await other.load("a"))?.version).toBe(saved.version);
    });

    test("to a delete: the outcome is unknown and the thread is gone", async () => {
      await store.save("a", { n: 1 });
      proxy.arm({ type: "discardResponse", when: isWrite });
      await expect(store.delete("a")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(await other.load("a")).toBeUndefined();
    });

    test("to a save: a later save of another client is not undone", async () => {
      const first = await store.save("a", { n: 1 });
      const held = proxy.arm({ type: "holdResponse", when: isWrite });
      const saving = store.save("a", { n: 2 }, { previous: first }).catch((error: unknown) => error);
      await held.struck;
      const others = await other.save("a", { n: 3 }, { overwrite: true });
      held.cut();
      expect(await saving).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect((await other.load("a"))?.version).toBe(others.version);
    });

    test("to a delete: a thread that another client created is not deleted", async () => {
      await store.save("a", { n: 1 });
      const held = proxy.arm({ type: "holdResponse", when: isWrite });
      const deleting = store.delete("a").catch((error: unknown) => error);
      await held.struck;
      const others = await other.save("a", { n: 3 });
      held.cut();
      expect(await deleting).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect((await other.load("a"))?.version).toBe(others.version);
    });

    test("to the self-check: the save is retried", async () => {
      const newStore = open(`http://127.0.0.1:${proxy.port}`);
      const fault = proxy.arm({ type: "discardResponse", when: isWrite });
      await newStore.save("a", { n: 1 });
      expect(fault.strikes).toBe(1);
    });
  });

  describe("a closed connection", () => {
    test("during a load: it is retried, and never returns part of a thread", async () => {
      const saved = await store.save("a", { text: "x".repeat(500_000) });
      const cut = proxy.arm({ type: "cutResponse", afterBytes: 200_000, when: isRead });
      expect((await store.load("a"))?.json).toBe(saved.json);
      expect(cut.strikes).toBe(1);
    });

    test("during a listing: it is retried", async () => {
      await store.save("a", { text: "x".repeat(20_000) });
      const cut = proxy.arm({
        type: "cutResponse",
        afterBytes: 5_000,
        when: httpRequest({ method: "GET", path: /root\/a/ }),
      });
      const page = await store.listPage();
      expect(page.threads.map(({ id }) => id)).toEqual(["a", "existing"]);
      expect(cut.strikes).toBe(1);
    });

    test("during a save: the thread is unchanged and the save is retried", async () => {
      const first = await store.save("a", { n: 1 });
      const cut = proxy.arm({ type: "cutRequest", afterBytes: 100_000, when: isWrite });
      const second = await store.save("a", { text: "x".repeat(500_000) }, { previous: first });
      expect(cut.strikes).toBe(1);
      expect((await other.load("a"))?.version).toBe(second.version);
    });

    test("that was idle: calls succeed", async () => {
      for (let round = 0; round < 5; round += 1) {
        const saved = await store.save("a", { round }, { overwrite: true });
        await proxy.cutAll();
        expect((await store.load("a"))?.version).toBe(saved.version);
        await proxy.cutAll();
        await store.save("a", { round, again: true }, { previous: saved });
      }
    });
  });

  describe("a service that does not respond", () => {
    test("makes a load UNAVAILABLE after its timeout", async () => {
      proxy.arm({ type: "blackHole", when: isRead });
      await expect(store.load("existing", { timeoutMs: 300 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect((await store.load("existing"))?.json).toBe("{}");
    });

    test("makes a save OUTCOME_UNKNOWN after its timeout", async () => {
      proxy.arm({ type: "blackHole", when: isWrite });
      await expect(store.save("a", {}, { timeoutMs: 300 })).rejects.toMatchObject({
        code: "OUTCOME_UNKNOWN",
      });
      expect(await other.load("a")).toBeUndefined();
    });

    test("does not keep an aborted call or its connection", async () => {
      await using server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      const silent = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const connected = once(server, "connection");
      const controller = new AbortController();
      const loading = silent.load("a", { signal: controller.signal });
      const [socket] = (await connected) as [Socket];
      await once(socket, "data");
      const closed = once(
        socket.on("error", () => undefined),
        "close",
      );
      const reason = new Error("the user left");
      controller.abort(reason);
      await expect(loading).rejects.toBe(reason);
      await closed;
    });

    test("is UNAVAILABLE while it refuses connections, and is used again afterwards", async () => {
      const impatient = open(`http://127.0.0.1:${proxy.port}`, { maxRetries: 1 });
      proxy.refuse();
      await proxy.cutAll();
      for (const call of [
        () => impatient.load("a"),
        () => impatient.save("a", {}),
        () => impatient.listPage(),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
      }
      await proxy.accept();
      await impatient.save("a", {});
    });
  });

  test("SlowDown delays the retry for as long as S3 asks", async () => {
    const body = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
    const headers = { "retry-after": "1", "content-type": "application/xml" };
    const fault = proxy.arm({ type: "respondHttp", status: 503, headers, body, when: isWrite });
    const started = performance.now();
    await store.save("a", { n: 1 });
    expect(fault.strikes).toBe(1);
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  test("200 failing calls leave no connection open after close", async () => {
    const impatient = open(`http://127.0.0.1:${proxy.port}`, { maxRetries: 0 });
    await impatient.save("a", {});
    for (let round = 0; round < 50; round += 1) {
      const calls = [
        impatient.save("a", {}),
        impatient.save("b", {}, { previous: "0123456789abcdef0123456789abcdef" }),
        impatient.load("missing"),
        impatient.load("a", { signal: AbortSignal.timeout(0) }),
      ];
      await Promise.allSettled(calls);
    }
    expect(proxy.openConnections).toBeLessThanOrEqual(50);
    const idle = proxy.openConnections;
    await impatient.close();
    await store.close();
    await expect.poll(() => proxy.openConnections).toBe(0);
    expect(idle).toBeGreaterThan(0);
  });
});
