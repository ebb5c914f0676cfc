import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describeWithService } from "@threadstore/services/vitest";
import { createPool, type RowDataPacket } from "mysql2/promise";
import { expect, it } from "vitest";
import { directQuery } from "./harness.ts";
import { mariadbStore } from "./mariadb-store.ts";
import { altered, freshName, useStores, waitingConnection } from "./mariadb.test-helper.ts";

await describeWithService("mariadb", "connections", ({ url }) => {
  const stores = useStores(url);

  it("an aborted call releases its connection while the statement still waits for a lock", async () => {
    const { table } = stores;
    const pool = createPool({ uri: url, connectionLimit: 1 });
    const store = mariadbStore({ pool, table });
    const first = await store.save("a", { n: 1 });
    const locked = await stores.lock();
    const controller = new AbortController();
    const reason = new Error("the user left");
    const saving = store.save("a", { n: 2 }, { previous: first, signal: controller.signal });
    await waitingConnection(url, table);
    controller.abort(reason);
    await expect(saving).rejects.toBe(reason);
    // The only connection of the pool is free again.
    expect((await store.load("a"))?.thread).toEqual({ n: 1 });
    locked.end();
    await store.close();
    await pool.end();
  });

  it("calls and close end in time if the server is silent", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const uri = altered(url, { host: `127.0.0.1:${port}` });
    const store = stores.open({ uri, connectTimeout: 500 }, { timeoutMs: 100 });
    await expect(store.load("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await store.close();
    silent.close();
  });

  it("leaves a pool open that was passed in, whatever its options", async () => {
    const { table } = stores;
    const bigNumbers = { supportBigNumbers: true, bigNumberStrings: true };
    const pool = createPool({ uri: url, rowsAsArray: true, typeCast: false, ...bigNumbers });
    const [one, two] = [mariadbStore({ pool, table }), mariadbStore({ pool, table })];
    await one.save("a", { n: 1 });
    await one.close();
    expect((await two.load("a"))?.thread).toEqual({ n: 1 });
    expect((await two.listPage({ order: "updated" })).threads).toHaveLength(1);
    await two.close();
    await pool.end();
  });

  it.each([
    ["SET autocommit = 0", /^The connection does not commit each statement/u],
    ["SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", /^The connection reads uncommitted rows/u],
  ])("a pool that runs %s is MISCONFIGURED", async (statement, message) => {
    const pool = createPool({ uri: url });
    pool.on("connection", (connection) => void connection.query(statement));
    const store = mariadbStore({ pool, table: stores.table });
    await expect(store.save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringMatching(message),
    });
    await store.close();
    await pool.end();
  });

  it("a connection that is inside a transaction is MISCONFIGURED, and is not used again", async () => {
    const pool = createPool({ uri: url, connectionLimit: 1 });
    const store = mariadbStore({ pool, table: stores.table });
    await store.load("a");
    await pool.query("BEGIN");
    await expect(store.save("a", {})).rejects.toMatchObject({ code: "MISCONFIGURED" });
    expect(await store.load("a")).toBeUndefined();
    await store.close();
    await pool.end();
  });

  it("close ends the connections that the store opened", async () => {
    const name = freshName();
    await directQuery(url, `CREATE USER ${name} IDENTIFIED BY 'secret'`);
    await directQuery(url, `GRANT ALL ON *.* TO ${name}`);
    const connections = async () =>
      directQuery<RowDataPacket[]>(url, "SELECT id FROM information_schema.processlist WHERE user = ?", [
        name,
      ]);
    const store = stores.open({ uri: altered(url, { username: name, password: "secret" }) });
    await Promise.all(["a", "b"].map((id) => store.save(id, {})));
    expect((await connections()).length).toBeGreaterThan(0);
    await store.close();
    await expect.poll(connections).toEqual([]);
    await directQuery(url, `DROP USER ${name}`);
  });
});
