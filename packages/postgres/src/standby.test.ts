import { type PostgresReplicationService, startPostgresReplication } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countUp } from "./count-up.test-helper.ts";
import { postgresStore } from "./postgres-store.ts";
import { directConnection } from "./postgres.test-helper.ts";
import { type VirtualAddress, virtualAddressOf } from "./virtual-address.test-helper.ts";

await describeWithService("postgres", "a server with a standby", () => {
  let service: PostgresReplicationService;
  let address: VirtualAddress;
  beforeAll(async () => {
    service = await startPostgresReplication();
    address = await virtualAddressOf(service.endpoint.url);
  });
  afterAll(async () => {
    await address.close();
    await service.stop();
  });

  test("a standby refuses reads and writes, because it may lag behind an acknowledged save", async () => {
    const [primary, standby] = [service.endpoint.url, service.endpoint.standbyUrl].map((url) =>
      postgresStore({ url, maxRetries: 0 }),
    );
    const saved = await primary?.save("thread", {});
    const refused = { code: "UNAVAILABLE", retryable: true, message: expect.stringContaining("standby") };
    await expect(standby?.load("thread")).rejects.toMatchObject(refused);
    await expect(standby?.listPage()).rejects.toMatchObject(refused);
    await expect(standby?.save("thread", {}, { previous: saved })).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    await Promise.all([primary?.close(), standby?.close()]);
  });

  test("a failover in mid-call loses no acknowledged save, and no writer conflicts with itself", async () => {
    const store = postgresStore({ url: address.url, maxRetries: 1000, timeoutMs: 300_000 });
    const workers = Array.from({ length: 6 }, (_, index) => {
      return { id: `thread-${index}`, acknowledged: 0, savesAfterKill: 0 };
    });
    const state = { isKilled: false, isDone: false, codes: [] as unknown[] };
    const running = Promise.all(workers.map((worker) => countUp(store, worker, state)));
    const least = (name: "acknowledged" | "savesAfterKill"): number =>
      Math.min(...workers.map((worker) => worker[name]));
    await expect.poll(() => least("acknowledged")).toBeGreaterThan(10);
    await service.servers.primary.kill();
    // The address first, as DNS or a load balancer may be faster than the promotion.
    address.moveTo(service.endpoint.standbyUrl);
    const { direct, end } = directConnection(service.endpoint.standbyUrl);
    await direct("SELECT pg_promote()");
    await end();
    state.isKilled = true;
    await expect.poll(() => least("savesAfterKill")).toBeGreaterThan(10);
    state.isDone = true;
    await running;
    expect(state.codes.filter((code) => code !== "OUTCOME_UNKNOWN")).toEqual([]);
    for (const { id, acknowledged } of workers) {
      expect(Number((await store.load(id))?.thread["n"])).toBeGreaterThanOrEqual(acknowledged);
    }
    await store.close();
  });
});
