import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { sqliteDriver, sqliteStore } from "./sqlite-store.ts";
import { options, temporaryFolder, textAt } from "./tools.test-helper.ts";

const key = { namespace: "", id: "thread" };
const program = fileURLToPath(new URL("processes-child.test-helper.ts", import.meta.url));

/** A child that is ready to begin; `using` kills it if it is still there. */
async function child(task: string, path: string): Promise<ChildProcess> {
  const process = fork(program, [task, path], { execArgv: [] });
  const [first] = await Promise.race([once(process, "message"), once(process, "exit")]);
  if (first !== "ready") throw new Error(`The child ended with ${String(first)}.`);
  return process;
}

async function finish(children: ChildProcess[]): Promise<unknown[]> {
  const ends = children.map((each) => once(each, "exit"));
  for (const each of children) each.send("go");
  return (await Promise.all(ends)).map(([code]) => code as unknown);
}

test("four processes count to 100, and exit by themselves once closed", async () => {
  using folder = temporaryFolder();
  const driver = sqliteDriver({ path: folder.file() });
  await driver.read(key, undefined, options);
  const children = await Promise.all(Array.from({ length: 4 }, () => child("increment", folder.file())));
  expect(await finish(children)).toEqual([0, 0, 0, 0]);
  expect(await textAt(driver, key.id)).toBe("100}");
  await driver.close();
});

test("processes that create one file at the same moment all succeed", async () => {
  for (let round = 0; round < 8; round++) {
    using folder = temporaryFolder();
    const children = await Promise.all(Array.from({ length: 3 }, () => child("create", folder.file())));
    expect(await finish(children)).toEqual([0, 0, 0]);
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
  const writer = await child("alternate", folder.file());
  const ended = once(writer, "exit");
  writer.send("go");
  const versions = new Set<string>();
  while (versions.size < 300) {
    const found = await driver.read(key, undefined, options);
    const text = Buffer.from(found?.bytes ?? []).toString();
    expect(["", "a".repeat(200_001), "b".repeat(100_001)].includes(text)).toBe(true);
    versions.add(found?.version ?? "none");
    await new Promise(setImmediate);
    if (writer.exitCode !== null) throw new Error("The writer ended.");
  }
  writer.disconnect();
  await ended;
  await driver.close();
});
