import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import Sqlite from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { sqliteStore } from "./index.ts";
import { temporaryFolder } from "./sqlite.test-helper.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "..", "..", "..");
const MANIFEST = createRequire(import.meta.url).resolve("better-sqlite3-12/package.json");
const Sqlite12 = createRequire(import.meta.url)("better-sqlite3-12") as typeof Sqlite;

/** The compiled module, for the version of Node.js that runs the tests. Takes minutes, once. */
async function compile(): Promise<string> {
  const folder = join(ROOT, ".cache", `better-sqlite3-12-node-${process.versions.modules}`);
  const binary = join(folder, "build", "Release", "better_sqlite3.node");
  if (existsSync(binary)) return binary;
  await mkdir(folder, { recursive: true });
  await cp(dirname(MANIFEST), folder, { recursive: true, dereference: true });
  const options = { cwd: folder, maxBuffer: 2 ** 26 };
  // The registry has the archives of Node.js as packages, with its headers.
  const archive = `node-${process.platform}-${process.arch}`;
  const install = ["install", "--no-save", "--ignore-scripts", `${archive}@${process.versions.node}`];
  await run("npm", install, options);
  const headers = join(folder, "node_modules", archive);
  // Not as an argument, because a setting of npm would take precedence.
  const env = { ...process.env, npm_config_nodedir: headers };
  await run("npx", ["--yes", "node-gyp@12.1.0", "rebuild", "--release"], { ...options, env });
  return binary;
}

// The oldest version that the peer range allows. The other tests run with the newest one, whose types are the same.
describe("the class of better-sqlite3 12", () => {
  test("has the methods that the store calls", () => {
    for (const name of ["close", "exec", "pragma", "prepare", "transaction"]) {
      expect(Sqlite12.prototype, name).toHaveProperty(name);
      expect(Sqlite.prototype, name).toHaveProperty(name);
    }
  });
});

describe.runIf(process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "full")(
  "better-sqlite3 12, compiled",
  () => {
    test("is used by a store, with its errors", async () => {
      using folder = temporaryFolder();
      const options = { timeout: 0, nativeBinding: await compile() };
      const database = new Sqlite12(folder.file(), options);
      database.pragma("journal_mode = WAL");
      const store = sqliteStore({ database, maxRetries: 0 });
      const first = await store.save("thread", { messages: [1] }, { metadata: { user: "a" } });
      await store.append("thread", [2]);
      await store.touch("thread", { metadata: { user: "b" } });
      expect((await store.load("thread"))?.thread).toEqual({ messages: [1, 2] });
      expect((await store.listPage({ order: "updated", where: { user: "b" } })).threads).toHaveLength(1);
      await expect(store.save("thread", {}, { previous: first })).rejects.toMatchObject({ code: "CONFLICT" });
      const other = new Sqlite12(folder.file(), options);
      other.exec("BEGIN IMMEDIATE");
      await expect(store.delete("thread")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
      other.exec("ROLLBACK");
      expect(await store.delete("thread")).toBe(true);
      await store.close();
      other.close();
      database.close();
      const closed = sqliteStore({ database, maxRetries: 0 });
      await expect(closed.load("thread")).rejects.toMatchObject({ code: "MISCONFIGURED" });
    });
  },
);
