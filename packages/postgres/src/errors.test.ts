import { describeWithService } from "@threadstore/services/vitest";
import { DatabaseError } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectionFailure, statementFailure } from "./errors.ts";
import { postgresStore } from "./postgres-store.ts";
import { altered, directConnection, dropTables, freshPrefix, lock } from "./postgres.test-helper.ts";

function serverError(code: string, members: Partial<DatabaseError> = {}): DatabaseError {
  return Object.assign(new DatabaseError("a message", 9, "error"), { code, severity: "ERROR", ...members });
}

describe("the mapping of errors", () => {
  // Those that a test cannot provoke. Those below are provoked.
  test.each([
    ["08006", "UNAVAILABLE", "unknown"],
    ["25P04", "UNAVAILABLE", "unknown"],
    ["40001", "UNAVAILABLE", "none"],
    ["40003", "UNAVAILABLE", "unknown"],
    ["40P01", "UNAVAILABLE", "none"],
    ["3F000", "MISCONFIGURED", "none"],
    ["53100", "STORAGE_FULL", "none"],
    ["53200", "UNAVAILABLE", "none"],
    ["53300", "UNAVAILABLE", "none"],
    ["54000", "TOO_LARGE", "none"],
    ["57P01", "UNAVAILABLE", "unknown"],
    ["57P02", "UNAVAILABLE", "unknown"],
    ["57P03", "UNAVAILABLE", "none"],
    ["58030", "UNAVAILABLE", "unknown"],
    ["XX001", "CORRUPT", "none"],
    ["XX002", "CORRUPT", "none"],
    ["XX000", "BACKEND_ERROR", "unknown"],
    ["99999", "BACKEND_ERROR", "unknown"],
  ])("SQLSTATE %s is %s with effect %s", (state, code, effect) => {
    const cause = serverError(state);
    expect(statementFailure(cause)).toMatchObject({ code, effect, cause });
    expect(statementFailure(cause).message).toMatch(/^[A-Z].+\.$/u);
  });

  test("a statement that was not sent has no effect, whatever the error", () => {
    const shutdown = serverError("57P01");
    expect(connectionFailure(shutdown)).toMatchObject({
      code: "UNAVAILABLE",
      effect: "none",
      cause: shutdown,
    });
  });

  test.each([
    ["a refused connection", Object.assign(new Error("connect"), { code: "ECONNREFUSED" }), "UNAVAILABLE"],
    ["an exhausted pool", new Error("timeout exceeded when trying to connect"), "UNAVAILABLE"],
    [
      "a missing password",
      new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string"),
      "ACCESS_DENIED",
    ],
    [
      "PgBouncer's own refusal",
      serverError("08P01", { message: "password authentication failed" }),
      "ACCESS_DENIED",
    ],
    ["a server without TLS", new Error("The server does not support SSL connections"), "MISCONFIGURED"],
    [
      "a wrong certificate",
      Object.assign(new Error("self-signed"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
      "MISCONFIGURED",
    ],
  ])("%s is recognized", (_, cause, code) => {
    expect(connectionFailure(cause)).toMatchObject({ code, effect: "none", cause });
  });

  test("a statement without a response has an unknown effect", () => {
    const cause = new Error("Connection terminated unexpectedly");
    expect(statementFailure(cause)).toMatchObject({ code: "UNAVAILABLE", effect: "unknown", cause });
  });

  test("a standby is UNAVAILABLE, although it could be read, and a load from it is retried", async () => {
    const rows = [
      { tables_version: "1", is_standby: "true", version: "stale", bytes: "" },
      { tables_version: "1", is_standby: "false", version: null, bytes: null },
    ];
    const client = { query: async () => ({ rows: rows.splice(0, 1) }) };
    const store = postgresStore({ client });
    const failing = postgresStore({
      client: { query: async () => ({ rows: rows.slice(0, 1) }) },
      maxRetries: 0,
    });
    await expect(failing.load("a")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("is a standby"),
    });
    expect(await store.load("a")).toBeUndefined();
  });

  test("causes do not contain rows, parameters or statements", () => {
    const cause = serverError("23502", {
      detail: "Failing row contains (s3cret).",
      where: "unnamed portal with parameters: $1 = 's3cret'",
      internalQuery: "SELECT s3cret",
    });
    const error = statementFailure(Object.assign(cause, { query: "s3cret", params: ["s3cret"] }));
    expect(JSON.stringify(Object.getOwnPropertyDescriptors(error.cause))).not.toContain("s3cret");
    expect(error.cause).toMatchObject({ code: "23502", severity: "ERROR" });
  });
});

await describeWithService("postgres", "errors of a server", ({ url }) => {
  const { direct, end } = directConnection(url);
  const tablePrefix = freshPrefix();
  const store = postgresStore({ url, tablePrefix });
  beforeAll(() => store.load("warm"));
  afterAll(async () => {
    await store.close();
    await dropTables(direct, tablePrefix);
    await end();
  });

  test.each([
    ["a wrong password", { password: "wrong" }, "ACCESS_DENIED", { code: "28P01" }],
    ["no password", { password: "" }, "ACCESS_DENIED", {}],
    ["a missing database", { pathname: "/nowhere" }, "MISCONFIGURED", { code: "3D000" }],
    ["an unreachable server", { host: "127.0.0.1:1" }, "UNAVAILABLE", { code: "ECONNREFUSED" }],
  ])("%s rejects every call", async (_, parts, code, cause) => {
    await using failing = postgresStore({ url: altered(url, parts), maxRetries: 0 });
    for (const call of [
      () => failing.load("a"),
      () => failing.save("a", {}),
      () => failing.delete("a"),
      () => failing.listPage(),
    ]) {
      const error: unknown = await call().catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code,
        cause,
        message: expect.stringMatching(/The server is 127\.0\.0\.1:\d+/u),
      });
      expect(JSON.stringify(error)).not.toContain(new URL(url).password);
    }
  });

  test.each([
    ["statement_timeout", "57014"],
    ["lock_timeout", "55P03"],
  ])("a save that %s ends is UNAVAILABLE and has no effect", async (setting, state) => {
    const first = await store.save(setting, { n: 1 });
    const locked = await lock(url, tablePrefix);
    const connection = { connectionString: url, [setting]: 100 };
    await using hurried = postgresStore({ connection, tablePrefix, maxRetries: 0 });
    const save = hurried.save(setting, { n: 2 }, { previous: first });
    await expect(save).rejects.toMatchObject({ code: "UNAVAILABLE", cause: { code: state } });
    await locked.end();
    expect((await store.load(setting))?.version).toBe(first.version);
  });

  test("a read-only server is UNAVAILABLE for writes, and can be read", async () => {
    const connection = { connectionString: url, options: "-c default_transaction_read_only=on" };
    await using readOnly = postgresStore({ connection, tablePrefix, maxRetries: 0 });
    await expect(readOnly.save("read-only", {})).rejects.toMatchObject({
      code: "UNAVAILABLE",
      cause: { code: "25006" },
    });
    expect(await readOnly.load("read-only")).toBeUndefined();
  });

  test("a role that has reached its connection limit is UNAVAILABLE", async () => {
    const role = `role_${freshPrefix()}`;
    await direct(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 0`);
    const limited = altered(url, { username: role, password: "secret" });
    await using failing = postgresStore({ url: limited, tablePrefix, maxRetries: 0 });
    await expect(failing.save("a", {})).rejects.toMatchObject({
      code: "UNAVAILABLE",
      cause: { code: "53300" },
    });
    await direct(`DROP ROLE ${role}`);
  });

  test("a record that violates a constraint of another application does not show in the error", async () => {
    await direct(`ALTER TABLE ${tablePrefix}chunks ADD CONSTRAINT short CHECK (length(bytes) < 100)`);
    const error: unknown = await store
      .save("long", { text: "s3cret".repeat(100) })
      .catch((reason: unknown) => reason);
    await direct(`ALTER TABLE ${tablePrefix}chunks DROP CONSTRAINT short`);
    expect(error).toMatchObject({ code: "BACKEND_ERROR", cause: { code: "23514" } });
    const { cause } = error as Error;
    expect(JSON.stringify(Object.getOwnPropertyDescriptors(cause))).not.toContain(
      Buffer.from("s3cret").toString("hex"),
    );
    expect(await store.load("long")).toBeUndefined();
  });
});
