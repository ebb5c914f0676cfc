import { describeWithService } from "@threadstore/services/vitest";
import { Pool, type PoolConfig } from "pg";
import { afterAll, expect, test } from "vitest";
import { postgresStore } from "./postgres-store.ts";
import { directConnection, dropTables, expectAllCalls, freshPrefix } from "./postgres.test-helper.ts";

await describeWithService("postgres", "a pool that is passed in", ({ url }) => {
  const { direct, end } = directConnection(url);
  const tablePrefix = freshPrefix();
  afterAll(async () => {
    await dropTables(direct, tablePrefix);
    await end();
  });

  test.each<[string, PoolConfig]>([
    ["its defaults", {}],
    ["binary results", { binary: true } as PoolConfig],
    ["other type parsers", { types: { getTypeParser: () => () => "parsed" } }],
    ["a single connection", { max: 1 }],
    ["connections that are used once", { maxUses: 1 }],
    ["pipelined statements", { pipeline: true }],
    [
      "a client encoding",
      { client_encoding: "UTF8", options: "-c bytea_output=escape -c timezone=Asia/Tokyo" },
    ],
    ["backslashes in literals", { options: "-c standard_conforming_strings=off" }],
  ])("works with %s, and stays open when the store is closed", async (_, config) => {
    const pool = new Pool({ connectionString: url, ...config });
    const store = postgresStore({ client: pool, tablePrefix });
    await expectAllCalls(store);
    await store.close();
    expect([pool.ended, pool.listenerCount("error")]).toEqual([false, 0]);
    const client = await pool.connect();
    // The pool's own listeners remain.
    expect(client.listenerCount("error")).toBeLessThanOrEqual(1);
    client.release();
    await dropTables(direct, tablePrefix);
    await pool.end();
  });

  test("reads threads over connections with another encoding", async () => {
    const pool = new Pool({ connectionString: url });
    pool.on("connect", (client) => void client.query("SET client_encoding = 'LATIN1'"));
    const store = postgresStore({ client: pool, tablePrefix });
    await store.save("encoded", { text: "é, €, 😀" });
    expect((await store.load("encoded"))?.thread).toEqual({ text: "é, €, 😀" });
    await pool.end();
  });

  test("is MISCONFIGURED if it is closed", async () => {
    const pool = new Pool({ connectionString: url });
    await pool.end();
    await expect(postgresStore({ client: pool }).save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
    });
  });

  test("is MISCONFIGURED while a client has an open transaction, whose rollback would undo a save", async () => {
    const pool = new Pool({ connectionString: url, max: 1 });
    const store = postgresStore({ client: pool, tablePrefix });
    const client = await pool.connect();
    await client.query("BEGIN");
    client.release();
    await expect(store.save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("inside a transaction"),
    });
    await store.save("a", {});
    await store.close();
    await pool.end();
  });

  test("has no listeners of the store left after many calls", async () => {
    const pool = new Pool({ connectionString: url, max: 1 });
    const store = postgresStore({ client: pool, tablePrefix });
    for (let call = 0; call < 30; call += 1) await store.load("a");
    const client = await pool.connect();
    expect(client.listenerCount("error")).toBeLessThanOrEqual(1);
    client.release();
    await pool.end();
  });
});
