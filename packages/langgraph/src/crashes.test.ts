import { type MemoryRecords, memoryStore, type ThreadStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { deltaGraph, human, resume, reviewGraph, type TestGraph, threadConfig } from "./graph.test-helper.ts";
import { observedStore } from "./observed-store.test-helper.ts";
import { ThreadStoreSaver } from "./saver.ts";

// Every moment between two writes, in one process: a store that stops answering is what a killed process leaves.
// processes.test.ts kills real processes.

/** `npm run test:full` tests every moment. */
const STEP = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 6 : 1;

const WRITES = new Set(["append", "delete", "save", "touch"]);

class Killed extends Error {}

/** Returns a store that applies the first `count` writes, and rejects everything after them. */
function dyingStore(store: ThreadStore, count: number): { store: ThreadStore; isDead: () => boolean } {
  let writes = 0;
  const dying = observedStore(store, (operation) => {
    if (WRITES.has(operation)) writes += 1;
    if (writes > count) throw new Killed("The process was killed.");
  });
  return { store: dying, isDead: () => writes > count };
}

const config = threadConfig("crash");

/** Runs the graph until it has answered both questions, and returns its final state. */
async function complete(store: ThreadStore, singleWriter = false): Promise<unknown> {
  const graph = reviewGraph(new ThreadStoreSaver({ store, singleWriter }));
  for (let attempt = 0; attempt < 5; attempt++) {
    const { values, tasks } = await graph.getState(config);
    if (Object.keys(values).length === 0) await graph.invoke({ messages: [human("Hello.", "h1")] }, config);
    else if (tasks.length === 0) return values;
    else if (tasks.some(({ interrupts }) => interrupts.length > 0)) await graph.invoke(resume("yes"), config);
    else await graph.invoke(null, config);
  }
  throw new Error("The graph does not end.");
}

it.each([
  { title: "", singleWriter: false },
  { title: ", with singleWriter", singleWriter: true },
])(
  "a run that is killed after any of its writes continues after its last checkpoint$title",
  async ({ singleWriter }) => {
    const expected = JSON.stringify(await complete(memoryStore()));
    let killed = 0;
    for (let count = 0; ; count += STEP) {
      const records: MemoryRecords = new Map();
      const { store, isDead } = dyingStore(memoryStore({ records }), count);
      await complete(store, singleWriter).catch(() => undefined);
      if (!isDead()) break;
      killed += 1;
      const survivor = memoryStore({ records });
      expect(JSON.stringify(await complete(survivor, singleWriter)), `after ${count} writes`).toBe(expected);
      await new ThreadStoreSaver({ store: survivor }).cleanUp("crash", 0);
      expect(JSON.stringify(await complete(survivor)), `after ${count} writes and a clean-up`).toBe(expected);
    }
    expect(killed).toBeGreaterThan(6 / STEP);
  },
);

function recordCount(records: MemoryRecords): number {
  return [...records.values()].reduce((count, threads) => count + threads.size, 0);
}

it("a deletion that is killed after any of its writes appears done, and the next read completes it", async () => {
  let killed = 0;
  const wait = async (): Promise<void> => undefined;
  for (let count = 0; ; count += STEP) {
    const records: MemoryRecords = new Map();
    await complete(memoryStore({ records }));
    const { store, isDead } = dyingStore(memoryStore({ records }), count);
    await new ThreadStoreSaver({ store, wait }).deleteThread("crash").catch(() => undefined);
    if (!isDead()) break;
    killed += 1;
    const saver = new ThreadStoreSaver({ store: memoryStore({ records }), wait });
    const tuple = await saver.getTuple(config);
    // Nothing happened before the first write. After it, the thread is gone.
    expect(tuple !== undefined).toBe(count === 0);
    expect(recordCount(records) > 0).toBe(count === 0);
  }
  expect(killed).toBeGreaterThan(6 / STEP);
});

it.each<{
  kind: string;
  graphOf: (saver: ThreadStoreSaver) => TestGraph;
  fill: (records: MemoryRecords) => Promise<unknown>;
}>([
  {
    kind: "messages",
    graphOf: (saver) => reviewGraph(saver),
    fill: (records) => complete(memoryStore({ records })),
  },
  {
    kind: "delta channels",
    graphOf: (saver) => deltaGraph(saver, 5),
    async fill(records) {
      const graph = deltaGraph(new ThreadStoreSaver({ store: memoryStore({ records }) }), 5);
      for (const line of ["one", "two", "three"]) await graph.invoke({ lines: [line] }, config);
    },
  },
])(
  "a prune that is killed after any of its writes leaves a thread with $kind whose state is the same",
  async ({ graphOf, fill }) => {
    for (let count = 0; ; count += STEP) {
      const records: MemoryRecords = new Map();
      const open = () => new ThreadStoreSaver({ store: memoryStore({ records }) });
      await fill(records);
      const before = await graphOf(open()).getState(config);
      const { store, isDead } = dyingStore(memoryStore({ records }), count);
      await new ThreadStoreSaver({ store }).prune(["crash"]).catch(() => undefined);
      await open().cleanUp("crash", 0);
      const after = await graphOf(open()).getState(config);
      expect(JSON.stringify(after.values)).toBe(JSON.stringify(before.values));
      if (!isDead()) break;
    }
  },
);

it("a copy that is killed after any of its writes is completed by another one", async () => {
  const records: MemoryRecords = new Map();
  await complete(memoryStore({ records }));
  const expected = await reviewGraph(new ThreadStoreSaver({ store: memoryStore({ records }) })).getState(
    config,
  );
  for (let count = 0; ; count += 3) {
    const copied: MemoryRecords = new Map([...records].map(([name, threads]) => [name, new Map(threads)]));
    const { store, isDead } = dyingStore(memoryStore({ records: copied }), count);
    await new ThreadStoreSaver({ store }).copyThread("crash", "copy").catch(() => undefined);
    const saver = new ThreadStoreSaver({ store: memoryStore({ records: copied }) });
    await saver.copyThread("crash", "copy");
    const { values } = await reviewGraph(saver).getState(threadConfig("copy"));
    expect(JSON.stringify(values)).toBe(JSON.stringify(expected.values));
    if (!isDead()) break;
  }
});
