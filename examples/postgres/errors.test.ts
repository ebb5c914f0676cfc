import { describeWithService } from "@threadstore/services/vitest";
import { DatabaseError } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectionFailure, statementFailure } from "./errors.ts";
import { directQuery } from "./harness.ts";
import { altered, freshTable, lock, useStores, waitingProcess } from "./postgres.test-helper.ts";

describe("the mapping of errors", () => {
  function serverError(code: string): DatabaseError {
    return Object.assign(new DatabaseError("a message", 9, "error"), { code, severity: "ERROR" });
  }

  // The states that a test cannot provoke. Those below are provoked.
  it.each([
    ["08006", "UNAVAILABLE", "unknown"],
    ["40001", "UNAVAILABLE", "none"],
    ["40003", "UNAVAILABLE", "unknown"],
    ["40P01", "UNAVAILABLE", "none"],
    ["3F000", "MISCONFIGURED", "none"],
    ["53100", "STORAGE_FULL", "none"],
    ["53200", "UNAVAILABLE", "none"],
    ["54000", "TOO_LARGE", "none"],
    ["57P01", "UNAVAILABLE", "unknown"],
    ["57P02", "UNAVAILABLE", "unknown"],
    ["57P03", "UNAVAILABLE", "none"],
    ["XX001", "CORRUPT", "none"],
    ["XX000", "BACKEND_ERROR", "unknown"],
    ["99999", "BACKEND_ERROR", "unknown"],
  ])("maps SQLSTATE %s to %s with effect %s", (state, code, effect) => {
    const cause = serverError(state);
    expect(statementFailure(cause)).toMatchObject({ code, effect, cause });
  });

  it("gives a statement that was not sent no effect, whatever the error", () => {
    const shutdown = serverError("57P01");
    expect(connectionFailure(shutdown)).toMatchObject({
      code: "UNAVAILABLE",
      effect: "none",
      cause: shutdown,
    });
    const noCode = new Error("a message");
    expect(connectionFailure(noCode)).toMatchObject({ code: "UNAVAILABLE", effect: "none", cause: noCode });
    const certificate = Object.assign(new Error("a message"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(connectionFailure(certificate)).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
  });

  it("gives a statement without a response an unknown effect", () => {
    const cause = new Error("a message");
    expect(statementFailure(cause)).toMatchObject({ code: "UNAVAILABLE", effect: "unknown", cause });
  });
});

await describeWithService("postgres", "errors of a server", ({ url }) => {
  const stores = useStores(url);

  it.each([
    ["a wrong password", { password: "wrong" }, "ACCESS_DENIED", "28P01"],
    ["a missing database", { pathname: "/nowhere" }, "MISCONFIGURED", "3D000"],
    ["an unreachable server", { host: "127.0.0.1:1" }, "UNAVAILABLE", "ECONNREFUSED"],
  ])("%s rejects every call", async (_, parts, code, causeCode) => {
    const store = stores.open({ connectionString: altered(url, parts) }, { maxRetries: 1 });
    for (const call of [
      () => store.load("a"),
      () => store.save("a", {}),
      () => store.delete("a"),
      () => store.listPage(),
    ]) {
      const error: unknown = await call().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code, cause: { code: causeCode } });
      expect(JSON.stringify(error)).not.toContain(new URL(url).password);
    }
  });

  it("a table of another application is MISCONFIGURED", async () => {
    await directQuery(url, `CREATE TABLE ${stores.table} (name text)`);
    const store = stores.open();
    await expect(store.save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
      cause: { code: "42703" },
    });
    await expect(store.load("a")).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });

  describe("a limited role", () => {
    // Its schema has the same name, and it may not create anything there.
    const role = freshTable();
    const options = `-c search_path=${role}`;
    const asRole = { connectionString: altered(url, { username: role, password: "secret" }), options };
    beforeAll(async () => {
      await directQuery(url, `CREATE SCHEMA ${role}; CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
      await directQuery(url, `GRANT USAGE ON SCHEMA ${role} TO ${role}`);
    });
    afterAll(() => directQuery(url, `DROP SCHEMA ${role} CASCADE; DROP ROLE ${role}`));

    it("that may not create the table is ACCESS_DENIED, until the table exists", async () => {
      const store = stores.open(asRole);
      await expect(store.load("a")).rejects.toMatchObject({
        code: "ACCESS_DENIED",
        cause: { code: "42501" },
      });
      await stores.open({ options }).load("a");
      await directQuery(url, `GRANT SELECT, INSERT, UPDATE, DELETE ON ${role}.${stores.table} TO ${role}`);
      await store.save("a", {});
      expect(await store.delete("a")).toBe(true);
    });

    it("that has reached its connection limit is UNAVAILABLE", async () => {
      await directQuery(url, `ALTER ROLE ${role} CONNECTION LIMIT 0`);
      const save = stores.open(asRole, { maxRetries: 0 }).save("a", {});
      await expect(save).rejects.toMatchObject({ code: "UNAVAILABLE", cause: { code: "53300" } });
      await directQuery(url, `ALTER ROLE ${role} CONNECTION LIMIT -1`);
    });
  });

  it.each([
    ["statement_timeout", "57014"],
    ["lock_timeout", "55P03"],
  ])("a save that %s ends is UNAVAILABLE and has no effect", async (setting, state) => {
    const first = await stores.open().save("a", { n: 1 });
    const locked = await lock(url, stores.table);
    const store = stores.open({ [setting]: 100 }, { maxRetries: 0 });
    const save = store.save("a", { n: 2 }, { previous: first });
    await expect(save).rejects.toMatchObject({ code: "UNAVAILABLE", cause: { code: state } });
    await locked.end();
    expect((await store.load("a"))?.version).toBe(first.version);
  });

  it("a read-only server is UNAVAILABLE for writes", async () => {
    await stores.open().load("a");
    const store = stores.open({ options: "-c default_transaction_read_only=on" }, { maxRetries: 0 });
    await expect(store.save("a", {})).rejects.toMatchObject({
      code: "UNAVAILABLE",
      cause: { code: "25006" },
    });
    expect(await store.load("a")).toBeUndefined();
  });

  it("a save whose connection an administrator terminates is retried", async () => {
    const store = stores.open();
    const first = await store.save("a", { n: 1 });
    const locked = await lock(url, stores.table);
    const saving = store.save("a", { n: 2 }, { previous: first });
    await expect.poll(() => waitingProcess(url, stores.table)).toBeDefined();
    await directQuery(url, "SELECT pg_terminate_backend($1)", [await waitingProcess(url, stores.table)]);
    await locked.end();
    expect((await saving).thread).toEqual({ n: 2 });
  });
});
