import { setTimeout as wait } from "node:timers/promises";
import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { startRedisCluster, startRedisSentinel } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { Cluster, Redis } from "ioredis";
import { expect, test } from "vitest";
import { redisStore } from "./redis-store.ts";
import { recordKey } from "./redis.test-helper.ts";

const prefix = "failover";
const ids = Array.from({ length: 12 }, (_, index) => `thread-${index}`);

interface Worker {
  readonly id: string;
  /** The last number that was saved and that a replica confirmed. */
  confirmed: number;
  /** The number of saves that succeeded after the master was killed. */
  savesAfterKill: number;
}

/**
 * Counts up in a thread, one save at a time, until `state.done`. `connectionTo` returns the connection that saves the
 * thread. WAIT on it tells whether a replica has the save: one that no replica has may be lost with its master.
 */
async function countUp(
  store: ThreadStore,
  worker: Worker,
  connectionTo: (id: string) => Redis | undefined,
  state: { killed: boolean; done: boolean; readonly failures: unknown[] },
): Promise<void> {
  const { id } = worker;
  while (!state.done) {
    try {
      let previous = await store.load(id);
      for (let confirmed = true; confirmed && !state.done;) {
        const n = Number(previous?.thread["n"] ?? 0) + 1;
        const connection = connectionTo(id);
        const stream = connection?.stream;
        const wasKilled = state.killed;
        previous = await store.save(id, { n }, { previous });
        if (wasKilled) worker.savesAfterKill += 1;
        const replicas = (await connection?.wait(1, 40)) ?? 0;
        confirmed = replicas > 0 && connection?.stream === stream && connectionTo(id) === connection;
        if (confirmed) worker.confirmed = n;
        await wait(3);
      }
    } catch (error) {
      if (ThreadStoreError.is(error)) state.failures.push(error.code);
      // WAIT was not answered: the master is gone.
      else if (!(error instanceof Error)) throw error;
    }
  }
}

/** Kills a master under load. Resolves with the codes of failed calls and the threads that lost a confirmed save. */
async function killUnderLoad(
  store: ThreadStore,
  connectionTo: (id: string) => Redis | undefined,
  kill: () => Promise<unknown>,
): Promise<{ failures: unknown[]; lost: string[] }> {
  const workers = ids.map((id): Worker => ({ id, confirmed: 0, savesAfterKill: 0 }));
  const state = { killed: false, done: false, failures: [] as unknown[] };
  const running = Promise.all(workers.map((worker) => countUp(store, worker, connectionTo, state)));
  const minimum = (name: "confirmed" | "savesAfterKill"): number =>
    Math.min(...workers.map((worker) => worker[name]));
  await expect.poll(() => minimum("confirmed")).toBeGreaterThan(10);
  await kill();
  state.killed = true;
  await expect.poll(() => minimum("savesAfterKill")).toBeGreaterThan(10);
  state.done = true;
  await running;
  const lost: string[] = [];
  for (const { id, confirmed } of workers) {
    const n = Number((await store.load(id))?.thread["n"]);
    if (n < confirmed) lost.push(`${id} went back from ${confirmed} to ${n}`);
  }
  return { failures: state.failures, lost };
}

/** Each thread has a single writer, which could only conflict with itself. */
const neverConflict = expect.toSatisfy((codes: unknown[]) =>
  codes.every((code) => code === "OUTCOME_UNKNOWN" || code === "UNAVAILABLE"),
);

await describeWithService("redis-cluster", "killing a master of a Cluster under load", () => {
  test("loses no confirmed save, and no writer conflicts with itself", async () => {
    await using service = await startRedisCluster();
    const client = new Cluster([...service.endpoint.nodes]);
    client.on("error", () => undefined);
    const store = redisStore({ client, prefix, maxRetries: 40 });
    const slots = new Map<string, number>();
    for (const id of ids) slots.set(id, await client.cluster("KEYSLOT", recordKey(prefix, id).toString()));
    const addressOf = (id: string): string | undefined => client.slots[slots.get(id) ?? 0]?.[0];
    // Otherwise the kill might not affect any thread.
    expect(new Set(ids.map(addressOf)).size).toBe(3);
    const connectionTo = (id: string): Redis | undefined =>
      client.nodes("master").find(({ options: { host, port } }) => `${host}:${port}` === addressOf(id));
    const result = await killUnderLoad(store, connectionTo, async () => service.servers.masters[0]?.kill());
    expect(result).toEqual({ failures: neverConflict, lost: [] });
    await store.close();
    client.disconnect();
  });
});

await describeWithService("redis-sentinel", "killing a master monitored by Sentinel under load", () => {
  test("loses no confirmed save, and no writer conflicts with itself", async () => {
    await using service = await startRedisSentinel();
    const { sentinels, master: name } = service.endpoint;
    const client = new Redis({ sentinels: [...sentinels], name });
    client.on("error", () => undefined);
    const store = redisStore({ client, prefix, maxRetries: 40 });
    const result = await killUnderLoad(
      store,
      () => client,
      () => service.servers.master.kill(),
    );
    expect(result).toEqual({ failures: neverConflict, lost: [] });
    await store.close();
    client.disconnect();
  });
});
