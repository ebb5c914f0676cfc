import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import {
  Annotation,
  type BaseCheckpointSaver,
  Command,
  DeltaChannel,
  END,
  interrupt,
  messagesStateReducer,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { LangGraphStoreError } from "./errors.ts";

const ReviewState = Annotation.Root({
  messages: Annotation<BaseMessage[]>({ reducer: messagesStateReducer, default: () => [] }),
  log: Annotation<string[]>({ reducer: (left, right) => [...left, ...right], default: () => [] }),
  score: Annotation<number>(),
});

/** The state of a graph, as far as tests read it. */
export interface State {
  readonly messages?: readonly unknown[];
  readonly lines?: readonly string[];
  readonly log?: readonly string[];
}

export interface Snapshot {
  readonly values: State;
  readonly next: readonly string[];
  readonly tasks: readonly { readonly interrupts: readonly unknown[] }[];
  readonly config: object;
}

/** A compiled graph, without the types of its state. */
export interface TestGraph {
  invoke(input: object | null, config: object): Promise<State>;
  getState(config: object, options?: { subgraphs: boolean }): Promise<Snapshot>;
  getStateHistory(config: object): AsyncIterable<Snapshot>;
  updateState(config: object, values: object | null, asNode?: string): Promise<object>;
  bulkUpdateState(config: object, supersteps: readonly object[]): Promise<object>;
}

/** Settings of a graph that a test changes while it runs. */
export interface Behavior {
  failing?: boolean;
}

/** Numbers messages, so that the same run yields the same messages on each saver. */
function messageId(messages: readonly BaseMessage[], name: string): string {
  return `${name}-${messages.length}`;
}

/**
 * A graph with a conversation, parallel tasks, a subgraph that asks a question, and a task that can fail
 * while others of the same step succeed.
 */
export function reviewGraph(checkpointer: BaseCheckpointSaver, behavior: Behavior = {}): TestGraph {
  const review = new StateGraph(ReviewState)
    .addNode("ask", () => {
      const answer = interrupt<string, string>("Approve?");
      return { log: [`answer ${answer}`], score: answer === "yes" ? 1 : 0 };
    })
    .addNode("note", ({ score }) => ({ log: [`noted ${score}`] }))
    .addEdge(START, "ask")
    .addEdge("ask", "note")
    .addEdge("note", END)
    .compile();
  return new StateGraph(ReviewState)
    .addNode("plan", ({ messages }) => ({
      messages: [new AIMessage({ id: messageId(messages, "plan"), content: "I will." })],
      log: ["plan"],
    }))
    .addNode("work", ({ part }: { part: string }) => {
      if (part === "b" && behavior.failing === true) throw new Error("The work failed.");
      return { log: [`work ${part}`] };
    })
    .addNode("review", review)
    .addNode("finish", ({ messages, score }) => ({
      messages: [new AIMessage({ id: messageId(messages, "finish"), content: `Score ${score}.` })],
    }))
    .addEdge(START, "plan")
    .addConditionalEdges("plan", () => ["a", "b", "c"].map((part) => new Send("work", { part })), ["work"])
    .addEdge("work", "review")
    .addEdge("review", "finish")
    .addEdge("finish", END)
    .compile({ checkpointer });
}

function append(state: string[], writes: string[][]): string[] {
  return [...state, ...writes.flat()];
}

/** A graph with a delta channel: most checkpoints only have its writes, and some have a snapshot. */
export function deltaGraph(checkpointer: BaseCheckpointSaver, snapshotFrequency: number): TestGraph {
  const DeltaState = Annotation.Root({
    lines: new DeltaChannel<string[], string[]>(append, {
      initialValueFactory: () => [],
      snapshotFrequency,
    }) as never,
  });
  return new StateGraph(DeltaState)
    .addNode("echo", () => ({ lines: ["echo"] }) as never)
    .addEdge(START, "echo")
    .addEdge("echo", END)
    .compile({ checkpointer });
}

const TurnState = Annotation.Root({
  lines: Annotation<string[]>({ reducer: (left, right) => [...left, ...right], default: () => [] }),
});

/** A graph of two nodes, whose turns are an input and a line of each node. */
export function turnGraph(checkpointer: BaseCheckpointSaver): TestGraph {
  return new StateGraph(TurnState)
    .addNode("first", () => ({ lines: [`first ${"x".repeat(2000)}`] }))
    .addNode("second", () => ({ lines: ["second"] }))
    .addEdge(START, "first")
    .addEdge("first", "second")
    .addEdge("second", END)
    .compile({ checkpointer });
}

/** Runs 8 turns of a thread that another process uses, too. Repeats a turn that the other one has overtaken. */
export async function shareThread(graph: TestGraph, name: string): Promise<void> {
  for (let turn = 0; turn < 8;) {
    try {
      await graph.invoke({ lines: [`${name} ${turn}`] }, threadConfig("one"));
      turn += 1;
    } catch (error) {
      if (!LangGraphStoreError.is(error, "CONCURRENT_RUN")) throw error;
    }
  }
}

export function human(text: string, id: string): HumanMessage {
  return new HumanMessage({ id, content: text });
}

export function resume(answer: string): Command {
  return new Command({ resume: answer });
}

export function threadConfig(thread: string): { configurable: { thread_id: string } } {
  return { configurable: { thread_id: thread } };
}
