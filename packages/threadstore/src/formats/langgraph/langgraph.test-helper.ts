import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import {
  Annotation,
  type BaseCheckpointSaver,
  Command,
  END,
  interrupt,
  messagesStateReducer,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import type { CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { comparable } from "./compare-tuples.ts";

const state = Annotation.Root({
  messages: Annotation<BaseMessage[]>({ reducer: messagesStateReducer, default: () => [] }),
  log: Annotation<string[]>({ reducer: (left, right) => [...left, ...right], default: () => [] }),
  found: Annotation<Map<string, Set<number>>>(),
});

/** The state of the graph. */
export interface Values {
  readonly messages: readonly BaseMessage[];
  readonly log: readonly string[];
  readonly found: Map<string, Set<number>>;
}

/** A compiled graph, without the types of its nodes. */
export interface TestGraph {
  invoke(input: object | null, config: object): Promise<unknown>;
  getState(config: object): Promise<{
    readonly values: Values;
    readonly next: readonly string[];
    readonly tasks: readonly { readonly interrupts: readonly unknown[] }[];
  }>;
  updateState(config: object, values: object): Promise<object>;
}

/** A graph with messages, parallel tasks and a subgraph that asks a question. */
export function reviewGraph(checkpointer: BaseCheckpointSaver): TestGraph {
  const review = new StateGraph(state)
    .addNode("ask", () => ({ log: [`answer ${interrupt<string, string>("Ship 日本 👩‍🚀?")}`] }))
    .addEdge(START, "ask")
    .addEdge("ask", END)
    .compile();
  return new StateGraph(state)
    .addNode("plan", ({ messages }) => ({
      messages: [new AIMessage({ id: `plan-${messages.length}`, content: "I will." })],
      found: new Map([["a", new Set([1, 2])]]),
    }))
    .addNode("work", ({ part }: { part: string }) => ({ log: [`work ${part}`] }))
    .addNode("review", review)
    .addNode("finish", ({ messages }) => ({
      messages: [new AIMessage({ id: `finish-${messages.length}`, content: "Done." })],
    }))
    .addEdge(START, "plan")
    .addConditionalEdges("plan", () => ["a", "b", "c"].map((part) => new Send("work", { part })), ["work"])
    .addEdge("work", "review")
    .addEdge("review", "finish")
    .addEdge("finish", END)
    .compile({ checkpointer });
}

export function threadConfig(thread: string): { configurable: { thread_id: string } } {
  return { configurable: { thread_id: thread } };
}

/** Runs a turn of a thread, which stops at its question. */
export async function ask(checkpointer: BaseCheckpointSaver, thread: string): Promise<void> {
  const graph = reviewGraph(checkpointer);
  await graph.invoke(
    { messages: [new HumanMessage({ id: `h-${thread}`, content: thread })] },
    threadConfig(thread),
  );
}

/** Answers the question of a thread. */
export async function answer(checkpointer: BaseCheckpointSaver, thread: string): Promise<void> {
  await reviewGraph(checkpointer).invoke(new Command({ resume: "yes" }), threadConfig(thread));
}

/** Resolves with all checkpoints of a thread, as `list` and `getTuple` return them, in a comparable form. */
export async function tuplesOf(
  saver: BaseCheckpointSaver,
  thread: string,
  options: { readonly unversioned: boolean } = { unversioned: true },
): Promise<unknown[]> {
  const listed: CheckpointTuple[] = [];
  for await (const tuple of saver.list(threadConfig(thread))) listed.push(tuple);
  const tuples = await Promise.all(
    listed.map(async (tuple) => {
      const loaded = await saver.getTuple(tuple.config);
      if (loaded === undefined) throw new Error("A listed checkpoint is missing.");
      const forms = [
        await comparable(saver.serde, tuple, options),
        await comparable(saver.serde, loaded, options),
      ];
      const { checkpoint_ns: namespace, checkpoint_id: id } = tuple.config.configurable ?? {};
      return [namespace, id, ...forms.map(({ checkpoint, writes }) => [checkpoint, [...writes].toSorted()])];
    }),
  );
  return tuples.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
