import { growThread } from "@threadstore/conformance";
import type { ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { Redis } from "ioredis";
import { afterAll, describe, expect, test } from "vitest";
import { bucketCount } from "./keys.ts";
import { redisStore } from "./redis-store.ts";
import { freshPrefix } from "./tools.test-helper.ts";

interface Cost {
  readonly commands: string[];
  readonly sent: number;
  readonly received: number;
}

await describeWithService("redis", "what calls cost", ({ url }) => {
  const client = new Redis(url);
  const store = redisStore({ client, prefix: freshPrefix() });
  afterAll(() => client.disconnect());

  /** The commands of the store's connection, and what goes over it. */
  async function costOf(work: () => Promise<unknown>): Promise<Cost> {
    const monitor = await client.monitor();
    const own = `127.0.0.1:${client.stream.localPort}`;
    const commands: string[] = [];
    const done = Promise.withResolvers<void>();
    monitor.on("monitor", (_: string, [command = ""]: string[], source: string) => {
      if (source !== own) return;
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

  const messages = Array.from({ length: 200 }, (_, index) => `${index} ${"x".repeat(1500)}`);
  const turn = { messages: [...messages, "y".repeat(1000)] };

  /** A thread of 300 KB, on a connection that knows the scripts. */
  async function longThread(id: string, of: ThreadStore = store): ReturnType<ThreadStore["save"]> {
    const saved = await of.save(id, { messages });
    expect(saved.size).toBeGreaterThan(300_000);
    await of.load(id, { cached: saved });
    return saved;
  }

  test("a turn at the end of a long thread sends that turn, in one command", async () => {
    const saved = await longThread("long");
    const cost = await costOf(() => store.save("long", turn, { previous: saved }));
    expect(cost.commands).toEqual(["evalsha"]);
    expect(cost.sent).toBeLessThan(2048);
    expect(cost.received).toBeLessThan(10);
    expect((await store.load("long"))?.thread).toEqual(turn);
  });

  describe("to let a thread grow", () => {
    /** What a thread of so many turns has sent, with its commands. */
    async function sentFor(turns: number): Promise<{ sent: number; size: number }> {
      const before = client.stream.bytesWritten;
      const { size } = await growThread(store, { id: `${turns} turns`, turns });
      return { sent: client.stream.bytesWritten - before, size };
    }

    test("sends what is new: in 200 turns at most 1.5 times its size", async () => {
      const { sent, size } = await sentFor(200);
      expect(size).toBeGreaterThan(300_000);
      expect(sent).toBeLessThan(1.5 * size);
    });

    test("sends in proportion: from 100 to 800 turns at most 9 times as much", async () => {
      const [short, long] = [await sentFor(100), await sentFor(800)];
      expect(long.sent / short.sent).toBeLessThan(9);
    });
  });

  test("so it does when threads expire", async () => {
    const expiring = redisStore({ client, prefix: freshPrefix(), ttlMs: 3_600_000 });
    const saved = await longThread("long", expiring);
    const cost = await costOf(() => expiring.save("long", turn, { previous: saved }));
    expect(cost.commands).toEqual(["evalsha"]);
    expect(cost.sent).toBeLessThan(2048);
  });

  test("a load is one command; of a thread that the caller has, it transfers nothing of it", async () => {
    const saved = await longThread("loaded");
    const cold = await costOf(() => store.load("loaded"));
    expect(cold.commands).toEqual(["get"]);
    const warm = await costOf(() => store.load("loaded", { cached: saved }));
    expect(warm.commands).toEqual(["evalsha"]);
    expect(warm.sent + warm.received).toBeLessThan(300);
    const nothing = await costOf(() => store.load("nothing"));
    expect(nothing.commands).toEqual(["get"]);
  });

  test("creating is one command, and deleting a load and one command", async () => {
    await store.save("other", {});
    await store.delete("other");
    expect((await costOf(() => store.save("small", {}))).commands).toEqual(["evalsha"]);
    expect((await costOf(() => store.delete("small"))).commands).toEqual(["get", "evalsha"]);
  });

  test("a page costs its buckets and its records, however many threads there are", async () => {
    const view = store.namespace("pages");
    const other = store.namespace("other");
    await Promise.all(Array.from({ length: 400 }, (_, index) => view.save(`${index}`, {})));
    await Promise.all(Array.from({ length: 400 }, (_, index) => other.save(`${index}`, {})));
    const small = await costOf(() => view.listPage({ limit: 10 }));
    const counted = (name: string): number => small.commands.filter((each) => each === name).length;
    expect(counted("zrangebylex")).toBe(bucketCount);
    expect(counted("evalsha") + counted("eval")).toBeLessThanOrEqual(11);
    const large = await costOf(() => view.listPage({ limit: 400 }));
    expect(large.commands.length).toBeLessThanOrEqual(2 * bucketCount + 20);
    const empty = await costOf(() => store.namespace("empty").listPage());
    expect(empty.commands).toHaveLength(bucketCount);
  });

  test("a listing reads the ends of long threads only", async () => {
    const view = store.namespace("long");
    for (const id of ["a", "b", "c"]) await longThread(id, view);
    const cost = await costOf(() => view.listPage());
    expect(cost.received).toBeLessThan(3 * 16_500 + bucketCount * 20);
  });
});
