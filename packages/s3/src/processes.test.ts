import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { checkHistory, type Operation, RecordingClient } from "@threadstore/conformance";
import type { ThreadStore } from "@threadstore/core";
import { startCeph } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectionTo, createClient, newBucket } from "./bucket.test-helper.ts";
import { s3Store } from "./s3-store.ts";

const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

/** Sends a task to the child process, and resolves with its result. */
async function run(child: ChildProcess, ...task: unknown[]): Promise<unknown> {
  const response = once(child, "message");
  child.send(task);
  const [{ result }] = (await response) as [{ result: unknown }];
  return result;
}

const RACES = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 25 : 100;

await describeWithService("s3", "concurrent clients", (endpoint) => {
  const client = createClient(endpoint);
  let bucket = "";
  let store: ThreadStore;
  beforeAll(async () => {
    bucket = await newBucket(client);
    store = s3Store({ ...connectionTo(endpoint), bucket });
  });
  afterAll(async () => {
    await store.close();
    client.destroy();
  });

  test("of 20 clients that replace one version at once, exactly one succeeds", async () => {
    // On a busy machine, the self-checks of 20 clients at once take longer than the default `timeoutMs`.
    const options = { ...connectionTo(endpoint), bucket, timeoutMs: 300_000 };
    const clients = Array.from({ length: 20 }, () => s3Store(options));
    let previous = await store.save("raced", {});
    for (let round = 0; round < RACES; round += 1) {
      const current = previous;
      const saves = clients.map((each, n) => each.save("raced", { round, n }, { previous: current }));
      const outcomes = await Promise.allSettled(saves);
      const fulfilled = outcomes.filter((outcome) => outcome.status === "fulfilled");
      const rejected = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(fulfilled).toHaveLength(1);
      expect(new Set(rejected.map(({ reason }) => (reason as { code: string }).code))).toEqual(
        new Set(["CONFLICT"]),
      );
      const loaded = await store.load("raced");
      expect(loaded?.version).toBe(fulfilled[0]?.value.version);
      if (loaded !== undefined) previous = loaded;
    }
    await Promise.all(clients.map((each) => each.close()));
  });

  test("two processes lose no update, and exit after closing their stores", async () => {
    const options = JSON.stringify({ ...connectionTo(endpoint), bucket });
    const children = [fork(program, [options]), fork(program, [options])];
    const exits = children.map((child) => once(child, "exit"));
    for (let round = 0; round < 15; round += 1) {
      const { version } = await store.save("two", { round }, { overwrite: true });
      const outcomes = await Promise.all(children.map((child) => run(child, "race", "two", version)));
      expect(new Set(outcomes)).toEqual(new Set(["CONFLICT", "won"]));
    }
    await Promise.all(children.map((child) => run(child, "increment", "count", 20)));
    expect((await store.load("count"))?.thread).toEqual({ count: 40 });
    for (const child of children) child.send(["close"]);
    expect(await Promise.all(exits)).toEqual([
      [0, null],
      [0, null],
    ]);
  });
});

await describeWithService("s3", "a service that crashes", (shared) => {
  // The shared service shows that Ceph is available. This test kills another one.
  test("has applied every confirmed save, in one order", async () => {
    expect(shared.bucket).not.toBe("");
    await using ceph = await startCeph();
    const { endpoint, servers } = ceph;
    const client = createClient(endpoint);
    const bucket = await newBucket(client);
    const stores = Array.from({ length: 3 }, () => {
      return s3Store({ ...connectionTo(endpoint), bucket, timeoutMs: 120_000 });
    });
    const threads = ["a", "b"];
    const history: Operation[] = [];
    const stop = new AbortController();
    const workload = stores.map(async (store, n) => {
      const recording = new RecordingClient(`c${n}`, store, history);
      for (let turn = 0; !stop.signal.aborted; turn += 1) {
        const thread = threads[turn % 2] ?? "";
        const loaded = await recording.load(thread);
        if (loaded !== undefined) await recording.save(thread, loaded, { padding: 100 });
      }
    });
    const confirmedSaves = (): number => {
      return history.filter(({ type, outcome }) => type === "save" && outcome === "done").length;
    };
    const progress = async (): Promise<void> => {
      const before = confirmedSaves();
      await expect.poll(() => confirmedSaves() - before).toBeGreaterThan(10);
    };
    for (let kill = 0; kill < 3; kill += 1) {
      await progress();
      await servers.gateway.kill();
      await servers.gateway.restart();
    }
    await progress();
    stop.abort();
    await Promise.all(workload);
    const laterStore = s3Store({ ...connectionTo(endpoint), bucket });
    stores.push(laterStore);
    const last = new RecordingClient("end", laterStore, history);
    for (const thread of threads) await last.load(thread);
    const { verdict, threads: checks } = checkHistory(history);
    expect(verdict, checks.map(({ explanation }) => explanation).join("\n")).toBe("legal");
    for (const store of stores) await store.close();
    client.destroy();
  });
});
