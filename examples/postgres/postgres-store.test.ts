// What the conformance suite cannot see from outside: the table, the connections, and the failures of PostgreSQL.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type StoreOptions, ThreadStoreError, type ThreadStore } from "@threadstore/core";
import { type PostgresService, startPostgres } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { DatabaseError, Pool, type PoolConfig } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { explain, markLost, markUnsent } from "./explain.ts";
import { rowsOf } from "./harness.ts";
import { postgresDriver, type PostgresDriverOptions, postgresStore } from "./postgres-store.ts";
import { statementsFor } from "./statements.ts";
import { altered, freshTable, lock, lossyProxy, type LossyProxy, waiting } from "./tools.test-helper.ts";

describe("options", () => {
  const pool = new Pool();
  it.each([
    [{}],
    [{ pool, connection: {} }],
    [{ pool: null }],
    [{ pool: {} }],
    [{ pool, table: "" }],
    [{ pool, table: 1 }],
    [{ pool, table: "a\0b" }],
    [{ pool, table: "é".repeat(32) }],
    [{ pool, timeoutMs: -1 }],
  ])("%# are wrong: a TypeError", (wrong) => {
    expect(() => postgresStore(wrong as unknown as PostgresDriverOptions)).toThrow(TypeError);
  });
});

describe("a failure", () => {
  function answered(code: string): DatabaseError {
    return Object.assign(new DatabaseError("a message", 9, "error"), { code, severity: "ERROR" });
  }

  // Those that a test cannot bring about. The others are below.
  it.each([
    ["08006", "UNAVAILABLE", "unknown"],
    ["40001", "UNAVAILABLE", "no"],
    ["40003", "UNAVAILABLE", "unknown"],
    ["40P01", "UNAVAILABLE", "no"],
    ["3F000", "MISCONFIGURED", "no"],
    ["53100", "STORAGE_FULL", "no"],
    ["53200", "UNAVAILABLE", "no"],
    ["54000", "TOO_LARGE", "no"],
    ["57P01", "UNAVAILABLE", "unknown"],
    ["57P02", "UNAVAILABLE", "unknown"],
    ["57P03", "UNAVAILABLE", "no"],
    ["XX001", "CORRUPT", "no"],
    ["XX000", "BACKEND_ERROR", "unknown"],
    ["99999", "BACKEND_ERROR", "unknown"],
  ])("that the server calls %s is %s, applied: %s", (state, code, applied) => {
    expect(explain(answered(state))).toMatchObject({ code, applied });
  });

  it("of a statement that was never sent has had no effect, whatever it is", () => {
    expect(explain(markUnsent(answered("57P01")))).toMatchObject({ code: "UNAVAILABLE", applied: "no" });
    expect(explain(markUnsent(new Error("a message")))).toMatchObject({ code: "UNAVAILABLE", applied: "no" });
    const certificate = Object.assign(new Error("a message"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(explain(markUnsent(certificate))).toMatchObject({ code: "MISCONFIGURED", applied: "no" });
  });

  it("without an answer may have had an effect; one of somebody else's is not explained", () => {
    expect(explain(markLost(new Error("a message")))).toMatchObject({
      code: "UNAVAILABLE",
      applied: "unknown",
    });
    expect(explain(new Error("a message"))).toBeUndefined();
    expect(explain(undefined)).toBeUndefined();
  });
});

await describeWithService("postgres", "postgresStore", ({ url }) => {
  let table: string;
  const stores: ThreadStore[] = [];

  function open(connection: PoolConfig = {}, options: StoreOptions = {}): ThreadStore {
    const store = postgresStore({ ...options, connection: { connectionString: url, ...connection }, table });
    stores.push(store);
    return store;
  }
  beforeEach(() => {
    table = freshTable();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await rowsOf(url, `DROP TABLE IF EXISTS ${table}`);
  });

  describe("the table", () => {
    it("is created once by all who come at once", async () => {
      const comers = Array.from({ length: 12 }, (_, n) => open().save(`thread-${n}`, { n }));
      const outcomes = await Promise.allSettled(comers);
      expect(outcomes.filter(({ status }) => status === "rejected")).toEqual([]);
      expect((await open().listPage()).threads).toHaveLength(12);
    });

    it("has when a thread expires, for whoever removes what has expired by SQL", async () => {
      const store = open();
      const { expiresAt } = await store.save("a", {}, { ttlMs: 60_000 });
      await store.save("b", {});
      expect(await rowsOf(url, `SELECT expires_at FROM ${table} ORDER BY id`)).toEqual([
        { expires_at: expiresAt },
        { expires_at: null },
      ]);
    });

    it("gives a page by its index", async () => {
      const store = open();
      await store.save("a", {});
      const more = `
        INSERT INTO ${table} SELECT convert_to('n' || n % 10, 'UTF8'), convert_to(n::text, 'UTF8'), n, '', ''
        FROM generate_series(1, 5000) AS n`;
      await rowsOf(url, more);
      await rowsOf(url, `ANALYZE ${table}`);
      const after = [Buffer.from("n5"), Buffer.from("3000"), 10];
      const plan = await rowsOf(url, `EXPLAIN ${statementsFor(table).list}`, after);
      const lines = plan.flatMap((row) => Object.values(row));
      expect(lines.join("\n")).toMatch(/Index Scan/u);
      expect(lines.join("\n")).toMatch(/Index Cond: .*namespace = .* AND .*id > /u);
    });

    it("of another application is MISCONFIGURED, and stays as it is", async () => {
      await rowsOf(url, `CREATE TABLE ${table} (name text)`);
      const store = open();
      await expect(store.save("a", {})).rejects.toMatchObject({
        code: "MISCONFIGURED",
        cause: { code: "42703" },
      });
      await expect(store.load("a")).rejects.toMatchObject({ code: "MISCONFIGURED" });
    });
  });

  describe("a role", () => {
    // A schema of the same name, in which it may create nothing.
    const role = freshTable();
    const options = `-c search_path=${role}`;
    const as = { connectionString: altered(url, { username: role, password: "secret" }), options };
    beforeAll(async () => {
      await rowsOf(url, `CREATE SCHEMA ${role}; CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
      await rowsOf(url, `GRANT USAGE ON SCHEMA ${role} TO ${role}`);
    });
    afterAll(() => rowsOf(url, `DROP SCHEMA ${role} CASCADE; DROP ROLE ${role}`));

    it("that may not create the table is told, and needs no right to where it is there", async () => {
      const store = open(as);
      const error: unknown = await store.load("a").catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "ACCESS_DENIED", cause: { code: "42501" } });
      await open({ options }).load("a");
      await rowsOf(url, `GRANT SELECT, INSERT, UPDATE, DELETE ON ${role}.${table} TO ${role}`);
      await store.save("a", {});
      expect(await store.delete("a")).toBe(true);
    });

    it("that may have no more connections is UNAVAILABLE", async () => {
      await rowsOf(url, `ALTER ROLE ${role} CONNECTION LIMIT 0`);
      const save = open(as, { maxRetries: 0 }).save("a", {});
      await expect(save).rejects.toMatchObject({ code: "UNAVAILABLE", cause: { code: "53300" } });
      await rowsOf(url, `ALTER ROLE ${role} CONNECTION LIMIT -1`);
    });
  });

  it.each([
    ["a wrong password", { password: "wrong" }, "ACCESS_DENIED", "28P01"],
    ["no such database", { pathname: "/nowhere" }, "MISCONFIGURED", "3D000"],
    ["nobody there", { host: "127.0.0.1:1" }, "UNAVAILABLE", "ECONNREFUSED"],
  ])("%s is told, and never as nothing", async (_, parts, code, cause) => {
    const store = open({ connectionString: altered(url, parts) }, { maxRetries: 1 });
    for (const call of [
      () => store.load("a"),
      () => store.save("a", {}),
      () => store.delete("a"),
      () => store.listPage(),
    ]) {
      const error: unknown = await call().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code, cause: { code: cause } });
      expect(JSON.stringify(error)).not.toContain(new URL(url).password);
    }
  });

  describe("a statement", () => {
    it.each([
      ["statement_timeout", "57014"],
      ["lock_timeout", "55P03"],
    ])("ended by %s is UNAVAILABLE, and has had no effect", async (setting, state) => {
      const first = await open().save("a", { n: 1 });
      const locked = await lock(url, table);
      const store = open({ [setting]: 100 }, { maxRetries: 0 });
      const save = store.save("a", { n: 2 }, { previous: first });
      await expect(save).rejects.toMatchObject({ code: "UNAVAILABLE", cause: { code: state } });
      await locked.end();
      expect((await store.load("a"))?.version).toBe(first.version);
    });

    it("that a standby refuses is UNAVAILABLE", async () => {
      await open().load("a");
      const store = open({ options: "-c default_transaction_read_only=on" }, { maxRetries: 0 });
      await expect(store.save("a", {})).rejects.toMatchObject({
        code: "UNAVAILABLE",
        cause: { code: "25006" },
      });
      expect(await store.load("a")).toBeUndefined();
    });

    it("whose connection an administrator ends is made again", async () => {
      const store = open();
      const first = await store.save("a", { n: 1 });
      const locked = await lock(url, table);
      const saving = store.save("a", { n: 2 }, { previous: first });
      await expect.poll(() => waiting(url, table)).toBeDefined();
      await rowsOf(url, "SELECT pg_terminate_backend($1)", [await waiting(url, table)]);
      await locked.end();
      expect((await saving).thread).toEqual({ n: 2 });
    });

    it("that waits for a lock is left when the call is aborted, with its connection", async () => {
      const pool = new Pool({ connectionString: url });
      const store = postgresStore({ pool, table });
      const first = await store.save("a", { n: 1 });
      const locked = await lock(url, table);
      const controller = new AbortController();
      const reason = new Error("the user left");
      const saving = store.save("a", { n: 2 }, { previous: first, signal: controller.signal });
      await expect.poll(() => waiting(url, table)).toBeDefined();
      controller.abort(reason);
      await expect(saving).rejects.toBe(reason);
      expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
      await locked.end();
      expect((await store.load("a"))?.thread).toHaveProperty("n");
      await store.close();
      await pool.end();
    });

    it("of a race is lost or won under every isolation level", async () => {
      const options = "-c default_transaction_isolation=serializable";
      const racers = Array.from({ length: 4 }, () => open({ options }));
      const first = await open().save("a", { n: 0 });
      const outcomes = await Promise.allSettled(
        racers.map((store, n) => store.save("a", { n }, { previous: first })),
      );
      const lost = outcomes.flatMap((outcome) =>
        outcome.status === "rejected" ? [outcome.reason as unknown] : [],
      );
      expect(lost).toHaveLength(3);
      for (const error of lost) expect(ThreadStoreError.is(error, "CONFLICT"), String(error)).toBe(true);
    });
  });

  describe("an answer that is lost", () => {
    let proxy: LossyProxy;
    let store: ThreadStore;
    beforeEach(async () => {
      proxy = await lossyProxy(url);
      store = open({ connectionString: altered(url, { host: proxy.host }) });
      await store.load("warm");
    });
    afterEach(() => proxy.close());

    it("to a creation: it is found, and made once", async () => {
      proxy.loseAnswerTo("INSERT INTO");
      const saved = await store.save("a", { n: 1 });
      expect(proxy.lost).toBe(1);
      expect((await open().load("a"))?.version).toBe(saved.version);
      expect(proxy.count("INSERT INTO")).toBe(1);
    });

    it("to a replacement: it is found, and made once", async () => {
      const first = await store.save("a", { n: 1 });
      proxy.loseAnswerTo("UPDATE");
      const second = await store.save("a", { n: 2 }, { previous: first });
      expect(proxy.lost).toBe(1);
      expect((await open().load("a"))?.version).toBe(second.version);
      expect(proxy.count("UPDATE")).toBe(1);
    });

    it("to a delete: it is OUTCOME_UNKNOWN, and made once", async () => {
      await store.save("a", {});
      proxy.loseAnswerTo("DELETE FROM");
      await expect(store.delete("a")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(await open().load("a")).toBeUndefined();
      expect(proxy.count("DELETE FROM")).toBe(1);
    });

    it("to a load: it is made again", async () => {
      await store.save("a", { n: 1 });
      proxy.loseAnswerTo("SELECT version");
      expect((await store.load("a"))?.thread).toEqual({ n: 1 });
      expect(proxy.lost).toBe(1);
    });
  });

  it("ends calls and closes in time before a server that is silent", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const connection = {
      connectionString: altered(url, { host: `127.0.0.1:${port}` }),
      connectionTimeoutMillis: 500,
    };
    const store = open(connection, { timeoutMs: 100 });
    await expect(store.load("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(store.save("a", {}, { timeoutMs: 100 })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await store.close();
    silent.close();
  });

  describe("close", () => {
    const connectionsOf = async (name: string): Promise<unknown[]> =>
      rowsOf(url, "SELECT FROM pg_stat_activity WHERE application_name = $1", [name]);

    it("ends the store's own connections", async () => {
      const store = open({ application_name: table });
      await Promise.all(["a", "b"].map((id) => store.save(id, {})));
      expect((await connectionsOf(table)).length).toBeGreaterThan(0);
      await store.close();
      await expect.poll(() => connectionsOf(table)).toEqual([]);
    });

    it("leaves a pool that it was given open; a pool that is closed too early is MISCONFIGURED", async () => {
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

  it("keeps an id that text cannot hold, in the order of its bytes", async () => {
    const driver = postgresDriver({ connection: { connectionString: url }, table });
    const { signal } = new AbortController();
    const record = { bytes: Buffer.from("{}"), unchanged: 0, trailerLength: 1, expiresAt: undefined };
    for (const [n, id] of ["é", "Z", "a", "\0", "a\0"].entries()) {
      await driver.write({ namespace: "", id }, { ...record, nonce: `nonce-${n}` }, undefined, { signal });
    }
    const { records, next } = await driver.list("", { after: undefined, limit: 10 }, { signal });
    expect(records.map(({ id }) => id)).toEqual(["\0", "Z", "a", "a\0", "é"]);
    expect(next).toBeUndefined();
    await driver.close();
  });
});

await describeWithService("postgres", "postgresStore on a server that crashes", () => {
  let service: PostgresService;
  let connectionString: string;
  beforeAll(async () => {
    service = await startPostgres();
    connectionString = service.endpoint.url;
    // Commits then wait for nothing, and what they wrote goes to the disk seconds later.
    await rowsOf(connectionString, "ALTER SYSTEM SET synchronous_commit = off");
    await rowsOf(connectionString, "ALTER SYSTEM SET wal_writer_delay = '10s'");
    await service.servers.postgres.kill();
    await service.servers.postgres.restart();
  });
  afterAll(() => service.stop());

  it("has every save and delete that was acknowledged, also with synchronous_commit = off", async () => {
    const store = postgresStore({ connection: { connectionString } });
    expect(await rowsOf(connectionString, "SHOW synchronous_commit")).toEqual([
      { synchronous_commit: "off" },
    ]);
    const first = await store.save("replaced", { n: 1 });
    await store.save("deleted", {});
    for (const last of [
      () => store.save("replaced", { n: 2 }, { previous: first }),
      () => store.delete("deleted"),
      () => store.save("created", { n: 3 }),
    ]) {
      // Lets the server write what is not of this call.
      await rowsOf(connectionString, "CHECKPOINT");
      await last();
      await service.servers.postgres.kill();
      await service.servers.postgres.restart();
    }
    expect((await store.load("replaced"))?.thread).toEqual({ n: 2 });
    expect(await store.load("deleted")).toBeUndefined();
    expect((await store.load("created"))?.thread).toEqual({ n: 3 });
    await store.close();
  });

  it("works on when the server is back, and says UNAVAILABLE before", async () => {
    const store = postgresStore({ connection: { connectionString }, maxRetries: 0 });
    await store.save("idle", { n: 1 }, { overwrite: true });
    await service.servers.postgres.kill();
    await expect(store.load("idle")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await service.servers.postgres.restart();
    expect((await store.load("idle"))?.thread).toEqual({ n: 1 });
    await store.close();
  });
});
