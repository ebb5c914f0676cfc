import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HumanMessage } from "@langchain/core/messages";
import {
  type BaseCheckpointSaver,
  emptyCheckpoint,
  uuid6,
  WRITES_IDX_MAP,
} from "@langchain/langgraph-checkpoint";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import { ThreadStoreSaver } from "@threadstore/langgraph";
import { describe, expect, it } from "vitest";
import { runIn, temporaryFolder } from "../../cli/cli.test-helper.ts";
import { filesOf, put, transferIn, withStore } from "../formats.test-helper.ts";
import { answer, ask, reviewGraph, threadConfig, tuplesOf } from "./langgraph.test-helper.ts";
import { SPECIAL_CHANNELS } from "./move-thread.ts";

const folder = temporaryFolder();
const FORMAT = ["--format", "langgraph-sqlite"];

/** Opens the tables of LangGraph's saver, and closes them after the work. */
async function withTables<Result>(
  name: string,
  work: (saver: BaseCheckpointSaver, database: SqliteSaver["db"]) => Promise<Result>,
): Promise<Result> {
  const saver = SqliteSaver.fromConnString(join(folder(), name));
  try {
    return await work(saver, saver.db);
  } finally {
    saver.db.close();
  }
}

function withSaver<Result>(
  name: string,
  work: (saver: BaseCheckpointSaver) => Promise<Result>,
): Promise<Result> {
  return withStore(join(folder(), name), (store) => work(new ThreadStoreSaver({ store })));
}

const THREADS = ["asked", "answered", "日本/👩‍🚀", "../../x"];

/** Writes tables with threads that wait for an answer, and one that is finished. */
async function writeTables(name: string): Promise<void> {
  await withTables(name, async (saver) => {
    for (const thread of THREADS) await ask(saver, thread);
    await answer(saver, "answered");
  });
}

