import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { deltaGraph, human, threadConfig } from "./graph.test-helper.ts";
import { observedStore } from "./observed-store.test-helper.ts";
import { ThreadStoreSaver } from "./saver.ts";

const TURNS = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 24 : 100;

/** The calls of a store, and the bytes that they have written. */
interface Counts {
  calls: string[];
  /** Calls that start while others are running share a round trip. */
  roundTrips: number;
  written: number;
  running: number;
}

function countedStore(store: ThreadStore): { store: ThreadStore; counts: Counts } {
  const counts: Counts = { calls: [], roundTrips: 0, written: 0, running: 0 };
  const counted = observedStore(store, async (operation, _id, content) => {
    counts.calls.push(operation);
    if (operation === "save") counts.written += String(content).length;
    if (operation === "append") counts.written += JSON.stringify(content).length;
    if (counts.running === 0) counts.roundTrips += 1;
    counts.running += 1;
    await new Promise((resolve) => setImmediate(resolve));
    counts.running -= 1;
  });
  return { store: counted, counts };
}

/** An agent that calls a tool and then answers: three nodes, and five checkpoints a turn. */
function agent(saver: ThreadStoreSaver, beforeNode: () => Promise<void> = async () => undefined) {
  const last = (messages: readonly { readonly type: string }[]) => messages.at(-1)?.type;
  return new StateGraph(MessagesAnnotation)
    .addNode("model", async ({ messages }) => {
      await beforeNode();
      const content = `${"text ".repeat(100)}${messages.length}`;
      const call = { name: "find", args: { query: "x" }, id: `call-${messages.length}` };
      const calls = last(messages) === "tool" ? [] : [call];
      return { messages: [new AIMessage({ id: `ai-${messages.length}`, content, tool_calls: calls })] };
    })
    .addNode("tools", async ({ messages }) => {
      await beforeNode();
      const tool_call_id = `call-${messages.length - 1}`;
      const content = "found ".repeat(50);
      return { messages: [new ToolMessage({ id: `tool-${messages.length}`, content, tool_call_id })] };
    })
    .addEdge(START, "model")
    .addConditionalEdges("model", ({ messages }) =>
      (messages.at(-1) as AIMessage).tool_calls?.length ? "tools" : END,
    )
    .addEdge("tools", "model")
    .compile({ checkpointer: saver });
}

it.each([
  { process: "the same process", isSame: true, stepMs: 0, calls: 11, roundTrips: 7 },
  { process: "a new process for each turn", isSame: false, stepMs: 0, calls: 14, roundTrips: 9 },
  // With a lease that ends in each step: 3 of the 5 checkpoints look for the parent and the mark of a deletion.
  { process: "the same process with slow nodes", isSame: true, stepMs: 2000, calls: 19, roundTrips: 12 },
])(
  "a turn with five checkpoints takes fewer than $roundTrips round trips in $process, and its bytes do not grow",
  async ({ isSame, stepMs, calls, roundTrips }) => {
    const { store, counts } = countedStore(memoryStore());
    let time = Date.now();
    const open = () => new ThreadStoreSaver({ store, now: () => time });
    const first = open();
    /** Lets time pass after the checkpoint before the node was saved. */
    const pass = async () => {
      if (stepMs === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
      await expect.poll(() => counts.running, { interval: 1 }).toBe(0);
      time += stepMs;
    };
    const bytes: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      counts.written = 0;
      const saver = isSame ? first : open();
      await agent(saver, pass).invoke({ messages: [human("Find it.", `h-${turn}`)] }, threadConfig("costs"));
      bytes.push(counts.written);
    }
    const summary = Object.entries(Object.groupBy(counts.calls, (call) => call)).map(
      ([call, all]) => `${call} ${(all ?? []).length / TURNS}`,
    );
    expect(counts.calls.length / TURNS, summary.join(", ")).toBeLessThan(calls);
    expect(counts.roundTrips / TURNS).toBeLessThan(roundTrips);
    const mean = (numbers: readonly number[]) =>
      numbers.reduce((sum, next) => sum + next, 0) / numbers.length;
    expect(mean(bytes.slice(-10))).toBeLessThan(1.1 * mean(bytes.slice(4, 14)));
    const state = await agent(new ThreadStoreSaver({ store })).getState(threadConfig("costs"));
    expect((state.values as { messages: unknown[] }).messages).toHaveLength(4 * TURNS);
  },
);

it("loads a chain of delta checkpoints in a few round trips", async () => {
  const records = memoryStore();
  for (let turn = 0; turn < 20; turn++) {
    await deltaGraph(new ThreadStoreSaver({ store: records }), 1000).invoke(
      { lines: [`turn ${turn}`] },
      threadConfig("delta"),
    );
  }
  const { store, counts } = countedStore(records);
  const { values } = await deltaGraph(new ThreadStoreSaver({ store }), 1000).getState(threadConfig("delta"));
  expect(values.lines).toHaveLength(40);
  expect(counts.roundTrips).toBeLessThan(20);
});
