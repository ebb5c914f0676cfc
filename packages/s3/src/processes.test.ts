import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { checkHistory, type Operation, RecordingClient } from "@threadstore/conformance";
import type { ThreadStore } from "@threadstore/core";
import { startCeph } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOf, connection, newBucket } from "./bucket.test-helper.ts";
import { s3Store } from "./s3-store.ts";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

async function ask(child: ChildProcess, ...task: unknown[]): Promise<unknown> {
  const answered = once(child, "message");
  child.send(task);
  const [{ result }] = (await answered) as [{ result: unknown }];
  return result;
}

await describeWithService("s3", "several clients of one bucket", (endpoint) => {
  const client = clientOf(endpoint);
  let bucket = "";
  let store: ThreadStore;
  beforeAll(async () => {
    bucket = await newBucket(client);
    store = s3Store({ ...connection(endpoint), bucket });
  });
  afterAll(async () => {
    await store.close();
    client.destroy();
  });

  test("of 20 clients that save from one version one wins, 100 times", async () => {
    const clients = Array.from({ length: 20 }, () => s3Store({ ...connection(endpoint), bucket }));
    let previous = await store.save("raced", {});
    for (let round = 0; round < 100; round += 1) {
      const from = previous;
      const saving = clients.map((each, n) => each.save("raced", { round, n }, { previous: from }));
      const outcomes = await Promise.allSettled(saving);
      const won = outcomes.filter((outcome) => outcome.status === "fulfilled");
      const lost = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(won).toHaveLength(1);
      expect(new Set(lost.map(({ reason }) => (reason as { code: string }).code))).toEqual(
        new Set(["CONFLICT"]),
      );
      const loaded = await store.load("raced");
      expect(loaded?.version).toBe(won[0]?.value.version);
      if (loaded !== undefined) previous = loaded;
    }
    await Promise.all(clients.map((each) => each.close()));
  });

  test("two processes race and count, and end by themselves once closed", async () => {
    const options = JSON.stringify({ ...connection(endpoint), bucket });
    const children = [fork(program, [options]), fork(program, [options])];
    const ended = children.map((child) => once(child, "exit"));
    for (let round = 0; round < 15; round += 1) {
      const { version } = await store.save("two", { round }, { overwrite: true });
      const outcomes = await Promise.all(children.map((child) => ask(child, "race", "two", version)));
      expect(new Set(outcomes)).toEqual(new Set(["CONFLICT", "won"]));
    }
    await Promise.all(children.map((child) => ask(child, "increment", "count", 20)));
    expect((await store.load("count"))?.thread).toEqual({ count: 40 });
    for (const child of children) child.send(["close"]);
    expect(await Promise.all(ended)).toEqual([
      [0, null],
      [0, null],
    ]);
  });
});

await describeWithService("s3", "a service that is killed", (shared) => {
  // The shared one tells that Ceph can be had here; this one is to be hurt.
  test("has every acknowledged save afterwards, in one order", async () => {
    expect(shared.bucket).not.toBe("");
    await using ceph = await startCeph();
    const { endpoint, servers } = ceph;
    const client = clientOf(endpoint);
    const bucket = await newBucket(client);
    const stores = Array.from({ length: 3 }, () => {
      return s3Store({ ...connection(endpoint), bucket, timeoutMs: 120_000 });
    });
    const threads = ["a", "b"];
    const history: Operation[] = [];
    const stop = new AbortController();
    const racing = stores.map(async (store, n) => {
      const recording = new RecordingClient(`c${n}`, store, history);
      for (let turn = 0; !stop.signal.aborted; turn += 1) {
        const thread = threads[turn % 2] ?? "";
        const seen = await recording.load(thread);
        if (seen !== undefined) await recording.save(thread, seen, { padding: 100 });
      }
    });
    const saves = (): number => {
      return history.filter(({ type, outcome }) => type === "save" && outcome === "done").length;
    };
    const progress = async (): Promise<void> => {
      const before = saves();
      await expect.poll(() => saves() - before).toBeGreaterThan(10);
    };
    for (let kill = 0; kill < 3; kill += 1) {
      await progress();
      await servers.gateway.kill();
      await servers.gateway.restart();
    }
    await progress();
    stop.abort();
    await Promise.all(racing);
    const later = s3Store({ ...connection(endpoint), bucket });
    stores.push(later);
    const last = new RecordingClient("end", later, history);
    for (const thread of threads) await last.load(thread);
    const { verdict, threads: checks } = checkHistory(history);
    expect(verdict, checks.map(({ explanation }) => explanation).join("\n")).toBe("legal");
    for (const store of stores) await store.close();
    client.destroy();
  });
});
