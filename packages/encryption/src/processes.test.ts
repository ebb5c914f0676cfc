import type { ThreadStore } from "@threadstore/core";
import { runAndKill, startChild } from "@threadstore/test-stores/processes";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it } from "vitest";
import { keysOf, onlyNewKey, openTask, type Task } from "./processes.test-helper.ts";
import type { ResealProgress } from "./reseal/reseal-position.ts";
import { reseal } from "./reseal/reseal.ts";
import { withEncryption } from "./with-encryption.ts";

const program = new URL("processes-child.test-helper.ts", import.meta.url);
const PATHS: readonly (readonly string[])[] = [[], ["a"], ["a", "b"]];
const THREADS = 60;

function viewOf(store: ThreadStore, path: readonly string[]): ThreadStore {
  return path.reduce((view, name) => view.namespace(name), store);
}

/** Kills a process a short time after it has sent `count` messages. Resolves with all messages that it sent. */
async function killed<Message>(task: Task, count: number): Promise<Message[]> {
  const child = await startChild(program, [JSON.stringify(task)]);
  return runAndKill(child, { messages: count, withinMs: 20 });
}

// A store in memory ends with its process.
const STORES = {
  full: ["sqlite", "file-system", "postgres", "redis", "azure-blob", "s3"],
  quick: ["sqlite"],
} as const;

await describeStores("processes that are killed", STORES, ({ location }) => {
  it("while they encrypt threads again leave each with the old or the new key, and the job continues", async () => {
    const task: Task = { location: location(), job: "reseal", current: "old", first: 0 };
    const [inner, store] = await openTask(task);
    for (const path of PATHS) {
      const view = viewOf(store, path);
      for (let n = 0; n < THREADS; n += 1) {
        await view.save(`thread-${n}`, { messages: [`${n}`] }, { metadata: { title: `${n}` } });
      }
    }
    let cursor: string | undefined;
    const cursors = new Set<string | undefined>();
    for (let kill = 0; kill < 3; kill += 1) {
      const messages = await killed<ResealProgress>({ ...task, current: "new", cursor }, 1);
      cursor = messages.at(-1)?.cursor ?? cursor;
      cursors.add(cursor);
      const [, both] = await openTask({ ...task, current: "new" });
      for (const path of PATHS) {
        const loaded = await viewOf(both, path).load(`thread-${kill}`);
        expect(loaded).toMatchObject({ thread: { messages: [`${kill}`] }, metadata: { title: `${kill}` } });
      }
      await both.close();
    }
    const [target, both] = await openTask({ ...task, current: "new" });
    const receipt = await reseal(target, { keys: keysOf({ current: "new" }), cursor });
    expect(receipt.resealed + receipt.current).toBe(PATHS.length * THREADS);
    const after = withEncryption(inner, { keys: onlyNewKey() });
    for (const path of PATHS) {
      for (let n = 0; n < THREADS; n += 1) {
        expect((await viewOf(after, path).load(`thread-${n}`))?.thread).toEqual({ messages: [`${n}`] });
      }
    }
    expect(cursors.size).toBeGreaterThan(1);
    await both.close();
    await after.close();
  }, 120_000);

  it("while they save leave the last acknowledged state, or the one in flight", async () => {
    const task: Task = { location: location(), job: "live", current: "new", first: 0 };
    const [, store] = await openTask(task);
    await store.save("live", { messages: [] });
    const expected: string[] = [];
    let first = 0;
    for (let kill = 0; kill < 5; kill += 1) {
      const messages = await killed<{ begun?: number; saved?: number }>({ ...task, first }, 7);
      const saved = messages.flatMap((message) => (message.saved === undefined ? [] : [`${message.saved}`]));
      expected.push(...saved);
      const stored = (await store.load("live"))?.thread["messages"] as string[];
      const begun = messages.at(-1)?.begun;
      const inFlight = begun === undefined ? [] : [`${begun}`];
      expect([JSON.stringify(expected), JSON.stringify([...expected, ...inFlight])]).toContain(
        JSON.stringify(stored),
      );
      expected.splice(0, expected.length, ...stored);
      first = Number(stored.at(-1) ?? -1) + 1;
    }
    expect(expected.length).toBeGreaterThan(5);
    await store.close();
  }, 120_000);
});
