import { execFile } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import { CHILD_PROGRAM, runToEnd, startChild } from "./processes.test-helper.ts";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { options, temporaryFolder, textOf } from "./sqlite.test-helper.ts";

const run = promisify(execFile);
const KEY = { namespace: "", id: "thread" };
/** Whether this is `npm test`, which makes fewer rounds of what depends on chance. */
const IS_QUICK = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";

/** Counts the chunks that belong to no thread. */
const ORPHANS =
  "SELECT count(*) FROM threadstore_chunks WHERE thread NOT IN (SELECT thread FROM threadstore_threads)";

test("four processes that increment a counter lose no update, and exit once their store is closed", async () => {
  using folder = temporaryFolder();
  const driver = sqliteDriver({ path: folder.file() });
  await driver.read(KEY, undefined, options);
  const children = await Promise.all(Array.from({ length: 4 }, () => startChild("increment", folder.file())));
  expect(await runToEnd(children)).toEqual([0, 0, 0, 0]);
  expect(await textOf(driver, KEY.id)).toBe("100}");
  await driver.close();
});

test("processes that create one file at the same time all succeed", async () => {
  for (let round = 0; round < (IS_QUICK ? 2 : 8); round++) {
    using folder = temporaryFolder();
    const children = await Promise.all(Array.from({ length: 3 }, () => startChild("create", folder.file())));
    expect(await runToEnd(children)).toEqual([0, 0, 0]);
    const store = sqliteStore({ path: folder.file() });
    const ids = new Set<string>();
    for await (const { id } of store.list()) ids.add(id);
    expect(ids).toEqual(new Set(children.map(({ pid }) => String(pid))));
    await store.close();
  }
});

test("a reader never sees parts of two records while another process replaces them", async () => {
  using folder = temporaryFolder();
  const driver = sqliteDriver({ path: folder.file() });
  const writer = await startChild("alternate", folder.file());
  const exit = once(writer, "exit");
  writer.send("go");
  const versions = new Set<string>();
  while (versions.size < 300) {
    const storedRecord = await driver.read(KEY, undefined, options);
    const text = Buffer.from(storedRecord?.bytes ?? []).toString();
    expect(["", "a".repeat(200_001), "b".repeat(100_001)].includes(text)).toBe(true);
    versions.add(storedRecord?.version ?? "none");
    await new Promise(setImmediate);
    if (writer.exitCode !== null) throw new Error("The writer ended.");
  }
  writer.disconnect();
  await exit;
  await driver.close();
});

test("a process killed while it stores a large thread leaves a whole one, and chunks that a later change removes", async () => {
  using folder = temporaryFolder();
  const path = folder.file();
  await using first = sqliteStore({ path });
  await first.save("large", { text: "b".repeat(5_000_000) });
  const database = new Sqlite(path);
  const staged = database.prepare("SELECT count(*) FROM threadstore_staged").pluck();
  let left = 0;
  for (let round = 0; round < (IS_QUICK ? 4 : 20); round++) {
    const child = await startChild("rewrite", path);
    const exit = once(child, "exit");
    child.send("go");
    while (staged.get() === 0) await wait(1);
    await wait((7 * round) % 30);
    child.kill("SIGKILL");
    await exit;
    const { text } = ((await first.load("large"))?.thread ?? {}) as { text: string };
    expect(["a", "b"].map((letter) => letter.repeat(5_000_000)).includes(text)).toBe(true);
    left += Number(staged.get());
    // As if ten seconds had passed.
    database.exec("UPDATE threadstore_staged SET changed_at = changed_at - 20000");
    await using store = sqliteStore({ path });
    await store.save("small", {}, { overwrite: true });
    expect(staged.get()).toBe(0);
    expect(database.prepare(ORPHANS).pluck().get()).toBe(0);
  }
  expect(left).toBeGreaterThan(0);
  database.close();
}, 120_000);

test("an erase whose process is killed is finished by another, with the right totals", async () => {
  const [namespaces, threads] = [["a", "b"], 105];
  using folder = temporaryFolder();
  const path = folder.file();
  const store = sqliteStore({ path, synchronous: "normal" });
  let bytes = 0;
  for (const name of namespaces) {
    for (let n = 0; n < threads; n += 1) bytes += (await store.namespace(name).save(`${n}`, { n })).size;
  }
  const child = await startChild("erase", path);
  const reports: string[] = [];
  const killed = new Promise<void>((resolve) => {
    child.on("message", (report) => {
      reports.push(report as string);
      // A page has a hundred threads. The process is killed while it deletes the first one of the second namespace.
      if (reports.length === 3) setTimeout(() => child.kill("SIGKILL"), 5);
    });
    child.once("exit", () => resolve());
  });
  child.send("go");
  await killed;
  const last = reports.findLast((report) => report.startsWith("{")) ?? "{}";
  const { cursor } = JSON.parse(last) as { cursor: string };
  const receipt = await store.erase({ cursor });
  expect(receipt).toMatchObject({ threads: 210, bytes, cursor: undefined });
  expect((await store.namespaces()).namespaces).toEqual([]);
  await store.close();
}, 60_000);

test("a disk that cannot be read is UNAVAILABLE, not CORRUPT", async (context) => {
  const strace = await run("strace", ["-V"]).catch(() => undefined);
  if (strace === undefined) context.skip("requires strace");
  using folder = temporaryFolder();
  const path = folder.file();
  const store = sqliteStore({ path });
  for (let n = 0; n < 100; n += 1) await store.save(`thread-${n}`, { text: "x".repeat(6000) });
  await store.save(KEY.id, { text: "y".repeat(6000) });
  await store.close();
  // From the n-th read on, all fail, like those of a failing disk: while the database is opened, and later.
  for (const first of [1, 2, 3, 4, 5, 6, 8]) {
    const fault = `inject=pread64:error=EIO:when=${first}+`;
    const tracing = ["-f", "-o", "/dev/null", "-P", path, "-e", "trace=pread64", "-e", fault];
    const program = [process.execPath, CHILD_PROGRAM, "report", path];
    const { stdout } = await run("strace", [...tracing, ...program]);
    expect([first, stdout]).toEqual([first, "UNAVAILABLE\n"]);
  }
});
