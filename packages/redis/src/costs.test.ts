import { createHook } from "node:async_hooks";
import { growThread } from "@threadstore/conformance";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { copyThreads } from "@threadstore/core/maintenance";
import { startRedis } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { afterAll, describe, expect, test } from "vitest";
import { BUCKET_COUNT } from "./keys.ts";
import { redisStore } from "./redis-store.ts";
import { freshPrefix } from "./redis.test-helper.ts";

/** A scan responds after 1000 keys, and the server of this file has fewer than 3000. */
const SCANS_PER_PASS = 3;

interface Cost {
  readonly commands: string[];
  readonly sent: number;
  readonly received: number;
}

await describeWithService("redis", "the cost of calls", async () => {
  // Not the shared server: MONITOR would report the commands of other test files, and ioredis fails if one arrives
  // together with the reply to MONITOR.
  const { endpoint, stop } = await startRedis();
  const client = new Redis(endpoint.url);
  const store = redisStore({ client, prefix: freshPrefix() });
  afterAll(async () => {
    client.disconnect();
    await stop();
  });

  /** Counts the commands of the store's connection and the bytes that it transfers. */
  async function costOf(work: () => Promise<unknown>): Promise<Cost> {
    const monitor = await client.monitor();
    const address = `127.0.0.1:${client.stream.localPort}`;
    const commands: string[] = [];
    const done = Promise.withResolvers<void>();
    monitor.on("monitor", (_: string, [command = ""]: string[], source: string) => {
      if (source !== address) return;
      if (command === "echo") done.resolve();
      else commands.push(command);
    });
    const { bytesRead, bytesWritten } = client.stream;
    await work();
    const cost = {
      commands,
      sent: client.stream.bytesWritten - bytesWritten,
      received: client.stream.bytesRead - bytesRead,
    };
    await client.echo("done");
    await done.promise;
    monitor.disconnect();
    return cost;
  }

  test("a load starts one timer, and a load or a save creates few promises", async () => {
    const own = redisStore({ url: endpoint.url, prefix: freshPrefix() });
    let previous = await own.save("thread", {});
    const load = (): Promise<unknown> => own.load("thread");
    const save = async (): Promise<unknown> => (previous = await own.save("thread", {}, { previous }));
    expect(await fewestResourcesOf(load)).toEqual({ promises: 21, timers: 1 });
    expect(await fewestResourcesOf(save)).toEqual({ promises: 25, timers: 1 });
    await own.close();
  });

  test("a page of namespaces scans the keys, and an erase takes a command for each thread", async () => {
    const view = store.namespace("tenants");
    for (const name of ["a", "b"]) for (const id of ["t", "u", "v"]) await view.namespace(name).save(id, {});
    const { commands } = await costOf(() => view.namespaces());
    expect(commands.filter((command) => command === "exists")).toHaveLength(BUCKET_COUNT);
    expect(commands.filter((command) => command === "scan")).toHaveLength(1);
    expect(commands).toHaveLength(BUCKET_COUNT + 1);
    const erasing = await costOf(() => view.erase());
    const scripts = erasing.commands.filter((command) => command.startsWith("eval"));
    // A page of each namespace, with a script for each bucket that has a thread on it, and a script for each thread.
    expect(scripts.length).toBeLessThanOrEqual(2 * 3 + 6);
    expect(erasing.commands).toHaveLength(BUCKET_COUNT + 1 + 2 * BUCKET_COUNT + scripts.length);
  });

  test("a copy scans the keys once, however many namespaces there are", async () => {
    const view = store.namespace("many");
    const names = Array.from({ length: 150 }, (_, n) => `tenant-${n}`);
    await Promise.all(names.map((name) => view.namespace(name).namespace("users").save("t", {})));
    const target = memoryStore();
    const { commands } = await costOf(() => copyThreads(view, target));
    expect((await target.namespaces({ limit: 200 })).namespaces).toHaveLength(150);
    expect(commands.filter((command) => command === "scan").length).toBeLessThanOrEqual(SCANS_PER_PASS);
    // Of namespaces, not of threads: a page of threads has a command for each bucket.
    expect(commands.filter((command) => command === "exists")).toHaveLength(BUCKET_COUNT);
  });

  const messages = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(1500)}`);
  const turn = { messages: [...messages, "y".repeat(1000)] };

  /** Saves a thread of 300 KB, and makes sure that the connection knows the scripts. */
  async function longThread(id: string, of: ThreadStore = store): ReturnType<ThreadStore["save"]> {
    const saved = await of.save(id, { messages });
    expect(saved.size).toBeGreaterThan(300_000);
    await of.load(id, { cached: saved });
    return saved;
  }

  test("appending a turn to a long thread sends only that turn, in one command", async () => {
    const saved = await longThread("long");
    const cost = await costOf(() => store.save("long", turn, { previous: saved }));
    expect(cost.commands).toEqual(["evalsha"]);
    expect(cost.sent).toBeLessThan(2048);
    expect(cost.received).toBeLessThan(10);
    expect((await store.load("long"))?.thread).toEqual(turn);
  });

  describe("growing a thread", () => {
    /** Returns how many bytes growing a thread turn by turn sends. */
    async function sentFor(turns: number): Promise<{ sent: number; size: number }> {
      const before = client.stream.bytesWritten;
      const { size } = await growThread(store, { id: `${turns} turns`, turns });
      return { sent: client.stream.bytesWritten - before, size };
    }

    test("sends only the new turns: in 200 turns at most 1.5 times its size", async () => {
      const { sent, size } = await sentFor(200);
      expect(size).toBeGreaterThan(300_000);
      expect(sent).toBeLessThan(1.5 * size);
    });

    test("sends an amount proportional to its size: for 800 turns at most 9 times as much as for 100", async () => {
      const [short, long] = [await sentFor(100), await sentFor(800)];
      expect(long.sent / short.sent).toBeLessThan(9);
    });
  });

  test("appending a turn to an expiring thread sends only that turn, in one command", async () => {
    const expiring = redisStore({ client, prefix: freshPrefix(), ttlMs: 3_600_000 });
    const saved = await longThread("long", expiring);
    const cost = await costOf(() => expiring.save("long", turn, { previous: saved }));
    expect(cost.commands).toEqual(["evalsha"]);
    expect(cost.sent).toBeLessThan(2048);
  });

  test("a load is one command, and transfers nothing of a cached thread that is unchanged", async () => {
    const saved = await longThread("loaded");
    const uncached = await costOf(() => store.load("loaded"));
    expect(uncached.commands).toEqual(["get"]);
    const cached = await costOf(() => store.load("loaded", { cached: saved }));
    expect(cached.commands).toEqual(["evalsha"]);
    expect(cached.sent + cached.received).toBeLessThan(300);
    const missing = await costOf(() => store.load("missing"));
    expect(missing.commands).toEqual(["get"]);
  });

  test("creating is one command, and deleting is two, which do not transfer the content", async () => {
    await store.save("other", {});
    await store.delete("other");
    expect((await costOf(() => store.save("small", {}))).commands).toEqual(["evalsha"]);
    await longThread("deleted");
    const cost = await costOf(() => store.delete("deleted"));
    expect(cost.commands).toEqual(["evalsha", "evalsha"]);
    expect(cost.received).toBeLessThan(8192);
  });

  test("the cost of a page depends on the page and the number of buckets, not on how many threads exist", async () => {
    const view = store.namespace("pages");
    const other = store.namespace("other");
    await Promise.all(Array.from({ length: 400 }, (_, index) => view.save(`${index}`, {})));
    await Promise.all(Array.from({ length: 400 }, (_, index) => other.save(`${index}`, {})));
    const small = await costOf(() => view.listPage({ limit: 10 }));
    const countOf = (name: string): number => small.commands.filter((each) => each === name).length;
    expect(countOf("zrangebylex")).toBe(BUCKET_COUNT);
    expect(countOf("evalsha") + countOf("eval")).toBeLessThanOrEqual(11);
    const large = await costOf(() => view.listPage({ limit: 400 }));
    expect(large.commands.length).toBeLessThanOrEqual(2 * BUCKET_COUNT + 20);
    const recent = await costOf(() => view.listPage({ order: "updated", limit: 10 }));
    expect(recent.commands.filter((each) => each === "zrangebyscore")).toHaveLength(BUCKET_COUNT);
    expect(recent.commands.length).toBeLessThanOrEqual(BUCKET_COUNT + 11);
    const empty = await costOf(() => store.namespace("empty").listPage());
    expect(empty.commands).toHaveLength(BUCKET_COUNT);
  });

  test("a listing reads only the ends of long threads", async () => {
    const view = store.namespace("long");
    for (const id of ["a", "b", "c"]) await longThread(id, view);
    const cost = await costOf(() => view.listPage());
    expect(cost.received).toBeLessThan(3 * 1000 + BUCKET_COUNT * 20);
  });

  test("a listing returns the trailers of records, however long", async () => {
    const view = store.namespace("metadata");
    for (const length of [1, 20_000, 65_000]) {
      await view.save(`${length}`, { messages }, { metadata: { summary: "x".repeat(length) } });
    }
    const lengths: (number | undefined)[] = [];
    const cost = await costOf(async () => {
      for (const { metadata } of (await view.listPage({ metadata: true })).threads)
        lengths.push(metadata?.["summary"]?.length);
    });
    expect(lengths).toEqual([1, 20_000, 65_000]);
    expect(cost.received).toBeLessThan(1000 + 2 * 82_000 + BUCKET_COUNT * 20);
  });

  test("an append costs the same at 10,000 messages as at 100, in two commands", async () => {
    const appendTo = async (count: number): Promise<Cost> => {
      await store.save(`chat-${count}`, { messages: Array(count).fill("x".repeat(300)) });
      return costOf(() => store.append(`chat-${count}`, ["y".repeat(300)], { key: "delivery" }));
    };
    await appendTo(1);
    const [short, long] = [await appendTo(100), await appendTo(10_000)];
    expect(long.commands).toEqual(["evalsha", "evalsha"]);
    expect(long.sent + long.received).toBeLessThan(1.5 * (short.sent + short.received));
    expect(long.sent + long.received).toBeLessThan(4000);
    const touched = await costOf(() => store.touch("chat-10000", { ttlMs: 1_000_000 }));
    expect(touched.commands).toEqual(["evalsha", "evalsha"]);
    expect(touched.sent + touched.received).toBeLessThan(4000);
  });
});

/**
 * Returns how many promises and timers exist more when a call has ended. Of several calls, the one that counts fewest:
 * other code of the process creates some, too, and a call must sometimes yield to the event loop.
 */
async function fewestResourcesOf(
  call: () => Promise<unknown>,
): Promise<{ promises: number; timers: number }> {
  const counts = { promises: 0, timers: 0 };
  const hook = createHook({
    init(_, type) {
      if (type === "PROMISE") counts.promises += 1;
      if (type === "Timeout") counts.timers += 1;
    },
  });
  const fewest = { promises: Infinity, timers: Infinity };
  for (let time = 0; time < 50; time += 1) {
    Object.assign(counts, { promises: 0, timers: 0 });
    hook.enable();
    await call();
    hook.disable();
    fewest.promises = Math.min(fewest.promises, counts.promises);
    fewest.timers = Math.min(fewest.timers, counts.timers);
  }
  return fewest;
}
