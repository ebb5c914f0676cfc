import { type PgBouncerService, startPgBouncer } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countUp } from "./count-up.test-helper.ts";
import { postgresStore } from "./postgres-store.ts";
import { type Direct, directConnection } from "./postgres.test-helper.ts";

await describeWithService("pgbouncer", "a server that crashes", () => {
  let service: PgBouncerService;
  let directUrl: string;
  let url: string;
  let direct: Direct;
  let end: () => Promise<void>;
  beforeAll(async () => {
    service = await startPgBouncer();
    ({ directUrl, url } = service.endpoint);
    ({ direct, end } = directConnection(directUrl));
  });
  afterAll(async () => {
    await end();
    await service.stop();
  });

  /** Starts the server again after a crash. The processes of a killed server take a moment to end. */
  async function restart(): Promise<void> {
    await expect
      .poll(() => service.servers.postgres.restart().then(() => "running", String), { interval: 50 })
      .toBe("running");
  }

  test("with kill -9 under load loses no acknowledged save, and no writer conflicts with itself", async () => {
    const stores = [directUrl, url].map((each) =>
      postgresStore({ url: each, maxRetries: 100, timeoutMs: 300_000 }),
    );
    const workers = Array.from({ length: 6 }, (_, index) => {
      return { id: `thread-${index}`, acknowledged: 0, savesAfterKill: 0 };
    });
    const state = { isKilled: false, isDone: false, codes: [] as unknown[] };
    const running = Promise.all(
      workers.map(async (worker, index) => {
        const store = stores[index % 2];
        if (store !== undefined) await countUp(store, worker, state);
      }),
    );
    const least = (name: "acknowledged" | "savesAfterKill"): number =>
      Math.min(...workers.map((worker) => worker[name]));
    await expect.poll(() => least("acknowledged")).toBeGreaterThan(10);
    await service.servers.postgres.kill("SIGKILL");
    await restart();
    state.isKilled = true;
    await expect.poll(() => least("savesAfterKill")).toBeGreaterThan(10);
    state.isDone = true;
    await running;
    // Each thread has a single writer, which could only conflict with itself.
    expect(state.codes.filter((code) => code !== "OUTCOME_UNKNOWN")).toEqual([]);
    for (const { id, acknowledged } of workers) {
      expect(Number((await stores[0]?.load(id))?.thread["n"])).toBeGreaterThanOrEqual(acknowledged);
    }
    await Promise.all(stores.map((store) => store.close()));
  });

  test("has every acknowledged save and delete, even with synchronous_commit = off", async () => {
    // With these settings, commits do not wait for the disk, and reach it seconds later.
    await direct("ALTER SYSTEM SET synchronous_commit = off");
    await direct("ALTER SYSTEM SET wal_writer_delay = '10s'");
    await service.servers.postgres.kill();
    await restart();
    expect(await direct("SHOW synchronous_commit")).toEqual([{ synchronous_commit: "off" }]);
    const store = postgresStore({ url: directUrl });
    const first = await store.save("replaced", { n: 1 });
    await store.save("deleted", {});
    for (const lastCall of [
      () => store.save("replaced", { n: 2 }, { previous: first }),
      () => store.delete("deleted"),
      () => store.save("created", { n: 3 }),
    ]) {
      // Flushes everything that does not belong to the call.
      await direct("CHECKPOINT");
      await lastCall();
      await service.servers.postgres.kill();
      await restart();
    }
    expect((await store.load("replaced"))?.thread).toEqual({ n: 2 });
    expect(await store.load("deleted")).toBeUndefined();
    expect((await store.load("created"))?.thread).toEqual({ n: 3 });
    await store.close();
  });
});