describe("the format langgraph-sqlite", () => {
  it("imports all checkpoints of all threads, and a second import changes nothing", async () => {
    await writeTables("tables.db");
    const before = await readFile(join(folder(), "tables.db"));
    const command = ["import", "tables.db", "sqlite:imported.db", ...FORMAT];
    const first = await transferIn(folder(), ...command);
    expect([first.exitCode, first.stderr, first.report.moved]).toEqual([0, "", THREADS.length]);
    expect(await readFile(join(folder(), "tables.db"))).toEqual(before);
    for (const thread of THREADS) {
      const expected = await withTables("tables.db", (saver) => tuplesOf(saver, thread));
      expect(expected.length).toBeGreaterThan(3);
      expect(await withSaver("imported.db", (saver) => tuplesOf(saver, thread))).toEqual(expected);
    }
    const second = await transferIn(folder(), ...command);
    expect(second).toMatchObject({ exitCode: 0, report: { moved: 0, present: THREADS.length } });
  });

  it("continues an interrupted graph in the store, and then in new tables", async () => {
    await writeTables("there.db");
    await transferIn(folder(), "import", "there.db", "sqlite:here.db", ...FORMAT);
    await withSaver("here.db", async (saver) => {
      const { tasks } = await reviewGraph(saver).getState(threadConfig("asked"));
      expect(tasks[0]?.interrupts).toEqual([expect.objectContaining({ value: "Ship 日本 👩‍🚀?" })]);
      await answer(saver, "asked");
      await ask(saver, "answered");
    });
    // The store has gone on.
    const again = await transferIn(folder(), "import", "there.db", "sqlite:here.db", ...FORMAT);
    expect(again).toMatchObject({ exitCode: 0, report: { moved: 0, present: THREADS.length } });
    const exported = await transferIn(folder(), "export", "sqlite:here.db", "back.db", ...FORMAT);
    expect(exported).toMatchObject({ exitCode: 0, stderr: "", report: { moved: THREADS.length } });
    for (const thread of THREADS) {
      const expected = await withSaver("here.db", (saver) => tuplesOf(saver, thread));
      expect(await withTables("back.db", (saver) => tuplesOf(saver, thread))).toEqual(expected);
    }
    await withTables("back.db", async (saver) => {
      await answer(saver, "answered");
      const { values, next } = await reviewGraph(saver).getState(threadConfig("answered"));
      expect([next, values.log.at(-1)]).toEqual([[], "answer yes"]);
      expect(values.found).toEqual(new Map([["a", new Set([1, 2])]]));
      expect(values.messages.at(-1)?.content).toBe("Done.");
    });
    // And the store receives what the tables have added.
    const returned = await transferIn(folder(), "import", "back.db", "sqlite:here.db", ...FORMAT);
    expect(returned).toMatchObject({ exitCode: 0, report: { moved: 1, present: THREADS.length - 1 } });
    const expected = await withTables("back.db", (saver) => tuplesOf(saver, "answered"));
    expect(await withSaver("here.db", (saver) => tuplesOf(saver, "answered"))).toEqual(expected);
  });

  it("keeps a thread that has gone on in both, and replaces it with --overwrite --yes", async () => {
    await withTables("both.db", (saver) => ask(saver, "t"));
    const command = ["import", "both.db", "sqlite:both-store.db", ...FORMAT];
    await transferIn(folder(), ...command);
    await withTables("both.db", (saver) => answer(saver, "t"));
    await withSaver("both-store.db", (saver) => answer(saver, "t"));
    const kept = await withSaver("both-store.db", (saver) => tuplesOf(saver, "t"));
    expect(await transferIn(folder(), ...command)).toMatchObject({ exitCode: 1, report: { different: 1 } });
    expect(await withSaver("both-store.db", (saver) => tuplesOf(saver, "t"))).toEqual(kept);
    expect((await runIn(folder(), [...command, "--overwrite"])).exitCode).toBe(4);
    expect(await withSaver("both-store.db", (saver) => tuplesOf(saver, "t"))).toEqual(kept);
    const replaced = await transferIn(folder(), ...command, "--overwrite", "--yes");
    expect(replaced).toMatchObject({ exitCode: 0, report: { moved: 1 } });
    const expected = await withTables("both.db", (saver) => tuplesOf(saver, "t"));
    expect(await withSaver("both-store.db", (saver) => tuplesOf(saver, "t"))).toEqual(expected);
  });

  it("moves branches of a thread", async () => {
    await withTables("fork.db", async (saver) => {
      await ask(saver, "t");
      const [, , earlier] = await collect(saver, "t");
      const graph = reviewGraph(saver);
      await graph.updateState(earlier?.config ?? {}, {
        messages: [new HumanMessage({ id: "fork", content: "Fork" })],
      });
      await answer(saver, "t").catch(() => undefined);
    });
    expect(await transferIn(folder(), "import", "fork.db", "sqlite:forked.db", ...FORMAT)).toMatchObject({
      exitCode: 0,
      report: { moved: 1 },
    });
    const expected = await withTables("fork.db", (saver) => tuplesOf(saver, "t"));
    expect(await withSaver("forked.db", (saver) => tuplesOf(saver, "t"))).toEqual(expected);
  });

  it("moves binary values of pending writes, which the saver of LangGraph reads as text", async () => {
    const bytes = new Uint8Array([0, 255, 128]);
    const config = { configurable: { thread_id: "t", checkpoint_ns: "" } };
    const checkpoint = {
      ...emptyCheckpoint(),
      id: uuid6(0),
      channel_values: { bytes },
      channel_versions: { bytes: 1 },
    };
    await withTables("bytes.db", async (saver) => {
      const saved = await saver.put(
        config,
        checkpoint,
        { source: "loop", step: 0, parents: {} },
        { bytes: 1 },
      );
      await saver.putWrites(
        saved,
        [
          ["bytes", bytes],
          ["__error__", "x"],
          ["text", "y"],
        ],
        "task",
      );
    });
    const load = (saver: BaseCheckpointSaver): Promise<unknown> => saver.getTuple(config);
    const expected = {
      checkpoint: { channel_values: { bytes } },
      pendingWrites: [
        ["task", "__error__", "x"],
        ["task", "bytes", bytes],
        ["task", "text", "y"],
      ],
    };
    const imported = await transferIn(folder(), "import", "bytes.db", "sqlite:bytes-store.db", ...FORMAT);
    expect(imported).toMatchObject({ exitCode: 0, report: { moved: 1, problems: 0 } });
    expect(await withSaver("bytes-store.db", load)).toMatchObject(expected);
    const exported = await transferIn(folder(), "export", "sqlite:bytes-store.db", "bytes-out.db", ...FORMAT);
    expect(exported).toMatchObject({ exitCode: 0, report: { moved: 1, problems: 0 } });
    const values = await withTables("bytes-out.db", async (_, database) =>
      database.prepare("SELECT value FROM writes WHERE channel = 'bytes'").get(),
    );
    expect(values).toEqual({ value: Buffer.from(bytes) });
  });

  it("writes nothing in a dry run", async () => {
    await writeTables("dry.db");
    const count = THREADS.length;
    const imported = await transferIn(
      folder(),
      "import",
      "dry.db",
      "sqlite:dry-store.db",
      ...FORMAT,
      "--dry-run",
    );
    expect(imported).toMatchObject({ exitCode: 0, report: { moved: count } });
    await transferIn(folder(), "import", "dry.db", "sqlite:dry-full.db", ...FORMAT);
    const exported = await transferIn(
      folder(),
      "export",
      "sqlite:dry-full.db",
      "dry-out.db",
      ...FORMAT,
      "--dry-run",
    );
    expect(exported).toMatchObject({ exitCode: 0, report: { moved: count } });
    expect((await filesOf(folder())).filter((name) => /^dry-(?:store|out)/u.test(name))).toEqual([]);
  });

  it("reports checkpoints that it cannot read, and moves the others", async () => {
    await writeTables("bad.db");
    const ids = await withTables("bad.db", async (_, database) => {
      const update = (set: string, thread: string, position: number): string => {
        const { id } = database
          .prepare(
            "SELECT checkpoint_id AS id FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = '' ORDER BY id LIMIT 1 OFFSET ?",
          )
          .get(thread, position) as { id: string };
        database
          .prepare(`UPDATE checkpoints SET ${set} WHERE thread_id = ? AND checkpoint_id = ?`)
          .run(thread, id);
        return id;
      };
      return [
        update("type = 'msgpack'", "asked", 0),
        update("checkpoint = '{'", "asked", 1),
        update("checkpoint = 'null'", "asked", 2),
        update("metadata = 'x'", "answered", 0),
        update("checkpoint = x'ff00'", "answered", 1),
      ];
    });
    const { exitCode, report } = await transferIn(
      folder(),
      "import",
      "bad.db",
      "sqlite:bad-store.db",
      ...FORMAT,
    );
    expect([exitCode, report.moved, report.problems]).toEqual([1, THREADS.length, ids.length]);
    const places = report.firstProblems.map(({ place }) => place);
    for (const id of ids)
      expect(places).toContainEqual(expect.stringMatching(new RegExp(`checkpoint ${id}$`, "u")));
    await withSaver("bad-store.db", async (saver) => {
      expect((await collect(saver, "answered")).length).toBeGreaterThan(2);
      const { next } = await reviewGraph(saver).getState(threadConfig("asked"));
      expect(next).toEqual(["review"]);
    });
  });

  it.each([
    ["a file that does not exist", "nothing.db", /does not exist/u],
    ["a file that is not a database", "text.db", /is not a SQLite database/u],
    ["a database without the tables", "sqlite-store.db", /does not have the tables of LangGraph/u],
  ])("rejects %s", async (_, source, message) => {
    await put(join(folder(), "text.db"), "x".repeat(5000));
    await withStore(join(folder(), "sqlite-store.db"), async (store) =>
      store.save("x", {}, { overwrite: true }),
    );
    const { exitCode, stderr } = await runIn(folder(), ["import", source, "sqlite:none.db", ...FORMAT]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it("knows the channels whose writes have positions of their own", () => {
    expect([...SPECIAL_CHANNELS].toSorted()).toEqual(Object.keys(WRITES_IDX_MAP).toSorted());
  });
});

async function collect(saver: BaseCheckpointSaver, thread: string): Promise<{ config: object }[]> {
  const tuples: { config: object }[] = [];
  const config = { configurable: { thread_id: thread, checkpoint_ns: "" } };
  for await (const tuple of saver.list(config)) tuples.push({ config: tuple.config });
  return tuples;
}
