// Servers that reject a command: no permission, no memory, data of a newer version. The same command then continues.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { postgresStore } from "@threadstore/postgres";
import { redisStore } from "@threadstore/redis";
import { startRedis } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { sqliteStore } from "@threadstore/sqlite";
import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Outcome, runIn, temporaryFolder } from "../cli/cli.test-helper.ts";
import { PASSWORD, uniqueName } from "./server.test-helper.ts";

const PACKAGES = join(import.meta.dirname, "../../..");
/** A record as a later version of core writes it. */
const FUTURE = readFileSync(
  join(PACKAGES, "core/src/golden/record-2-from-the-future.json"),
  "utf8",
).trimEnd();
const CONTINUES =
  /\n {2}The command has kept its position\. Correct the cause, and run the same command again/u;
const THREADS = 200;
const folder = temporaryFolder();

const run = (...parameters: string[]): Promise<Outcome> => runIn(folder(), parameters);

/** Runs a command that the server rejects. Resolves with its message. */
async function rejected(...parameters: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...parameters);
  expect([parameters[0], exitCode, stdout]).toEqual([parameters[0], 3, ""]);
  expect(stderr).not.toContain(PASSWORD);
  return stderr;
}

async function accepted(...parameters: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...parameters);
  expect([parameters[0], exitCode, stderr]).toEqual([parameters[0], 0, ""]);
  return stdout;
}

beforeAll(async () => {
  await using store = sqliteStore({ path: join(folder(), "local.db"), synchronous: "normal" });
  const view = store.namespace("acme");
  for (let n = 0; n < THREADS; n += 1) await view.save(`t${n}`, { text: "x".repeat(2000) });
});

await describeWithService("redis", "the command on a Redis that rejects it", async () => {
  // Not the shared server, whose memory and users other tests need.
  const { endpoint, stop } = await startRedis();
  const client = new Redis(endpoint.url);
  afterAll(async () => {
    client.disconnect();
    await stop();
  });
  const urlOf = (user: string): string => endpoint.url.replace("//", `//${user}:${PASSWORD}@`);
  const counted = async (): Promise<unknown> => JSON.parse(await accepted("stats", endpoint.url, "--json"));

  it("names the limit that stops a copy, and the same command copies the rest", async () => {
    const used = Number(/used_memory:(\d+)/u.exec(await client.info("memory"))?.[1]);
    await client.config("SET", "maxmemory", used + 300_000);
    const message = await rejected("copy", "sqlite:local.db", endpoint.url);
    expect(message).toMatch(
      /^threadstore: STORAGE_FULL \(redis, acme, t\d+\): Redis has reached its `maxmemory`/u,
    );
    expect(message).toMatch(CONTINUES);
    await client.config("SET", "maxmemory", 0);
    await accepted("copy", "sqlite:local.db", endpoint.url);
    expect(await counted()).toMatchObject({ threads: THREADS, corrupt: 0 });
  });

  it("names a missing permission, and the same command erases the rest", async () => {
    const reads =
      "+get +getrange +strlen +exists +zrangebylex +zrangebyscore +scan +ping +info +eval +evalsha";
    const user = [
      "reader",
      "on",
      `>${PASSWORD}`,
      "resetchannels",
      "-@all",
      "~threadstore:{*",
      ...reads.split(" "),
    ];
    await client.acl("SETUSER", ...(user as [string]));
    const reader = urlOf("reader");
    expect(await accepted("ls", reader, "-n", "acme", "--limit", "1", "--json")).toContain('"id"');
    const message = await rejected("erase", reader, "-n", "acme", "--yes");
    expect(message).toMatch(/ACCESS_DENIED \(redis, acme\).*Grant the permissions[^]*may not run DEL/u);
    expect(message).toMatch(CONTINUES);
    await client.acl("SETUSER", "reader", "+del", "+zrem");
    const receipt: unknown = JSON.parse(await accepted("erase", reader, "-n", "acme", "--yes"));
    expect(receipt).toMatchObject({ threads: THREADS });
    expect(await counted()).toMatchObject({ threads: 0 });
  });

  it("examines a server with the permissions that a store needs", async () => {
    const readme = readFileSync(join(PACKAGES, "redis/README.md"), "utf8");
    const [, rules = ""] = /^ACL SETUSER threads on >PASSWORD (.*)$/mu.exec(readme) ?? [];
    await client.acl("SETUSER", "threads", "on", `>${PASSWORD}`, ...rules.split(" "));
    const { diagnoses } = JSON.parse(await accepted("doctor", urlOf("threads"), "--json")) as {
      readonly diagnoses: readonly { readonly check: string; readonly result: string }[];
    };
    expect(diagnoses.filter(({ result }) => result !== "ok")).toMatchObject([
      { check: "clock", result: "unknown" },
    ]);
    expect(diagnoses.map(({ check }) => check)).toEqual(
      expect.arrayContaining(["version", "durability", "role"]),
    );
  });

  it("says that a thread was written by a newer version, and copies the others", async () => {
    const store = redisStore({ url: endpoint.url });
    await store.save("readable", {});
    await store.save("future", {});
    await store.close();
    const [key = ""] = await client.keys("*:future");
    await client.set(key, `${"v".repeat(22)}${FUTURE}`);
    expect(await rejected("show", endpoint.url, "future")).toMatch(/CORRUPT .*upgrade @threadstore\/core/u);
    const check = await run("check", endpoint.url);
    expect([check.exitCode, check.stdout]).toEqual([1, expect.stringMatching(/corrupt .*1 corrupt/su)]);
    const copy = await run("copy", endpoint.url, "sqlite:readable.db");
    expect([copy.exitCode, copy.stderr]).toEqual([1, "Corrupt, not copied: future\n"]);
    expect(copy.stdout).toContain("Copied 1 thread ");
  });
});

