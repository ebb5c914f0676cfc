import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { Pool } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { directQuery } from "./harness.ts";
import { postgresStore } from "./postgres-store.ts";
import {
  altered,
  lock,
  lossyProxy,
  type LossyProxy,
  useStores,
  waitingProcess,
} from "./postgres.test-helper.ts";

await describeWithService("postgres", "connections", ({ url }) => {
  const stores = useStores(url);

  it("an aborted call releases its connection while the statement still waits for a lock", async () => {
    const { table } = stores;
    const pool = new Pool({ connectionString: url });
    const store = postgresStore({ pool, table });
    const first = await store.save("a", { n: 1 });
    const locked = await lock(url, table);
    const controller = new AbortController();
    const reason = new Error("the user left");
    const saving = store.save("a", { n: 2 }, { previous: first, signal: controller.signal });
    await expect.poll(() => waitingProcess(url, table)).toBeDefined();
    controller.abort(reason);
    await expect(saving).rejects.toBe(reason);
    expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
    await locked.end();
    expect((await store.load("a"))?.thread).toHaveProperty("n");
    await store.close();
    await pool.end();
  });

  describe("a lost response", () => {
    let proxy: LossyProxy;
    let store: ThreadStore;
    beforeEach(async () => {
      proxy = await lossyProxy(url);
      store = stores.open({ connectionString: altered(url, { host: proxy.host }) });
      await store.load("warm-up");
    });
    afterEach(() => proxy.close());

    it("to a creation: the save succeeds and is sent once", async () => {
      proxy.loseResponseTo("INSERT INTO");
      const saved = await store.save("a", { n: 1 });
      expect(proxy.lost).toBe(1);
      expect((await stores.open().load("a"))?.version).toBe(saved.version);
      expect(proxy.count("INSERT INTO")).toBe(1);
    });

    it("to a replacement: the save succeeds and is sent once", async () => {
      const first = await store.save("a", { n: 1 });
      proxy.loseResponseTo("UPDATE");
      const second = await store.save("a", { n: 2 }, { previous: first });
      expect(proxy.lost).toBe(1);
      expect((await stores.open().load("a"))?.version).toBe(second.version);
      expect(proxy.count("UPDATE")).toBe(1);
    });

    it("to a delete: the call is OUTCOME_UNKNOWN and is sent once", async () => {
      await store.save("a", {});
      proxy.loseResponseTo("DELETE FROM");
      await expect(store.delete("a")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(await stores.open().load("a")).toBeUndefined();
      expect(proxy.count("DELETE FROM")).toBe(1);
    });

    it("to a load: the load is retried", async () => {
      await store.save("a", { n: 1 });
      proxy.loseResponseTo("SELECT version");
      expect((await store.load("a"))?.thread).toEqual({ n: 1 });
      expect(proxy.lost).toBe(1);
    });
  });

  it("calls and close end in time if the server is silent", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const connection = {
      connectionString: altered(url, { host: `127.0.0.1:${port}` }),
      connectionTimeoutMillis: 500,
    };
    const store = stores.open(connection, { timeoutMs: 100 });
    await expect(store.load("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(store.save("a", {}, { timeoutMs: 100 })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await store.close();
    silent.close();
  });

  describe("close", () => {
    const connectionsOf = async (name: string): Promise<unknown[]> =>
      directQuery(url, "SELECT FROM pg_stat_activity WHERE application_name = $1", [name]);

    it("ends the connections that the store opened", async () => {
      const { table } = stores;
      const store = stores.open({ application_name: table });
      await Promise.all(["a", "b"].map((id) => store.save(id, {})));
      expect((await connectionsOf(table)).length).toBeGreaterThan(0);
      await store.close();
      await expect.poll(() => connectionsOf(table)).toEqual([]);
    });

    it("leaves a pool open that was passed in, and a pool that is closed too early is MISCONFIGURED", async () => {
      const { table } = stores;
      const pool = new Pool({ connectionString: url });
      const [one, two] = [postgresStore({ pool, table }), postgresStore({ pool, table })];
      await one.save("a", { n: 1 });
      await one.close();
      expect((await two.load("a"))?.thread).toEqual({ n: 1 });
      await pool.end();
      await expect(two.load("a")).rejects.toMatchObject({ code: "MISCONFIGURED" });
      await two.close();
    });
  });
});
