import { describeWithService } from "@threadstore/services/vitest";
import { Pool } from "pg";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { tablesOf } from "./keys.ts";
import { postgresStore } from "./postgres-store.ts";
import { directConnection, dropTables, expectAllCalls, freshPrefix } from "./postgres.test-helper.ts";
import { PreparedNames } from "./prepared-names.ts";
import { recordStatements } from "./statements.ts";

await describeWithService("postgres", "prepared statements", ({ url }) => {
  const { direct, end } = directConnection(url);
  const tablePrefix = freshPrefix();
  const tables = tablesOf({ tablePrefix });
  let pool: Pool;
  beforeEach(() => {
    pool = new Pool({ connectionString: url, max: 1, options: "-c plan_cache_mode=force_generic_plan" });
  });
  afterEach(async () => {
    await pool.end();
    await dropTables(direct, tablePrefix);
  });
  afterAll(end);

  async function preparedNames(): Promise<string[]> {
    const { rows } = await pool.query<{ name: string }>(
      "SELECT name FROM pg_prepared_statements WHERE name LIKE 'threadstore%' ORDER BY prepare_time",
    );
    return rows.map(({ name }) => name);
  }

  async function prepareAll(): Promise<void> {
    const store = postgresStore({ client: pool, tablePrefix });
    const created = await store.save("thread", { messages: [] });
    await store.save("thread", { messages: [1] }, { previous: created });
    await store.append("thread", [2]);
    await store.load("thread");
    await store.delete("thread");
  }

  test("are those of single records, once for each connection, of all stores with the same tables", async () => {
    await prepareAll();
    const names = await preparedNames();
    expect(names).toHaveLength(6);
    await prepareAll();
    await postgresStore({ client: pool, tablePrefix }).listPage();
    expect(await preparedNames()).toEqual(names);
  });

  test("are not used if the option is set, or for statements of listings", async () => {
    await postgresStore({ client: pool, tablePrefix }).listPage();
    await expectAllCalls(postgresStore({ client: pool, tablePrefix, prepare: false }));
    expect(await preparedNames()).toEqual([]);
  });

  describe("are not used any more", () => {
    test("if the server does not know a name, as through a pooler that changes connections", async () => {
      const store = postgresStore({ client: pool, tablePrefix });
      const saved = await store.save("thread", { n: 1 });
      await store.load("thread");
      await pool.query("DEALLOCATE ALL");
      expect((await store.load("thread"))?.version).toBe(saved.version);
      await store.save("thread", { n: 2 }, { previous: saved });
      expect((await store.load("thread"))?.thread).toEqual({ n: 2 });
      expect(await preparedNames()).toEqual([]);
      await store.delete("thread");
      await expectAllCalls(store);
    });

    test("if the server has a statement of that name, of another client of the pooler", async () => {
      const names = new PreparedNames(true);
      const statements = recordStatements(tables, "on");
      await postgresStore({ client: pool, tablePrefix }).load("creates the tables");
      await pool.query("DEALLOCATE ALL");
      for (const statement of Object.values(statements))
        await pool.query(`PREPARE ${names.of(statement)} AS ${statement}`);
      await expectAllCalls(postgresStore({ client: pool, tablePrefix }));
    });
  });

  test("work after the tables were dropped and created again", async () => {
    await prepareAll();
    await dropTables(direct, tablePrefix);
    await prepareAll();
    expect(await preparedNames()).toHaveLength(6);
  });

  describe("have plans that search indexes", () => {
    async function plans(): Promise<string> {
      const { rows } = await pool.query<{ call: string }>(
        `SELECT 'EXPLAIN EXECUTE ' || name || '(' || array_to_string(array_fill('NULL'::text,
           ARRAY[cardinality(parameter_types)]), ',') || ')' AS call
         FROM pg_prepared_statements WHERE name LIKE 'threadstore%'`,
      );
      expect(rows).toHaveLength(6);
      const lines: unknown[] = [];
      for (const { call } of rows) {
        for (const row of (await pool.query<Record<string, string>>(call)).rows)
          lines.push(...Object.values(row));
      }
      return lines.join("\n");
    }
    const SCAN = /Seq Scan on \w*(?:threads|chunks|metadata)/u;

    test("in new tables", async () => {
      await prepareAll();
      expect(await plans()).not.toMatch(SCAN);
    });

    test("in tables that were small when a statement was planned, once statistics are collected", async () => {
      const store = postgresStore({ client: pool, tablePrefix });
      await store.save("small", { messages: [1] }, { metadata: { title: "T" } });
      await direct(`ANALYZE ${tables.threads}, ${tables.chunks}, ${tables.metadata}`);
      await prepareAll();
      await direct(`INSERT INTO ${tables.threads} (namespace, id, version, size, trailer, updated_at)
        SELECT namespace, convert_to('x' || n, 'UTF8'), version, size, trailer, updated_at
        FROM ${tables.threads}, generate_series(1, 3000) AS n`);
      await direct(
        `INSERT INTO ${tables.chunks} SELECT thread, n, 'x' FROM ${tables.threads}, generate_series(1, 9) AS n`,
      );
      await direct(
        `INSERT INTO ${tables.metadata} SELECT n, thread FROM ${tables.threads}, generate_series(1, 3) AS n`,
      );
      await direct(`ANALYZE ${tables.threads}, ${tables.chunks}, ${tables.metadata}`);
      expect(await plans()).not.toMatch(SCAN);
    });
  });
});
