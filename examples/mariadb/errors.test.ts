import { describeWithService } from "@threadstore/services/vitest";
import { describe, expect, it } from "vitest";
import { connectionFailure, statementFailure } from "./errors.ts";
import { directQuery } from "./harness.ts";
import { altered, freshName, useStores, waitingConnection } from "./mariadb.test-helper.ts";

describe("the mapping of errors", () => {
  function serverError(errno: number): Error {
    return Object.assign(new Error("a message"), { errno, sqlState: "HY000" });
  }

  // The errors that a test cannot provoke. Those below are provoked.
  it.each([
    [1040, "UNAVAILABLE", "none"],
    [1053, "UNAVAILABLE", "unknown"],
    [1105, "BACKEND_ERROR", "unknown"],
    [1114, "STORAGE_FULL", "none"],
    [1153, "TOO_LARGE", "none"],
    [1213, "UNAVAILABLE", "none"],
    [1712, "CORRUPT", "none"],
    [1927, "UNAVAILABLE", "unknown"],
  ])("maps error %i to %s with effect %s", (number, code, effect) => {
    const cause = serverError(number);
    expect(statementFailure(cause)).toMatchObject({ code, effect, cause });
  });

  it("gives a statement that was not sent no effect, whatever the error", () => {
    const shutdown = serverError(1053);
    expect(connectionFailure(shutdown)).toMatchObject({
      code: "UNAVAILABLE",
      effect: "none",
      cause: shutdown,
    });
    const noCode = new Error("a message");
    expect(connectionFailure(noCode)).toMatchObject({ code: "UNAVAILABLE", effect: "none", cause: noCode });
    const certificate = Object.assign(new Error("a message"), { code: "HANDSHAKE_SSL_ERROR" });
    expect(connectionFailure(certificate)).toMatchObject({ code: "MISCONFIGURED", effect: "none" });
  });

  it("gives a statement without a response an unknown effect", () => {
    const cause = Object.assign(new Error("a message"), { code: "ECONNRESET", errno: -104 });
    expect(statementFailure(cause)).toMatchObject({ code: "UNAVAILABLE", effect: "unknown", cause });
  });
});

await describeWithService("mariadb", "errors of a server", ({ url }) => {
  const stores = useStores(url);

  it.each([
    ["a wrong password", { password: "wrong" }, "ACCESS_DENIED", "ER_ACCESS_DENIED_ERROR"],
    ["a missing database", { pathname: "/nowhere" }, "MISCONFIGURED", "ER_BAD_DB_ERROR"],
    ["an unreachable server", { host: "127.0.0.1:1" }, "UNAVAILABLE", "ECONNREFUSED"],
  ])("%s rejects every call", async (_, parts, code, causeCode) => {
    const store = stores.open({ uri: altered(url, parts) }, { maxRetries: 1 });
    for (const call of [() => store.load("a"), () => store.save("a", {})]) {
      const error: unknown = await call().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code, cause: { code: causeCode } });
      expect(String(error)).toMatch(/ The server is 127\.0\.0\.1:\d+\. The table is test_\w+\.$/u);
    }
  });

  it("a table of another application is MISCONFIGURED", async () => {
    await directQuery(url, `CREATE TABLE ${stores.table} (name text)`);
    const store = stores.open();
    await expect(store.save("a", {})).rejects.toMatchObject({
      code: "MISCONFIGURED",
      cause: { errno: 1054 },
    });
    await expect(store.load("a")).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });

  it("a user who may not create the table is ACCESS_DENIED, until the table exists", async () => {
    const user = freshName();
    await directQuery(url, `CREATE USER ${user} IDENTIFIED BY 'secret'`);
    await directQuery(url, `GRANT SELECT, INSERT, UPDATE, DELETE ON * TO ${user}`);
    const store = stores.open({ uri: altered(url, { username: user, password: "secret" }) });
    await expect(store.load("a")).rejects.toMatchObject({ code: "ACCESS_DENIED", cause: { errno: 1142 } });
    await stores.open().load("a");
    await store.save("a", {});
    expect(await store.delete("a")).toBe(true);
    await directQuery(url, `DROP USER ${user}`);
  });

  it("a record that exceeds max_allowed_packet is TOO_LARGE, also after an append", async () => {
    const store = stores.open({}, { maxThreadBytes: 2 ** 26 });
    const tooLarge = "x".repeat(2 ** 24);
    await expect(store.save("a", { tooLarge })).rejects.toMatchObject({ code: "TOO_LARGE" });
    const half = tooLarge.slice(0, 2 ** 23);
    await store.save("a", { messages: [half] });
    await expect(store.append("a", [half])).rejects.toMatchObject({ code: "TOO_LARGE" });
    expect((await store.load("a"))?.thread).toEqual({ messages: [half] });
  });

  it.each([
    ["KILL QUERY", 0, { code: "UNAVAILABLE", cause: { errno: 1317 } }],
    ["KILL", 1, undefined],
  ])(
    "a save that waits for a lock when an administrator runs %s is not lost",
    async (command, maxRetries, failure) => {
      const { table } = stores;
      const store = stores.open({}, { maxRetries });
      const first = await store.save("a", { n: 1 });
      const locked = await stores.lock();
      const saving = store.save("a", { n: 2 }, { previous: first });
      const outcome = saving.catch((error: unknown) => error);
      await directQuery(url, `${command} ${await waitingConnection(url, table)}`);
      locked.end();
      expect(await outcome).toMatchObject(failure ?? { thread: { n: 2 } });
      expect((await store.load("a"))?.thread).toEqual({ n: failure === undefined ? 2 : 1 });
    },
  );
});