await describeWithService("postgres", "the command on a PostgreSQL that rejects it", ({ url }) => {
  const prefix = `${uniqueName().replace("-", "_")}_`;
  const role = `${prefix}reader`;
  const options = `#tablePrefix=${prefix}`;
  const client = new pg.Client({ connectionString: url });
  beforeAll(async () => {
    await client.connect();
    await using store = postgresStore({ url, tablePrefix: prefix });
    for (const id of ["a", "b", "c"]) await store.namespace("acme").save(id, {});
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
    for (const table of ["threads", "chunks", "metadata", "migrations"]) {
      await client.query(`GRANT SELECT ON ${prefix}${table} TO ${role}`);
    }
  });
  afterAll(async () => {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await client.end();
  });

  it("names a missing permission, and the same command erases the rest", async () => {
    const reader = `${url.replace(/\/\/[^@]*@/u, `//${role}:${PASSWORD}@`)}${options}`;
    expect(await accepted("ls", reader, "-n", "acme", "--json")).toContain('"id"');
    const command = ["erase", reader, "-n", "acme", "--yes"] as const;
    const message = await rejected(...command);
    expect(message).toMatch(/ACCESS_DENIED \(postgres, acme\).*Grant the permissions[^]*permission denied/u);
    expect(message).toMatch(CONTINUES);
    for (const table of ["threads", "chunks", "metadata"]) {
      await client.query(`GRANT DELETE, UPDATE ON ${prefix}${table} TO ${role}`);
    }
    expect(JSON.parse(await accepted(...command))).toMatchObject({ threads: 3 });
  });

  it("names the versions if the tables are newer", async () => {
    await client.query(`INSERT INTO ${prefix}migrations (version) VALUES (99)`);
    for (const command of [["ls"], ["stats"], ["check"], ["expire"], ["erase", "--all", "--yes"]]) {
      const [name = "", ...parameters] = command;
      expect(await rejected(name, `${url}${options}`, ...parameters)).toMatch(
        /MISCONFIGURED \(postgres\): The store's tables have version 99.* supports version 1\. Install a release/u,
      );
    }
    expect(await rejected("copy", "sqlite:local.db", `${url}${options}`)).toContain("have version 99");
  });
});
