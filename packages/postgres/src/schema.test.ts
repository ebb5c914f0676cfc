import type { ThreadStore } from "@threadstore/core";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PostgresStoreOptions } from "./options.ts";
import { postgresStore } from "./postgres-store.ts";
import { altered, directConnection, dropTables, freshPrefix } from "./postgres.test-helper.ts";
import { postgresMigrations, SCHEMA_VERSION } from "./schema.ts";

await describeWithService("postgres", "the store's tables", ({ url }) => {
  const { direct, end } = directConnection(url);
  const stores: ThreadStore[] = [];
  let tablePrefix = "";
  beforeEach(() => {
    tablePrefix = freshPrefix();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await dropTables(direct, tablePrefix);
  });
  afterAll(end);

  function open(options: Partial<PostgresStoreOptions> = {}): ThreadStore {
    const store = postgresStore({ url, tablePrefix, maxRetries: 0, ...options } as PostgresStoreOptions);
    stores.push(store);
    return store;
  }

  function everyCall(store: ThreadStore): (() => Promise<unknown>)[] {
    return [
      () => store.load("a"),
      () => store.save("a", {}),
      () => store.delete("a", { previous: "v" }),
      () => store.listPage(),
    ];
  }

  test("are created by the first call, whichever it is, of any number of clients at the same time", async () => {
    const calls = Array.from({ length: 3 }, () => everyCall(open())).flat();
    const results = await Promise.allSettled(calls.map((call) => call()));
    const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason.code] : []));
    // Only saves of the same thread, and deletes of a version that does not exist, may fail.
    expect(failures.filter((code) => code !== "CONFLICT")).toEqual([]);
    expect(await direct(`SELECT version FROM ${tablePrefix}migrations`)).toEqual([
      { version: SCHEMA_VERSION },
    ]);
  });

  test("may have partitions of the chunks, by a hash of the thread", async () => {
    const chunks = `${tablePrefix}chunks`;
    for (const { sql } of postgresMigrations({ tablePrefix })) {
      const partitioned = sql.replace(
        /(PRIMARY KEY \(thread, sequence\)\n\))/u,
        "$1 PARTITION BY HASH (thread)",
      );
      expect(partitioned).not.toBe(sql);
      await direct(`BEGIN; ${partitioned} COMMIT`);
    }
    for (let part = 0; part < 4; part += 1) {
      const values = `FOR VALUES WITH (MODULUS 4, REMAINDER ${part})`;
      await direct(`CREATE TABLE ${chunks}_${part} PARTITION OF ${chunks} ${values}`);
    }
    const store = open({ createTables: false });
    const messages = Array.from({ length: 20 }, (_, n) => `${n} ${"x".repeat(1000)}`);
    for (let n = 0; n < 12; n += 1) {
      const saved = await store.save(`thread-${n}`, { messages });
      await store.save(`thread-${n}`, { messages: [...messages, "more"] }, { previous: saved });
      await store.append(`thread-${n}`, ["appended"]);
    }
    const counts = await direct(`SELECT count(DISTINCT tableoid)::int AS parts FROM ${chunks}`);
    expect(counts).toEqual([{ parts: 4 }]);
    for (let n = 0; n < 12; n += 1) {
      const stored = await store.load(`thread-${n}`);
      expect(stored?.thread).toEqual({ messages: [...messages, "more", "appended"] });
      expect(await store.delete(`thread-${n}`)).toBe(true);
    }
    expect(await direct(`SELECT 1 FROM ${chunks}`)).toEqual([]);
  });

  test("are created by the printed migrations, as the store would create them", async () => {
    const describeTables = `
      SELECT replace(table_name, $1, '') AS name, column_name, data_type, is_nullable, column_default, is_identity
      FROM information_schema.columns WHERE table_name LIKE $1 || '%' ORDER BY 1, ordinal_position`;
    await open().load("a");
    const created = await direct(describeTables, [tablePrefix]);
    expect(created.length).toBeGreaterThan(10);
    await dropTables(direct, tablePrefix);
    for (const { sql } of postgresMigrations({ tablePrefix })) await direct(`BEGIN; ${sql} COMMIT`);
    expect(await direct(describeTables, [tablePrefix])).toEqual(created);
    await open({ createTables: false }).save("a", {});
  });

  test("are at the version of the last migration", () => {
    const versions = postgresMigrations().map(({ version }) => version);
    expect(versions).toEqual(Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1));
  });

  test("are MISCONFIGURED if they do not exist and the store must not create them", async () => {
    for (const call of everyCall(open({ createTables: false }))) {
      await expect(call()).rejects.toMatchObject({
        code: "MISCONFIGURED",
        message: expect.stringMatching(/tables do not exist.*postgresMigrations/u),
      });
    }
    expect(await direct("SELECT FROM pg_class WHERE relname LIKE $1 || '%'", [tablePrefix])).toEqual([]);
  });

  test("are MISCONFIGURED if a newer release has migrated them, also while the store is open, and stay unchanged", async () => {
    const store = open();
    const saved = await store.save("a", { n: 1 });
    await direct(`INSERT INTO ${tablePrefix}migrations VALUES (${SCHEMA_VERSION + 1})`);
    for (const call of [
      ...everyCall(store),
      () => store.save("a", { n: 2 }, { previous: saved }),
      () => store.save("new", {}),
      () => store.delete("a", { previous: saved }),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: "MISCONFIGURED",
        message: expect.stringContaining(`version ${SCHEMA_VERSION + 1}`),
      });
    }
    expect(await direct(`SELECT version FROM ${tablePrefix}threads`)).toEqual([{ version: saved.version }]);
  });

  test("are MISCONFIGURED if another application uses one of their names", async () => {
    await direct(`CREATE TABLE ${tablePrefix}threads (name text)`);
    await expect(open().save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("another application uses their names"),
    });
    await direct(`CREATE TABLE ${tablePrefix}migrations (version text)`);
    await expect(open().save("a", {})).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });

  test("are MISCONFIGURED if one of them is missing", async () => {
    const store = open();
    await store.save("a", {});
    await direct(`DROP TABLE ${tablePrefix}chunks`);
    await expect(store.load("a")).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("Some of the store's tables do not exist"),
    });
  });

  test("are in the schema of the option, which must exist, or else in the first one of the search path", async () => {
    const schema = `Schema-${tablePrefix}`;
    const store = open({ schema });
    await expect(store.save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
      cause: { code: "3F000" },
    });
    await direct(`CREATE SCHEMA "${schema}"`);
    await store.save("a", {});
    await open({ schema, createTables: false }).load("a");
    const inSearchPath = { connectionString: url, options: `-c search_path="${schema}"` };
    const stored = await open({ url: undefined, connection: inSearchPath, createTables: false }).load("a");
    expect(stored?.thread).toEqual({});
    expect(await open().load("a")).toBeUndefined();
    await direct(`DROP SCHEMA "${schema}" CASCADE`);
  });

  describe("with a limited role", () => {
    // Its schema has the same name, and it may not create anything there.
    const role = `role_${freshPrefix()}`;
    const asRole = { url: altered(url, { username: role, password: "secret" }), schema: role };
    afterAll(() => direct(`DROP SCHEMA ${role} CASCADE; DROP ROLE ${role}`));

    test("are ACCESS_DENIED until the role has the README's permissions", async () => {
      await direct(`CREATE SCHEMA ${role}; CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
      const store = open(asRole);
      await expect(store.load("a")).rejects.toMatchObject({ code: "ACCESS_DENIED" });
      await direct(`GRANT USAGE ON SCHEMA ${role} TO ${role}`);
      await expect(store.load("a")).rejects.toMatchObject({
        code: "ACCESS_DENIED",
        message: expect.stringMatching(/may not create them.*postgresMigrations/u),
        cause: { code: "42501" },
      });
      for (const { sql } of postgresMigrations({ schema: role, tablePrefix })) await direct(sql);
      await expect(store.load("a")).rejects.toMatchObject({
        code: "ACCESS_DENIED",
        message: expect.stringContaining("lacks a permission"),
      });
      await direct(`GRANT SELECT ON ${role}.${tablePrefix}migrations TO ${role}`);
      const tables = ["threads", "chunks", "metadata"]
        .map((name) => `${role}.${tablePrefix}${name}`)
        .join(", ");
      await direct(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables} TO ${role}`);
      const saved = await store.save("a", {});
      await store.save("a", { n: 1 }, { previous: saved });
      expect((await store.listPage()).threads).toHaveLength(1);
      expect(await store.delete("a")).toBe(true);
    });
  });
});
