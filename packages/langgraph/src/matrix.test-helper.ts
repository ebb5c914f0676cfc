import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import {
  type BaseCheckpointSaver,
  emptyCheckpoint,
  MemorySaver,
  uuid6,
} from "@langchain/langgraph-checkpoint";
import { defineRow, defineStoreRows, importPeer, type SdkMatrix } from "@threadstore/matrix";
import { describeWithService } from "@threadstore/services/vitest";
import { describeStores } from "@threadstore/test-stores/vitest";
import { afterAll, describe } from "vitest";
import { threadConfig } from "./graph.test-helper.ts";
import { LangGraphStoreError, ThreadStoreSaver } from "./index.ts";
import { configOf, listOf } from "./saver.test-helper.ts";
import { defineCases } from "./validate.test-helper.ts";

// `npm run docs:matrix` runs this file.

interface Savers {
  /** Opens another saver of the same checkpoints. */
  readonly open: () => BaseCheckpointSaver;
  /** Opens a saver that shares nothing with others. */
  readonly openEmpty: () => Promise<BaseCheckpointSaver>;
}

const State = Annotation.Root({
  texts: Annotation<string[]>({ reducer: (left, right) => [...left, ...right], default: () => [] }),
});

function graphOf(checkpointer: BaseCheckpointSaver) {
  return new StateGraph(State)
    .addNode("nothing", () => ({}))
    .addEdge(START, "nothing")
    .addEdge("nothing", END)
    .compile({ checkpointer });
}

const MATRIX: SdkMatrix<Savers> = {
  defineKit: (name, savers) => defineCases("validation", name, async () => savers().openEmpty()),
  defineMore: (name, savers) => defineCases("delta channels", name, async () => savers().openEmpty()),
  async openConversation({ open }, name) {
    const graph = graphOf(open());
    const config = threadConfig(name);
    return {
      async append(texts) {
        for (;;) {
          try {
            await graph.invoke({ texts: [...texts] }, config);
            return;
          } catch (error) {
            if (!LangGraphStoreError.is(error, "CONCURRENT_RUN")) throw error;
          }
        }
      },
      read: async () => (await graph.getState(config)).values.texts ?? [],
    };
  },
  async replay({ open }) {
    const saver = open();
    const thread = randomUUID();
    const checkpoint = { ...emptyCheckpoint(), id: uuid6(0) };
    const metadata = { source: "loop", step: 0, parents: {} } as const;
    for (const client of [saver, saver, open()]) {
      try {
        const config = await client.put(configOf(thread), checkpoint, metadata, {});
        await client.putWrites(config, [["a", 1]], "task");
      } catch (error) {
        // With `singleWriter`, a repeated checkpoint is one that another run has overtaken.
        if (!LangGraphStoreError.is(error, "CONCURRENT_RUN")) throw error;
      }
    }
    const tuples = await listOf(saver, configOf(thread));
    return tuples.length + (tuples[0]?.pendingWrites?.length ?? 0) - 2;
  },
};

await defineStoreRows<Savers>(MATRIX, (store) => ({
  open: () => new ThreadStoreSaver({ store }),
  openEmpty: async () => new ThreadStoreSaver({ store: store.namespace(randomUUID()) }),
}));

await describeStores(
  "ThreadStore with `singleWriter`",
  { full: ["sqlite"], quick: ["sqlite"] },
  ({ store }) => {
    defineRow(MATRIX, () => ({
      open: () => new ThreadStoreSaver({ store: store(), singleWriter: true }),
      openEmpty: async () =>
        new ThreadStoreSaver({ store: store().namespace(randomUUID()), singleWriter: true }),
    }));
  },
);

describe("MemorySaver", () => {
  const saver = new MemorySaver();
  defineRow(MATRIX, () => ({ open: () => saver, openEmpty: async () => new MemorySaver() }), {
    isPersistent: false,
    kitName: "MemorySaver",
  });
});

const SQLITE_PACKAGE = "@langchain/langgraph-checkpoint-sqlite";
const { SqliteSaver } = (await importPeer(SQLITE_PACKAGE)) as {
  readonly SqliteSaver: { fromConnString(file: string): BaseCheckpointSaver };
};
describe("SqliteSaver", () => {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-matrix-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  defineRow(
    MATRIX,
    () => ({
      open: () => SqliteSaver.fromConnString(join(folder, "shared.db")),
      openEmpty: async () => SqliteSaver.fromConnString(join(folder, `${randomUUID()}.db`)),
    }),
    { kitName: SQLITE_PACKAGE },
  );
});

type PostgresSaver = BaseCheckpointSaver & { setup(): Promise<void>; end(): Promise<void> };
const POSTGRES_PACKAGE = "@langchain/langgraph-checkpoint-postgres";
const peer = (await importPeer(POSTGRES_PACKAGE)) as {
  readonly PostgresSaver: { fromConnString(url: string, options: { schema: string }): PostgresSaver };
};
await describeWithService("postgres", "PostgresSaver", ({ url }) => {
  const opened: PostgresSaver[] = [];
  afterAll(async () => {
    for (const saver of opened) await saver.end();
  });
  function open(schema: string): PostgresSaver {
    const saver = peer.PostgresSaver.fromConnString(url, { schema });
    opened.push(saver);
    return saver;
  }
  async function openEmpty(schema = `t_${randomUUID().slice(0, 8)}`): Promise<BaseCheckpointSaver> {
    const saver = open(schema);
    await saver.setup();
    return saver;
  }
  defineRow(MATRIX, () => ({ open: () => open("shared"), openEmpty }), {
    kitName: POSTGRES_PACKAGE,
    prepare: async () => void (await openEmpty("shared")),
  });
});
