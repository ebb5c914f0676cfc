import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { options, temporaryFolder, textOf } from "./sqlite.test-helper.ts";

const KEY = { namespace: "", id: "thread" };
const CHILD_PROGRAM = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

/** Starts a child process and waits until it is ready for its task. */
async function startChild(task: string, path: string): Promise<ChildProcess> {
  const child = fork(CHILD_PROGRAM, [task, path], { execArgv: [] });
  const [message] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (message !== "ready") throw new Error(`The child process ended with ${String(message)}.`);
  return child;
}

/** Lets all children start at the same time and returns their exit codes. */
async function runToEnd(children: ChildProcess[]): Promise<unknown[]> {
  const exits = children.map((child) => once(child, "exit"));
  for (const child of children) child.send("go");
  return (await Promise.all(exits)).map(([code]) => code as unknown);
}

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
  for (let round = 0; round < 8; round++) {
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
