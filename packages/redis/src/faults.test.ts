import { setTimeout as wait } from "node:timers/promises";
import {
  type FaultProxy,
  type ProxiedRequest,
  redisCommand,
  redisErrors,
  startFaultProxy,
} from "@threadstore/conformance/fault-proxy";
import { type StoreOptions, type ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { Redis, type RedisOptions } from "ioredis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { redisStore } from "./redis-store.ts";
import { freshPrefix } from "./redis.test-helper.ts";
import { deleteScript, writeScript } from "./scripts.ts";

/** The settings that make ioredis resend commands. */
type ResendOptions = Pick<
  RedisOptions,
  "autoResendUnfulfilledCommands" | "maxRetriesPerRequest" | "reconnectOnError"
>;

/** Resolves with the error of a call that must fail. */
function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => Promise.reject(new Error("The call succeeded.")),
    (error: unknown) => error,
  );
}

const warnings: Error[] = [];
process.on("warning", (warning) => warnings.push(warning));

await describeWithService("redis", "redisStore on an unreliable network", ({ url }) => {
  const { hostname: host, port } = new URL(url);
  let proxy: FaultProxy;
  let other: ThreadStore;
  let prefix: string;
  const clients: Redis[] = [];
  const stores: ThreadStore[] = [];

  beforeEach(async () => {
    proxy = await startFaultProxy({ target: { host, port: Number(port) } });
    prefix = freshPrefix();
    other = redisStore({ url, prefix });
  });
  afterEach(async () => {
    await Promise.all([other, ...stores.splice(0)].map((store) => store.close()));
    for (const client of clients.splice(0)) client.disconnect();
    await proxy.close();
    if (warnings.length > 0) throw new AggregateError(warnings.splice(0), "Node.js emitted warnings.");
  });

  function withClient(clientOptions: ResendOptions): (options?: StoreOptions) => ThreadStore {
    return (options) => {
      const client = new Redis({ ...clientOptions, host: "127.0.0.1", port: proxy.port, lazyConnect: true });
      client.on("error", () => undefined);
      clients.push(client);
      return track(redisStore({ ...options, client, prefix }));
    };
  }
  function track(store: ThreadStore): ThreadStore {
    stores.push(store);
    return store;
  }

  const runs =
    ({ sha1, source }: { readonly sha1: string; readonly source: string }) =>
    ({ redis }: ProxiedRequest): boolean =>
      redis !== undefined && (redis.arguments[0] === sha1 || redis.arguments[0] === source);
  const isWrite = runs(writeScript);

  /** Returns a function that counts the writes that pass the proxy from now on. */
  function countWrites(): () => number {
    let writes = 0;
    proxy.arm({
      type: "delay",
      milliseconds: 0,
      when: (request) => {
        if (isWrite(request)) writes += 1;
        return false;
      },
    });
    return () => writes;
  }

  describe.each([
    [
      "the client that the store creates",
      (options?: StoreOptions) =>
        track(redisStore({ ...options, url: `redis://127.0.0.1:${proxy.port}`, prefix })),
    ],
    ["a client with the defaults of ioredis", withClient({})],
    ["a client that does not resend", withClient({ autoResendUnfulfilledCommands: false })],
    ["a client that does not retry", withClient({ maxRetriesPerRequest: 0 })],
    ["a client that retries without limit", withClient({ maxRetriesPerRequest: null })],
    ["a client that resends after errors", withClient({ reconnectOnError: () => 2 })],
  ] as const)("%s", (_, open) => {
    test("a creation whose response is lost succeeds, and is sent once", async () => {
      const store = open();
      await store.load("warm");
      const writes = countWrites();
      const lost = proxy.arm({ type: "discardResponse", when: isWrite });
      const saved = await store.save("thread", { n: 1 });
      expect(lost.strikes).toBe(1);
      expect(writes()).toBe(1);
      expect((await other.load("thread"))?.version).toBe(saved.version);
      await store.load("thread");
      await wait(300);
      expect(writes()).toBe(1);
    });

    test("a replacement whose response is lost succeeds", async () => {
      const store = open();
      const first = await store.save("thread", { n: 1 });
      const lost = proxy.arm({ type: "discardResponse", when: isWrite });
      const second = await store.save("thread", { n: 2 }, { previous: first });
      expect(lost.strikes).toBe(1);
      expect((await other.load("thread"))?.version).toBe(second.version);
    });

    test("a delete whose response is lost is OUTCOME_UNKNOWN, and the thread is gone", async () => {
      const store = open();
      await store.save("thread", {});
      await store.load("thread");
      const lost = proxy.arm({ type: "discardResponse", when: runs(deleteScript) });
      await expect(store.delete("thread")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(lost.strikes).toBe(1);
      expect(await store.load("thread")).toBeUndefined();
    });

    test("if another client saves before the response is lost, its save stays and the call is OUTCOME_UNKNOWN", async () => {
      const store = open();
      const first = await store.save("thread", { n: 1 });
      const writes = countWrites();
      const held = proxy.arm({ type: "holdResponse", when: isWrite });
      const saving = failureOf(store.save("thread", { n: 2 }, { previous: first }));
      await held.struck;
      const otherSave = await other.save("thread", { n: 3 }, { overwrite: true });
      held.cut();
      expect(await saving).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      await store.load("thread");
      await wait(300);
      expect(writes()).toBe(1);
      expect((await other.load("thread"))?.version).toBe(otherSave.version);
    });

    test("if another client deletes before the response is lost, the thread is not created again", async () => {
      const store = open();
      await store.load("warm");
      const held = proxy.arm({ type: "holdResponse", when: isWrite });
      const saving = failureOf(store.save("thread", {}));
      await held.struck;
      expect(await other.delete("thread")).toBe(true);
      held.cut();
      expect(await saving).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      await store.load("warm");
      await wait(300);
      expect(await other.load("thread")).toBeUndefined();
    });

    test("a replacement that never arrives is retried", async () => {
      const store = open();
      const first = await store.save("thread", { n: 1 });
      const lost = proxy.arm({ type: "cutRequest", afterBytes: 20, when: isWrite });
      const second = await store.save("thread", { n: 2 }, { previous: first });
      expect(lost.strikes).toBe(1);
      expect((await other.load("thread"))?.version).toBe(second.version);
    });

    test("a load whose response is cut off is retried and returns the whole thread", async () => {
      const store = open();
      const thread = { text: "x".repeat(200_000) };
      await other.save("thread", thread);
      await store.load("warm");
      const cut = proxy.arm({ type: "cutResponse", afterBytes: 50_000 });
      expect((await store.load("thread"))?.thread).toEqual(thread);
      expect(cut.strikes).toBe(1);
    });

    test("a connection that is dropped while idle does not fail the next call", async () => {
      const store = open();
      await store.save("thread", { n: 1 });
      await proxy.cutAll();
      await expect.poll(() => proxy.openConnections).toBe(0);
      expect((await store.load("thread"))?.thread).toEqual({ n: 1 });
      await proxy.cutAll();
      expect((await store.save("thread", { n: 2 }, { overwrite: true })).thread).toEqual({ n: 2 });
    });

    test("a refused connection is UNAVAILABLE with its cause, and calls succeed once the server accepts again", async () => {
      proxy.refuse();
      const store = open({ maxRetries: 1 });
      for (const call of [
        () => store.load("thread"),
        () => store.save("thread", {}),
        () => store.delete("thread"),
        () => store.listPage(),
      ]) {
        const error = await call().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: "UNAVAILABLE",
          retryable: true,
          cause: { code: "ECONNREFUSED" },
        });
      }
      await proxy.accept();
      const patient = open();
      await patient.save("thread", {});
      await expect.poll(() => store.load("thread").catch(() => undefined)).toBeDefined();
    });

    test("a silent server ends a call at its deadline, and nothing is sent after that", async () => {
      const store = open();
      const first = await store.save("thread", { n: 1 });
      proxy.arm({ type: "blackHole", when: isWrite });
      const saving = store.save("thread", { n: 2 }, { previous: first, timeoutMs: 300 });
      await expect(saving).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      await expect(store.load("thread", { timeoutMs: 300 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
      const writes = countWrites();
      await proxy.cutAll();
      await expect
        .poll(() => store.load("thread").catch(() => undefined))
        .toMatchObject({ version: first.version });
      await wait(300);
      expect(writes()).toBe(0);
    });

    test("a call that is aborted while it waits for a connection sends nothing", async () => {
      const store = open();
      proxy.refuse();
      const controller = new AbortController();
      const reason = new Error("enough");
      const saving = store.save("thread", {}, { signal: controller.signal });
      controller.abort(reason);
      await expect(saving).rejects.toBe(reason);
      const writes = countWrites();
      await proxy.accept();
      await expect.poll(() => store.load("warm").then(() => "connected", String)).toBe("connected");
      await wait(200);
      expect(writes()).toBe(0);
    });

    test("each of 40 concurrent saves over breaking connections reports what happened", async () => {
      const store = open();
      const saves = Promise.allSettled(
        Array.from({ length: 40 }, async (_each, index) => {
          const first = await store.save(`${index}`, { n: 1 });
          return store.save(`${index}`, { n: 2 }, { previous: first });
        }),
      );
      for (let cut = 0; cut < 5; cut++) {
        await wait(15);
        await proxy.cutAll();
      }
      for (const outcome of await saves) {
        const code: unknown = outcome.status === "rejected" ? outcome.reason.code : "saved";
        expect(["saved", "OUTCOME_UNKNOWN", "UNAVAILABLE"]).toContain(code);
        const version = outcome.status === "rejected" ? undefined : outcome.value.version;
        const storedThread = outcome.status === "rejected" ? undefined : await other.load(outcome.value.id);
        expect(storedThread?.version).toBe(version);
      }
    });
  });

  test.each([
    ["is loading its data", redisErrors.loading],
    ["is a replica", redisErrors.readOnly],
    ["has lost its master", redisErrors.masterDown],
    ["has lost its cluster", redisErrors.clusterDown],
    ["is moving keys", redisErrors.tryAgain],
    ["has lost the script", redisErrors.noScript],
  ])("a save is retried if Redis %s for a moment", async (_, error) => {
    const store = track(redisStore({ url: `redis://127.0.0.1:${proxy.port}`, prefix }));
    const first = await store.save("thread", { n: 1 });
    const refusal = proxy.arm({ type: "respondRedis", error, when: isWrite });
    const second = await store.save("thread", { n: 2 }, { previous: first });
    expect(refusal.strikes).toBe(1);
    expect((await other.load("thread"))?.version).toBe(second.version);
  });

  test("the store's own connection is replaced after it has been silent for a while", async () => {
    const store = track(redisStore({ url: `redis://127.0.0.1:${proxy.port}`, prefix }));
    await other.save("thread", {});
    await store.load("thread");
    const silence = proxy.arm({ type: "blackHole", when: redisCommand("get") });
    expect(await store.load("thread")).toBeDefined();
    expect(silence.strikes).toBe(1);
    expect(proxy.connections).toBe(2);
  });

  test("a store can be closed at any moment after a call started", async () => {
    for (let ticks = 0; ticks < 40; ticks++) {
      const store = redisStore({ url: `redis://127.0.0.1:${proxy.port}`, prefix });
      const controller = new AbortController();
      const call = store.load("thread", { signal: controller.signal }).catch(() => undefined);
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      controller.abort();
      await call;
      await store.close();
    }
    await expect.poll(() => proxy.openConnections).toBe(0);
  });

  test("closing ends a connection that is ready, connecting or reconnecting", async () => {
    const openStore = () => redisStore({ url: `redis://127.0.0.1:${proxy.port}`, prefix, maxRetries: 0 });
    const ready = openStore();
    await ready.load("thread");
    await ready.close();
    await expect.poll(() => proxy.openConnections).toBe(0);

    const connecting = openStore();
    const call = connecting.load("thread", { timeoutMs: 1 }).catch(() => undefined);
    await call;
    await connecting.close();
    await expect.poll(() => proxy.openConnections).toBe(0);

    const reconnecting = openStore();
    await reconnecting.load("thread");
    proxy.refuse();
    await proxy.cutAll();
    await expect(reconnecting.load("thread")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await reconnecting.close();
    const before = proxy.connections;
    await proxy.accept();
    await wait(1200);
    expect(proxy.connections).toBe(before);
  });
});
