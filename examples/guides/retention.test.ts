import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { ThreadStore } from "@threadstore/core";
import type { RemovalResult } from "@threadstore/core/maintenance";
import { sqliteStore } from "@threadstore/sqlite";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";

const DAY = 86_400_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "threadstore-retention-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Opens the store of the programs, as it was that many days ago. */
function openStore(daysAgo = 0): ThreadStore {
  return sqliteStore({
    path: file("threads.db"),
    now: () => Date.now() - daysAgo * DAY,
    synchronous: "normal",
    secureDelete: true,
  });
}

function file(name: string): string {
  return join(folder, name);
}

function start(
  program: string,
  argument: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, program), ...argument], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

interface Run {
  readonly code: number | null;
  readonly errors: string;
}

async function run(...parameters: Parameters<typeof start>): Promise<Run> {
  const program = start(...parameters);
  let errors = "";
  program.stderr?.on("data", (data) => (errors += String(data)));
  program.stdout?.resume();
  const [code] = (await once(program, "close")) as [number | null];
  return { code, errors };
}

/** Kills the program once it has written the file, or later. */
async function killOnce(fileName: string, ...parameters: Parameters<typeof start>): Promise<void> {
  const program = start(...parameters);
  const exit = once(program, "exit");
  while (!existsSync(file(fileName)) && program.exitCode === null) await wait(2);
  await wait(Math.random() * 20);
  program.kill("SIGKILL");
  await exit;
}

function corrupt(id: string): void {
  const database = new Sqlite(file("threads.db"));
  database
    .prepare("UPDATE threadstore_threads SET trailer = ? WHERE id = ?")
    .run(Buffer.from("damaged"), Buffer.from(id));
  database.close();
}

it("apply-retention.ts continues after a kill and after its time, and reports corrupt threads", async () => {
  const past = openStore(100);
  for (const user of ["ann", "bob"]) {
    for (let n = 0; n < 130; n += 1) await past.namespace(user).save(`thread-${n}`, { n });
  }
  await past.close();
  const store = openStore();
  // On the last page of the job.
  await store.namespace("bob").save("unreadable", {});
  await killOnce("retention.cursor", "apply-retention.ts", []);
  expect((await run("apply-retention.ts", [], { STOP_AFTER_MS: "1" })).code).toBe(75);
  expect(existsSync(file("retention.cursor"))).toBe(true);
  corrupt("unreadable");
  const last = await run("apply-retention.ts", []);
  expect(last.errors).toContain('Corrupt, kept: ["bob","unreadable"]');
  expect(last.code).toBe(2);
  // The newest 20 threads of each user stay, although they are old.
  const counts = ["ann", "bob"].map(async (user) => (await store.namespace(user).listPage()).threads.length);
  expect(await Promise.all(counts)).toEqual([20, 21]);
  const [receipt = ""] = readFileSync(file("retention.jsonl"), "utf8").split("\n");
  expect(JSON.parse(receipt)).toMatchObject({ threads: 220, corrupt: 1 });
  expect(existsSync(file("retention.cursor"))).toBe(false);
  await store.namespace("bob").delete("unreadable");
  expect((await run("apply-retention.ts", [])).code).toBe(0);
  await store.close();
});

it("erase-person.ts continues after a kill, and leaves nothing of the person but a receipt", async () => {
  const store = openStore();
  for (const name of ["a", "b"]) {
    for (let n = 0; n < 130; n += 1) {
      const owner = n % 2 === 0 ? "ann@example.com" : "bob@example.com";
      await store
        .namespace(name)
        .save(`thread-${n}`, { text: `Secret of ${owner}` }, { metadata: { owner } });
    }
  }
  const cursorFile = "erasing-71d4f55f72fa128d.cursor";
  await killOnce(cursorFile, "erase-person.ts", ["ann@example.com"]);
  const { code, errors } = await run("erase-person.ts", ["ann@example.com"]);
  expect([code, errors]).toEqual([0, ""]);
  const names = readdirSync(folder).filter((name) => !name.startsWith("threads.db"));
  expect(names).toHaveLength(1);
  const receipt = JSON.parse(readFileSync(file(names[0] ?? ""), "utf8")) as RemovalResult;
  const size = JSON.stringify({ text: "Secret of ann@example.com" }).length;
  expect(receipt).toMatchObject({ threads: 130, bytes: 130 * size, corrupt: 0 });
  await store.close();
  const filesWith = (text: string): string[] =>
    readdirSync(folder).filter((name) => readFileSync(file(name)).includes(text));
  expect(filesWith("ann@example.com")).toEqual([]);
  expect(filesWith("bob@example.com")).toEqual(["threads.db"]);
  expect((await run("erase-person.ts", [])).code).toBe(1);
});
