import { emptyCheckpoint, MemorySaver, uuid6 } from "@langchain/langgraph-checkpoint";
import { memoryStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { human, reviewGraph, threadConfig } from "./graph.test-helper.ts";
import { ThreadStoreSaver } from "./index.ts";
import { configOf, METADATA, newSaver, put, valuesOf } from "./saver.test-helper.ts";

describe("pending writes", () => {
  it("of repeated tasks are the same as with MemorySaver: the first value of a channel, but the last error", async () => {
    const config = configOf("one", "", uuid6(0));
    const calls: [[string, unknown][], string, string][] = [
      [
        [
          ["a", 1],
          ["b", 2],
          ["a", 3],
        ],
        "task-2",
        "~path, b",
      ],
      [
        [
          ["a", 9],
          ["b", 9],
        ],
        "task-2",
        "~path, b",
      ],
      [[["__error__", "first"]], "task-2", "~path, b"],
      [[["__error__", "second"]], "task-2", "~path, b"],
      [
        [
          ["a", 4],
          ["__interrupt__", "x"],
          ["__interrupt__", "y"],
        ],
        "task-1",
        "~path, \u{1d7d8}",
      ],
      [[["constructor", 5]], "task-3", "~path, \uff5e"],
      [[["a", 6]], "task-0", ""],
      [[], "task-4", ""],
    ];
    const checkpoint = { ...emptyCheckpoint(), id: String(config.configurable?.["checkpoint_id"]) };
    const run = async (saver: ThreadStoreSaver | MemorySaver) => {
      // Writes can arrive before their checkpoint.
      for (const [writes, taskId, taskPath] of calls) await saver.putWrites(config, writes, taskId, taskPath);
      await saver.put(configOf("one"), checkpoint, METADATA, {});
      return saver;
    };
    const [ours, theirs] = await Promise.all([run(newSaver()), run(new MemorySaver())]);
    const expected = (await theirs.getTuple(config))?.pendingWrites;
    expect((await ours.getTuple(config))?.pendingWrites).toEqual(expected);
    expect((await ours.getTuple(configOf("one")))?.pendingWrites).toEqual(expected);
  });

  it("of tasks in two processes at once are all kept", async () => {
    const store = memoryStore();
    const savers = [new ThreadStoreSaver({ store }), new ThreadStoreSaver({ store })];
    const config = await put(new ThreadStoreSaver({ store }), configOf("one"), {});
    const tasks = Array.from({ length: 20 }, (_, index) => `task ${String(index).padStart(2, "0")}`);
    await Promise.all(
      tasks.map(async (task, index) => savers[index % 2]?.putWrites(config, [["a", task]], task)),
    );
    const { pendingWrites } = (await newSaver({ store }).getTuple(config)) ?? {};
    expect(pendingWrites).toEqual(tasks.map((task) => [task, "a", task]));
  });

  it("stay when the graph saves their checkpoint again", async () => {
    const saver = newSaver();
    const config = await put(saver, configOf("one"), { a: 1 });
    await saver.putWrites(config, [["a", 2]], "task");
    await put(saver, configOf("one"), { a: 3 }, String(config.configurable?.["checkpoint_id"]));
    expect(await saver.getTuple(config)).toMatchObject({
      checkpoint: { channel_values: { a: 3 } },
      pendingWrites: [["task", "a", 2]],
    });
  });
});

describe("two runs of a thread", () => {
  it("that save at once from the same checkpoint keep their own values, whichever is first", async () => {
    const store = memoryStore();
    const savers = [new ThreadStoreSaver({ store }), new ThreadStoreSaver({ store })];
    const long = Array.from({ length: 10 }, (_, index) => `${index} ${"x".repeat(1000)}`);
    const start = await put(new ThreadStoreSaver({ store }), configOf("one"), { list: long });
    await Promise.all(savers.map((saver) => saver.getTuple(configOf("one"))));
    const lists = ["left", "right"].map((name) => [
      ...long,
      ...Array.from({ length: 6 }, () => name.repeat(300)),
    ]);
    const ends = await Promise.all(savers.map((saver, index) => put(saver, start, { list: lists[index] })));
    for (const [index, end] of ends.entries()) {
      expect(await valuesOf(new ThreadStoreSaver({ store }), end)).toEqual({ list: lists[index] });
    }
  });

  it.each(["one saver", "two savers"])("the second is rejected with singleWriter (%s)", async (which) => {
    const store = memoryStore();
    const first = new ThreadStoreSaver({ store, singleWriter: true });
    const second = which === "one saver" ? first : new ThreadStoreSaver({ store, singleWriter: true });
    const config = configOf("one");
    const start = await put(first, config, { value: 0 });
    await first.getTuple(config);
    await second.getTuple(config);
    const next = await put(first, start, { value: 1 });
    await expect(put(second, start, { value: 2 })).rejects.toMatchObject({ code: "CONCURRENT_RUN" });
    // The first run continues, and the second one can start again.
    const last = await put(first, next, { value: 3 });
    await second.getTuple(config);
    await put(second, last, { value: 4 });
    expect(await valuesOf(first, config)).toEqual({ value: 4 });
  });

  it("singleWriter lets a run continue from an earlier checkpoint, and one run create a thread", async () => {
    const store = memoryStore();
    const saver = new ThreadStoreSaver({ store, singleWriter: true });
    const other = new ThreadStoreSaver({ store, singleWriter: true });
    expect(await saver.getTuple(configOf("one"))).toBeUndefined();
    expect(await other.getTuple(configOf("one"))).toBeUndefined();
    const start = await put(saver, configOf("one"), { value: 0 });
    await expect(put(other, configOf("one"), { value: 9 })).rejects.toMatchObject({ code: "CONCURRENT_RUN" });
    const next = await put(saver, start, { value: 1 });
    await other.getTuple(start);
    const fork = await put(other, start, { value: 2 });
    await expect(put(saver, next, { value: 3 })).rejects.toMatchObject({ code: "CONCURRENT_RUN" });
    expect(await valuesOf(saver, fork)).toEqual({ value: 2 });
  });

  it("runs of the real graph work with singleWriter", async () => {
    const graph = reviewGraph(newSaver({ singleWriter: true }));
    await graph.invoke({ messages: [human("Hello.", "h1")] }, threadConfig("one"));
    const { tasks } = await graph.getState(threadConfig("one"));
    expect(tasks).toHaveLength(1);
  });
});
