import { type BaseCheckpointSaver, MemorySaver } from "@langchain/langgraph-checkpoint";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { expect, it } from "vitest";
import {
  deltaGraph,
  human,
  resume,
  reviewGraph,
  type Snapshot,
  type TestGraph,
  threadConfig,
} from "./graph.test-helper.ts";
import { ThreadStoreSaver } from "./saver.ts";

type Step = (graph: TestGraph, config: object) => Promise<unknown>;

/** Replaces ids by the order in which they first occur, and times by nothing: they differ from run to run. */
function normalize(value: unknown): unknown {
  const names = new Map<string, string>();
  const text = JSON.stringify(value, (_name, member: unknown) => (member === undefined ? null : member));
  return JSON.parse(
    text
      .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|\b[\da-f]{32}\b/gu, (id) => {
        const name = names.get(id) ?? `id ${names.size}`;
        names.set(id, name);
        return name;
      })
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/gu, "time"),
  );
}

async function historyOf(graph: TestGraph, config: object): Promise<unknown[]> {
  const history: unknown[] = [];
  for await (const snapshot of graph.getStateHistory(config)) history.push(snapshot);
  return history;
}

/** Runs steps on a graph, and returns what a client sees after each of them. */
async function observe(open: () => BaseCheckpointSaver, steps: readonly Step[]): Promise<unknown[]> {
  const config = threadConfig("review");
  const seen: unknown[] = [];
  for (const step of steps) {
    const graph = reviewGraph(open());
    seen.push(await step(graph, config).catch((error: unknown) => String(error)));
    seen.push(await graph.getState(config, { subgraphs: true }));
    seen.push(await historyOf(graph, config));
  }
  return seen;
}

/** Runs steps on our saver and on MemorySaver. A new saver for each step stands for a new process. */
async function expectSame(steps: readonly Step[]): Promise<void> {
  const memorySaver = new MemorySaver();
  const store = memoryStore();
  const ours = await observe(() => new ThreadStoreSaver({ store }), steps);
  // No step overtakes another one, so the check of single writers never rejects.
  const oneProcess = new ThreadStoreSaver({ store: memoryStore(), singleWriter: true });
  const inOneProcess = await observe(() => oneProcess, steps);
  const expected = normalize(await observe(() => memorySaver, steps));
  expect(normalize(ours)).toEqual(expected);
  expect(normalize(inOneProcess)).toEqual(expected);
}

const start: Step = (graph, config) => graph.invoke({ messages: [human("Hello.", "h1")] }, config);
const approve: Step = (graph, config) => graph.invoke(resume("yes"), config);

async function stateBefore(graph: TestGraph, config: object, node: string): Promise<Snapshot> {
  for await (const snapshot of graph.getStateHistory(config)) {
    if (snapshot.next.includes(node)) return snapshot;
  }
  throw new Error(`No state before ${node}.`);
}

it("a run that is interrupted and resumed is the same as with MemorySaver", () =>
  expectSame([
    start,
    approve,
    (graph, config) => graph.invoke({ messages: [human("Again.", "h2")] }, config),
    approve,
  ]));

it("time travel and forks are the same as with MemorySaver", () =>
  expectSame([
    start,
    approve,
    async (graph, config) => graph.invoke(null, (await stateBefore(graph, config, "work")).config),
    async (graph, config) => {
      const { config: past } = await stateBefore(graph, config, "finish");
      const fork = await graph.updateState(past, { score: 7, log: ["edited"] });
      return graph.invoke(null, fork);
    },
    async (graph, config) => {
      const { config: past } = await stateBefore(graph, config, "plan");
      return graph.updateState(past, null, "__copy__");
    },
    (graph, config) => graph.invoke(null, config),
  ]));

it("states that a client edits are the same as with MemorySaver", () =>
  expectSame([
    start,
    (graph, config) => graph.updateState(config, { messages: [human("Edited.", "h1")] }, "plan"),
    (graph, config) =>
      graph.bulkUpdateState(config, [{ updates: [{ values: { score: 3 }, asNode: "review" }] }]),
    (graph, config) => graph.invoke(null, config),
  ]));

it("when a task fails, tasks of the same step that succeeded do not run again, as with MemorySaver", async () => {
  const behavior = { failing: true };
  const failThenRun = async (saver: () => BaseCheckpointSaver): Promise<unknown[]> => {
    behavior.failing = true;
    const config = threadConfig("failing");
    const first = await reviewGraph(saver(), behavior)
      .invoke({ messages: [human("Hello.", "h1")] }, config)
      .catch((error: unknown) => String(error));
    const pending = await reviewGraph(saver(), behavior).getState(config);
    behavior.failing = false;
    return [first, pending, await reviewGraph(saver(), behavior).invoke(null, config)];
  };
  const memorySaver = new MemorySaver();
  const store = memoryStore();
  expect(normalize(await failThenRun(() => new ThreadStoreSaver({ store })))).toEqual(
    normalize(await failThenRun(() => memorySaver)),
  );
});

it.each(["sync", "exit"] as const)("runs with durability %s are the same as with MemorySaver", (durability) =>
  expectSame([
    (graph, config) => graph.invoke({ messages: [human("Hello.", "h1")] }, { ...config, durability }),
    (graph, config) => graph.invoke(resume("no"), { ...config, durability }),
  ]),
);

it("delta channels are rebuilt from their writes, as with MemorySaver", async () => {
  const run = async (saver: () => BaseCheckpointSaver): Promise<unknown[]> => {
    const seen: unknown[] = [];
    for (let turn = 0; turn < 8; turn++) {
      const graph = deltaGraph(saver(), 3);
      await graph.invoke({ lines: [`turn ${turn}`] }, threadConfig("delta"));
      const history: unknown[] = [];
      for await (const { values } of graph.getStateHistory(threadConfig("delta"))) history.push(values);
      seen.push(history);
    }
    return seen;
  };
  const memorySaver = new MemorySaver();
  const store: ThreadStore = memoryStore();
  expect(await run(() => new ThreadStoreSaver({ store }))).toEqual(await run(() => memorySaver));
});
