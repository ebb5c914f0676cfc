import { join } from "node:path";
import { sqliteStore } from "@threadstore/sqlite";
import { temporaryFolder } from "@threadstore/test-stores/locations";
import { randomBeginning, runAndKill, startChild } from "@threadstore/test-stores/processes";
import { expect, test } from "vitest";
import type { HistoryStore } from "./history-store.ts";
import { textOf } from "./processes.test-helper.ts";
import { withHistory } from "./with-history.ts";

const program = new URL("processes-child.test-helper.ts", import.meta.url);
const keep = { versions: 12 };
/** A fork is compared with its origin, which later restores must not have removed by then. */
const KEEP_ALL = { versions: 10_000 };

type Message = { readonly begin: number } | { readonly done: number; readonly version: string };

/** Runs a task in another process and kills it in the middle. Resolves with its messages. */
async function killed(task: "fork" | "save", path: string, first: number): Promise<Message[]> {
  const { versions } = task === "fork" ? KEEP_ALL : keep;
  const parameters = [task, path, String(first), String(versions)];
  const kill = { messages: randomBeginning(40), withinMs: 3 };
  return runAndKill(await startChild(program, parameters), kill);
}

test("after SIGKILL the versions are those of the acknowledged saves, and of the one in flight or not", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "threads.db");
  /** The versions of the acknowledged saves, oldest first; the version of a save that was in flight is unknown. */
  const acknowledged: (string | undefined)[] = [];
  let [inFlight, stored] = [0, 0];
  for (let round = 0; round < 12; round += 1) {
    const messages = await killed("save", path, acknowledged.length);
    for (const message of messages) if ("done" in message) acknowledged.push(message.version);
    await using store = withHistory(sqliteStore({ path }), { keep });
    const versions = (await store.versions("a")).toReversed();
    const current = await store.load("a");
    const isStored = current?.json === textOf(acknowledged.length);
    const last = messages.at(-1);
    if (last !== undefined && "begin" in last) inFlight += 1;
    const next = { begin: acknowledged.length };
    expect(isStored ? last : next).toEqual(next);
    if (isStored) {
      stored += 1;
      acknowledged.push(current.version);
    }
    expect(versions.map(({ version }) => version)).toEqual(acknowledged.slice(-keep.versions));
    for (const [index, { version }] of versions.entries()) {
      const n = acknowledged.length - versions.length + index;
      expect((await store.loadVersion("a", version))?.json).toBe(textOf(n));
    }
  }
  // Otherwise the kills did not interrupt what matters, and no log was started again.
  expect(inFlight).toBeGreaterThan(2);
  expect(stored).toBeLessThan(12);
  expect(acknowledged.length).toBeGreaterThan(2 * keep.versions);
});

/** Checks that a fork is whole: a thread of one version with the text, and metadata, of its origin. */
async function expectWholeFork(
  store: HistoryStore,
  id: string,
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  const fork = await store.load(id);
  const { title, forkedFrom, forkedFromVersion = "" } = fork?.metadata ?? {};
  expect({ title, forkedFrom, json: fork?.json }).toEqual({
    title: "T",
    forkedFrom: "a",
    json: texts.get(forkedFromVersion),
  });
  expect((await store.versions(id)).map(({ version }) => version)).toEqual([fork?.version]);
  expect((await store.fork("a", forkedFromVersion, id)).version).toBe(fork?.version);
}

test("after SIGKILL each fork is whole or does not exist, and each restore added a version or nothing", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "threads.db");
  const texts = new Map<string, string>();
  await using store = withHistory(sqliteStore({ path }), { keep: KEEP_ALL });
  for (let n = 0; n < 6; n += 1) {
    const previous = await store.load("a");
    const { version, json } = await store.save("a", textOf(n), { previous, metadata: { title: "T" } });
    texts.set(version, json);
  }
  let [next, inFlight, restored] = [0, 0, 0];
  for (let round = 0; round < 12; round += 1) {
    const messages = await killed("fork", path, next);
    const done = messages.flatMap((message) => ("done" in message ? [message.done] : []));
    const last = messages.at(-1);
    if (last !== undefined && "begin" in last) inFlight += 1;
    restored += done.filter((n) => n % 4 === 3).length;
    for (const { version } of await store.versions("a")) {
      const json = (await store.loadVersion("a", version))?.json ?? "";
      expect([...texts.values()]).toContain(json);
      texts.set(version, json);
    }
    const current = await store.load("a");
    expect(current?.json).toBe(texts.get(current?.version ?? ""));
    const ids: string[] = [];
    for await (const { id } of store.list({ where: { forkedFrom: "a" } })) ids.push(id);
    const forked = done.filter((n) => n % 4 !== 3).map((n) => `fork ${n}`);
    expect(ids).toEqual(expect.arrayContaining(forked));
    for (const id of ids) await expectWholeFork(store, id, texts);
    next += done.length + 1;
  }
  // Otherwise the kills did not interrupt what matters.
  expect(inFlight).toBeGreaterThan(2);
  expect(restored).toBeGreaterThan(2);
});
