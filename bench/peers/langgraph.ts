import { Annotation, DeltaChannel, END, START, StateGraph } from "@langchain/langgraph";
import { emptyCheckpoint, uuid6 } from "@langchain/langgraph-checkpoint";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import type { Contestant, Keeper } from "../src/keepers/keeper.ts";
import type { Message } from "../src/turns.ts";

type File = (place: string) => string;
type Synchronous = "full" | "normal";

function open(file: string, synchronous: Synchronous): SqliteSaver {
  const saver = SqliteSaver.fromConnString(file);
  saver.db.pragma("journal_mode = WAL");
  saver.db.pragma(`synchronous = ${synchronous}`);
  return saver;
}

function start(id: string): object {
  return { configurable: { thread_id: id, checkpoint_ns: "" } };
}

/** The checkpointer alone, with the conversation as one channel: what a graph does at the least. */
export function langGraphSaver(file: File, synchronous: Synchronous): Contestant {
  return {
    name: "LangGraph, put",
    role: "peer",
    async open(place): Promise<Keeper> {
      const saver = open(file(place), synchronous);
      const put = async (
        id: string,
        messages: readonly Message[],
        step: number,
        config: object,
      ): Promise<object> => {
        const checkpoint = {
          ...emptyCheckpoint(),
          id: uuid6(step),
          ts: new Date().toISOString(),
          channel_values: { messages },
          channel_versions: { messages: step },
        };
        return saver.put(config, checkpoint, { source: "loop", step, parents: {} });
      };
      return {
        conversation(id) {
          const messages: Message[] = [];
          let config = start(id);
          let step = 0;
          return {
            add: (added) => void messages.push(...added),
            async save() {
              config = await put(id, messages, (step += 1), config);
            },
          };
        },
        async load(id) {
          const found = await saver.getTuple(start(id));
          if (found === undefined) throw new Error("The thread is not there.");
          return found.checkpoint.channel_values;
        },
        replace: async (id, { messages }) => void (await put(id, messages, 1, start(id))),
        close: async () => void saver.db.close(),
      };
    },
  };
}

const append = (state: Message[], writes: (readonly Message[])[]): Message[] => [...state, ...writes.flat()];

const channels = {
  "LangGraph, graph": () =>
    Annotation<Message[]>({ reducer: (left, right) => append(left, [right]), default: () => [] }),
  "LangGraph, DeltaChannel": () =>
    new DeltaChannel<Message[], Message[]>(append, { initialValueFactory: () => [] }),
};

/** A graph of one node that does nothing: a turn goes in, and the graph saves itself. */
export function langGraphGraph(
  file: File,
  synchronous: Synchronous,
  name: keyof typeof channels,
): Contestant {
  return {
    name,
    role: "peer",
    async open(place): Promise<Keeper> {
      const saver = open(file(place), synchronous);
      const state = Annotation.Root({ messages: channels[name]() as never });
      const graph = new StateGraph(state)
        .addNode("nothing", () => ({}))
        .addEdge(START, "nothing")
        .addEdge("nothing", END)
        .compile({ checkpointer: saver });
      const save = async (id: string, messages: readonly Message[]): Promise<void> => {
        await graph.invoke({ messages: [...messages] } as never, start(id));
      };
      return {
        conversation(id) {
          let added: readonly Message[] = [];
          return { add: (messages) => void (added = messages), save: () => save(id, added) };
        },
        load: async (id) => (await graph.getState(start(id))).values as unknown,
        close: async () => void saver.db.close(),
      };
    },
  };
}
