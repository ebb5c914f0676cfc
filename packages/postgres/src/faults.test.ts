import { type FaultProxy, type RequestMatcher } from "@threadstore/conformance/fault-proxy";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startProxyTo } from "./postgres-protocol.test-helper.ts";
import { postgresStore } from "./postgres-store.ts";
import {
  altered,
  directConnection,
  dropTables,
  freshPrefix,
  lock,
  waitingProcess,
} from "./postgres.test-helper.ts";

const INSERT = "INSERT INTO";
const UPDATE = "UPDATE";
const DELETE = "DELETE FROM";
const SELECT = "SELECT";

function statement(text: string): RequestMatcher {
  return ({ bytes }) => Buffer.from(bytes).includes(text);
}

const warnings: Error[] = [];
process.on("warning", (warning) => warnings.push(warning));

await describeWithService("pgbouncer", "postgresStore on an unreliable network", ({ url, directUrl }) => {
  const tablePrefix = freshPrefix();
  const { direct, end } = directConnection(directUrl);
  const other = postgresStore({ url: directUrl, tablePrefix });
  const stores: ThreadStore[] = [];
  const pools: Pool[] = [];
  let proxy: FaultProxy;
  let requests: Buffer[] = [];
  let threads = 0;
  const newId = (): string => `thread-${(threads += 1)}`;

  beforeAll(async () => {
    await other.load("warm");
  });
  afterAll(async () => {
    await other.close();
    await dropTables(direct, tablePrefix);
    await end();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await Promise.all(pools.splice(0).map((pool) => pool.end()));
    await proxy.close();
    if (warnings.length > 0) throw new AggregateError(warnings.splice(0), "Node.js emitted warnings.");
  });

  function openOnBouncer(options: StoreOptions = {}): ThreadStore {
    const store = postgresStore({
      ...options,
      url: altered(url, { host: `127.0.0.1:${proxy.port}` }),
      tablePrefix,
      // This PgBouncer may not know prepared statements, and each test counts on the first statement.
      prepare: false,
    });
    stores.push(store);
    return store;
  }

  function openOnPool(options: StoreOptions = {}): ThreadStore {
    const pool = new Pool({ connectionString: altered(directUrl, { host: `127.0.0.1:${proxy.port}` }) });
    pool.on("error", () => undefined);
    pools.push(pool);
    const store = postgresStore({ ...options, client: pool, tablePrefix });
    stores.push(store);
    return store;
  }

  async function startProxy(target: string): Promise<void> {
    proxy = await startProxyTo(target);
    requests = [];
    const record: RequestMatcher = ({ bytes }) => {
      requests.push(Buffer.from(bytes));
      return false;
    };
    proxy.arm({ type: "delay", milliseconds: 0, when: record });
  }

  const count = (text: string): number => requests.filter((each) => each.includes(text)).length;

  // conformance.test.ts does the same with the pool that the store creates.
  describe.each([
    ["a pool of pg with its defaults", directUrl, openOnPool],
    ["PgBouncer", url, openOnBouncer],
  ])("%s", (_, target, openStore) => {
    beforeEach(async () => {
      await startProxy(target);
    });

    test("a creation whose response is lost succeeds, and is sent once", async () => {
      const [store, thread] = [openStore(), newId()];
      const lost = proxy.arm({ when: statement(INSERT), type: "discardResponse" });
      const saved = await store.save(thread, { n: 1 });
      expect(lost.strikes).toBe(1);
      expect(count(INSERT)).toBe(1);
      expect((await other.load(thread))?.version).toBe(saved.version);
    });

    test("a replacement whose response is lost succeeds, and is sent once", async () => {
      const [store, thread] = [openStore(), newId()];
      const first = await store.save(thread, { n: 1 });
      const lost = proxy.arm({ when: statement(UPDATE), type: "discardResponse" });
      const second = await store.save(thread, { n: 2 }, { previous: first });
      expect(lost.strikes).toBe(1);
      expect(count(UPDATE)).toBe(1);
      expect((await other.load(thread))?.version).toBe(second.version);
    });

    test("a delete whose response is lost is OUTCOME_UNKNOWN, and the thread is gone", async () => {
      const [store, thread] = [openStore(), newId()];
      await store.save(thread, {});
      const lost = proxy.arm({ when: statement(DELETE), type: "discardResponse" });
      await expect(store.delete(thread)).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(lost.strikes).toBe(1);
      expect(await other.load(thread)).toBeUndefined();
    });

    test("if another client saves before the response is lost, its save stays and the call is OUTCOME_UNKNOWN", async () => {
      const [store, thread] = [openStore(), newId()];
      const first = await store.save(thread, { n: 1 });
      const held = proxy.arm({ when: statement(UPDATE), type: "holdResponse" });
      const saving = store.save(thread, { n: 2 }, { previous: first }).catch((error: unknown) => error);
      await held.struck;
      const otherSave = await other.save(thread, { n: 3 }, { overwrite: true });
      held.cut();
      expect(await saving).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect((await other.load(thread))?.version).toBe(otherSave.version);
      expect(count(UPDATE)).toBe(1);
    });

    test("if another client deletes before the response is lost, the thread is not created again", async () => {
      const [store, thread] = [openStore(), newId()];
      const held = proxy.arm({ when: statement(INSERT), type: "holdResponse" });
      const saving = store.save(thread, {}).catch((error: unknown) => error);
      await held.struck;
      expect(await other.delete(thread)).toBe(true);
      held.cut();
      expect(await saving).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(await other.load(thread)).toBeUndefined();
    });

    test("a replacement that never arrives is retried", async () => {
      const [store, thread] = [openStore(), newId()];
      const first = await store.save(thread, { n: 1 });
      const lost = proxy.arm({ when: statement(UPDATE), type: "cutRequest", afterBytes: 20 });
      const second = await store.save(thread, { n: 2 }, { previous: first });
      expect(lost.strikes).toBe(1);
      expect((await other.load(thread))?.version).toBe(second.version);
    });

    test("a load whose response is cut off is retried and returns the whole thread", async () => {
      const [store, id] = [openStore(), newId()];
      const thread = { text: "x".repeat(200_000) };
      await other.save(id, thread);
      const cut = proxy.arm({ when: statement(SELECT), type: "cutResponse", afterBytes: 50_000 });
      expect((await store.load(id))?.thread).toEqual(thread);
      expect(cut.strikes).toBe(1);
    });

    test("a connection that is dropped while idle does not fail the next call", async () => {
      const [store, thread] = [openStore(), newId()];
      const first = await store.save(thread, { n: 1 });
      await proxy.cutAll();
      expect((await store.load(thread))?.thread).toEqual({ n: 1 });
      await proxy.cutAll();
      expect((await store.save(thread, { n: 2 }, { previous: first })).thread).toEqual({ n: 2 });
    });

    test("a silent server ends a call at its deadline, and later calls get a new connection", async () => {
      const [store, thread] = [openStore(), newId()];
      const first = await store.save(thread, { n: 1 });
      const silence = proxy.arm({ when: statement(UPDATE), type: "blackHole" });
      const saving = store.save(thread, { n: 2 }, { previous: first, timeoutMs: 500 });
      await expect(saving).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(silence.strikes).toBe(1);
      expect(await store.load(thread)).toMatchObject({ version: first.version });
      expect(count(UPDATE)).toBe(1);
    });

    test("a refused connection is UNAVAILABLE, and calls succeed once the server accepts again", async () => {
      const store = openStore({ maxRetries: 1 });
      proxy.refuse();
      await proxy.cutAll();
      for (const call of [() => store.load("a"), () => store.save("a", {}), () => store.listPage()]) {
        await expect(call()).rejects.toMatchObject({
          code: "UNAVAILABLE",
          retryable: true,
          cause: { code: "ECONNREFUSED" },
        });
      }
      await proxy.accept();
      expect(await store.load(newId())).toBeUndefined();
    });
  });

  describe("a call that is aborted", () => {
    beforeEach(async () => {
      await startProxy(directUrl);
    });

    test("while it waits for a connection of the pool sends nothing", async () => {
      const pool = new Pool({
        connectionString: altered(directUrl, { host: `127.0.0.1:${proxy.port}` }),
        max: 1,
      });
      pools.push(pool);
      const store = postgresStore({ client: pool, tablePrefix });
      const client = await pool.connect();
      const controller = new AbortController();
      const reason = new Error("enough");
      const saving = store.save(newId(), {}, { signal: controller.signal });
      await expect.poll(() => pool.waitingCount).toBe(1);
      controller.abort(reason);
      await expect(saving).rejects.toBe(reason);
      client.release();
      await store.load("after");
      expect(count(INSERT)).toBe(0);
      expect(pool.totalCount).toBe(1);
      await store.close();
    });

    test("releases its connection while the statement still waits for a lock", async () => {
      const pool = new Pool({ connectionString: directUrl });
      pools.push(pool);
      const [store, thread] = [postgresStore({ client: pool, tablePrefix }), newId()];
      const first = await store.save(thread, { n: 1 });
      const locked = await lock(directUrl, tablePrefix);
      const controller = new AbortController();
      const reason = new Error("the user left");
      const saving = store.save(thread, { n: 2 }, { previous: first, signal: controller.signal });
      await expect.poll(() => waitingProcess(direct, tablePrefix)).toBeDefined();
      controller.abort(reason);
      await expect(saving).rejects.toBe(reason);
      expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
      await locked.end();
      expect((await store.load(thread))?.thread).toHaveProperty("n");
      await store.close();
    });
  });

  test("a save whose server process is terminated in mid-call is retried", async () => {
    await startProxy(directUrl);
    for (const target of [directUrl, url]) {
      const store = postgresStore({ url: target, tablePrefix });
      const first = await store.save(newId(), { n: 1 });
      const locked = await lock(directUrl, tablePrefix);
      const saving = store.save(first.id, { n: 2 }, { previous: first });
      await expect.poll(() => waitingProcess(direct, tablePrefix)).toBeDefined();
      await direct("SELECT pg_terminate_backend($1)", [await waitingProcess(direct, tablePrefix)]);
      await locked.end();
      expect((await saving).thread).toEqual({ n: 2 });
      expect((await other.load(first.id))?.thread).toEqual({ n: 2 });
      await store.close();
    }
  });
});
