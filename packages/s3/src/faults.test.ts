import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type FaultProxy, httpRequest, startFaultProxy } from "@threadstore/conformance/fault-proxy";
import type { ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientOf, connection, newBucket } from "./bucket.test-helper.ts";
import { s3Store, type S3StoreOptions } from "./s3-store.ts";

await describeWithService("s3", "faults between a store and S3", (endpoint) => {
  const client = clientOf(endpoint);
  const { hostname, port } = new URL(endpoint.endpoint);
  let bucket = "";
  let proxy: FaultProxy;
  let prefix = "";
  let store: ThreadStore;
  let other: ThreadStore;
  const opened: ThreadStore[] = [];

  beforeAll(async () => {
    bucket = await newBucket(client);
    proxy = await startFaultProxy({ target: { host: hostname, port: Number(port) } });
  });
  afterAll(async () => {
    await proxy.close();
    client.destroy();
  });

  function open(through: string, settings: Partial<S3StoreOptions> = {}): ThreadStore {
    const made = s3Store({
      ...connection({ ...endpoint, endpoint: through }),
      ...settings,
      bucket,
      prefix,
    } as S3StoreOptions);
    opened.push(made);
    return made;
  }

  beforeEach(async () => {
    prefix = `${randomBytes(8).toString("hex")}/`;
    store = open(`http://127.0.0.1:${proxy.port}`);
    other = open(endpoint.endpoint);
    // The self-check is done with before anything fails.
    await store.save("before", {});
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });

  const writes = httpRequest({ method: "PUT" });
  const reads = httpRequest({ method: "GET" });

  describe("an answer that is lost", () => {
    test("after a create is looked after, and the create is done once", async () => {
      const lost = proxy.arm({ type: "discardAnswer", when: writes });
      const saved = await store.save("a", { n: 1 });
      expect(lost.strikes).toBe(1);
      expect((await other.load("a"))?.version).toBe(saved.version);
    });

    test("after a replacement is looked after", async () => {
      const first = await store.save("a", { n: 1 });
      const lost = proxy.arm({ type: "discardAnswer", when: writes });
      const second = await store.save("a", { n: 2 }, { previous: first });
      expect(lost.strikes).toBe(1);
      expect(await other.load("a")).toMatchObject({ version: second.version, json: '{"n":2}' });
    });

    test("after a create over a tombstone is looked after", async () => {
      await store.save("a", { n: 1 });
      await store.delete("a");
      const lost = proxy.arm({ type: "discardAnswer", when: writes, nth: 2 });
      const saved = await store.save("a", { n: 2 });
      expect(lost.strikes).toBe(1);
      expect((await other.load("a"))?.version).toBe(saved.version);
    });

    test("after a delete leaves the doubt whose delete it was", async () => {
      await store.save("a", { n: 1 });
      proxy.arm({ type: "discardAnswer", when: writes });
      await expect(store.delete("a")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(await other.load("a")).toBeUndefined();
    });

    test("never undoes what another saved before the next try", async () => {
      const first = await store.save("a", { n: 1 });
      const held = proxy.arm({ type: "holdAnswer", when: writes });
      const saving = store.save("a", { n: 2 }, { previous: first }).catch((error: unknown) => error);
      await held.struck;
      const theirs = await other.save("a", { n: 3 }, { overwrite: true });
      held.cut();
      expect(await saving).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect((await other.load("a"))?.version).toBe(theirs.version);
    });

    test("never deletes what another created before the next try", async () => {
      await store.save("a", { n: 1 });
      const held = proxy.arm({ type: "holdAnswer", when: writes });
      const deleting = store.delete("a").catch((error: unknown) => error);
      await held.struck;
      const theirs = await other.save("a", { n: 3 });
      held.cut();
      expect(await deleting).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect((await other.load("a"))?.version).toBe(theirs.version);
    });

    test("of the self-check is no doubt about the save", async () => {
      const fresh = open(`http://127.0.0.1:${proxy.port}`);
      const lost = proxy.arm({ type: "discardAnswer", when: writes });
      await fresh.save("a", { n: 1 });
      expect(lost.strikes).toBe(1);
    });
  });

  describe("a connection that is cut", () => {
    test("in a load is made again, and never a part is returned", async () => {
      const saved = await store.save("a", { text: "x".repeat(500_000) });
      const cut = proxy.arm({ type: "cutAnswer", afterBytes: 200_000, when: reads });
      expect((await store.load("a"))?.json).toBe(saved.json);
      expect(cut.strikes).toBe(1);
    });

    test("in a listing is made again", async () => {
      await store.save("a", { text: "x".repeat(20_000) });
      const cut = proxy.arm({
        type: "cutAnswer",
        afterBytes: 5_000,
        when: httpRequest({ method: "GET", path: /root\/a/ }),
      });
      const page = await store.listPage();
      expect(page.threads.map(({ id }) => id)).toEqual(["a", "before"]);
      expect(cut.strikes).toBe(1);
    });

    test("in a save leaves the thread as it was, and the save is made again", async () => {
      const first = await store.save("a", { n: 1 });
      const cut = proxy.arm({ type: "cutRequest", afterBytes: 100_000, when: writes });
      const second = await store.save("a", { text: "x".repeat(500_000) }, { previous: first });
      expect(cut.strikes).toBe(1);
      expect((await other.load("a"))?.version).toBe(second.version);
    });

    test("while it is idle is not noticed", async () => {
      for (let round = 0; round < 5; round += 1) {
        const saved = await store.save("a", { round }, { overwrite: true });
        await proxy.cutAll();
        expect((await store.load("a"))?.version).toBe(saved.version);
        await proxy.cutAll();
        await store.save("a", { round, again: true }, { previous: saved });
      }
    });
  });

  describe("no answer at all", () => {
    test("to a load is UNAVAILABLE when its time is up", async () => {
      proxy.arm({ type: "blackHole", when: reads });
      await expect(store.load("before", { timeoutMs: 300 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect((await store.load("before"))?.json).toBe("{}");
    });

    test("to a save is OUTCOME_UNKNOWN when its time is up, and the thread is whole", async () => {
      proxy.arm({ type: "blackHole", when: writes });
      await expect(store.save("a", {}, { timeoutMs: 300 })).rejects.toMatchObject({
        code: "OUTCOME_UNKNOWN",
      });
      expect(await other.load("a")).toBeUndefined();
    });

    test("ends at once when the caller aborts, and its connection too", async () => {
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

    test("because nobody listens is UNAVAILABLE, and over when somebody does", async () => {
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

  test("SlowDown is waited for as long as S3 asks, and then it goes on", async () => {
    const body = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
    const headers = { "retry-after": "1", "content-type": "application/xml" };
    const slow = proxy.arm({ type: "answerHttp", status: 503, headers, body, when: writes });
    const started = performance.now();
    await store.save("a", { n: 1 });
    expect(slow.strikes).toBe(1);
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  test("a load of what the caller has already costs less than a kilobyte", async () => {
    const saved = await store.save("a", { text: "x".repeat(1_000_000) });
    const before = proxy.bytesDown;
    expect((await store.load("a", { cached: saved }))?.json).toBe(saved.json);
    expect(proxy.bytesDown - before).toBeLessThan(1024);
  });

  test("200 failing calls leave no connection behind", async () => {
    const impatient = open(`http://127.0.0.1:${proxy.port}`, { maxRetries: 0 });
    await impatient.save("a", {});
    for (let round = 0; round < 50; round += 1) {
      const calls = [
        impatient.save("a", {}),
        impatient.save("b", {}, { previous: "0123456789abcdef0123456789abcdef" }),
        impatient.load("nothing"),
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
