import { Annotation, DeltaChannel, END, START, StateGraph } from "@langchain/langgraph";
import { type BaseCheckpointSaver, emptyCheckpoint, uuid6 } from "@langchain/langgraph-checkpoint";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import type { ThreadStore } from "../../packages/core/dist/index.js";
import { ThreadStoreSaver } from "../../packages/langgraph/dist/index.js";
import type { Subject, Client } from "../src/clients/client.ts";
import type { Message } from "../src/messages.ts";

interface OpenSaver {
  readonly saver: BaseCheckpointSaver;
  readonly close: () => Promise<void>;
}

/** Opens the checkpointer of a location. */
export type SaverSource = (location: string) => Promise<OpenSaver>;

/** Imports the library itself, and opens a database, which loads its native module. */
export async function sqliteSaver(
  file: (location: string) => string,
  synchronous: "full" | "normal",
): Promise<SaverSource> {
  const { SqliteSaver } = await import("@langchain/langgraph-checkpoint-sqlite");
  SqliteSaver.fromConnString(":memory:").db.close();
  return async (location) => {
    const saver = SqliteSaver.fromConnString(file(location));
    saver.db.pragma("journal_mode = WAL");
    saver.db.pragma(`synchronous = ${synchronous}`);
    return { saver, close: async () => void saver.db.close() };
  };
}

export function postgresSaver(url: string): SaverSource {
  return async (location) => {
    const saver = PostgresSaver.fromConnString(url, { schema: location });
    await saver.setup();
    return { saver, close: () => saver.end() };
  };
}

/** Our checkpointer in a store. */
export function threadStoreSaver(openStore: (location: string) => ThreadStore): SaverSource {
  return async (location) => {
    const store = openStore(location);
    // The package has its own copy of the interface.
    const saver = new ThreadStoreSaver({ store }) as unknown as BaseCheckpointSaver;
    return { saver, close: () => store.close() };
  };
}

function start(id: string): object {
  return { configurable: { thread_id: id, checkpoint_ns: "" } };
}

/** The checkpointer alone, with the conversation as one channel: the minimum work of a graph. */
export function langGraphSaver(open: SaverSource, suffix = ""): Subject {
  return {
    name: `LangGraph, put${suffix}`,
    role: "peer",
    async open(location): Promise<Client> {
      const { saver, close } = await open(location);
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
        return saver.put(config, checkpoint, { source: "loop", step, parents: {} }, { messages: step });
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
          if (found === undefined) throw new Error("The thread does not exist.");
          return found.checkpoint.channel_values;
        },
        replace: async (id, { messages }) => void (await put(id, messages, 1, start(id))),
        close,
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

/** A graph with one node that does nothing: each turn is passed in, and the graph saves a checkpoint. */
export function langGraphGraph(open: SaverSource, name: keyof typeof channels, suffix = ""): Subject {
  return {
    name: name + suffix,
    role: "peer",
    async open(location): Promise<Client> {
      const { saver, close } = await open(location);
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
        close,
      };
    },
  };
}
