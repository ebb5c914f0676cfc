import {
  type Checkpoint,
  type CheckpointTuple,
  emptyCheckpoint,
  MemorySaver,
  uuid6,
} from "@langchain/langgraph-checkpoint";
import { type MemoryRecords, memoryStore, type ThreadStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import type { RunnableConfig } from "./config.ts";
import { human, resume, reviewGraph, threadConfig } from "./graph.test-helper.ts";
import { ThreadStoreSaver, type ThreadStoreSaverOptions } from "./index.ts";
import { observedStore } from "./observed-store.test-helper.ts";

const METADATA = { source: "loop", step: 0, parents: {} } as const;
const STORE = memoryStore();

function newSaver(options: Partial<ThreadStoreSaverOptions> = {}): ThreadStoreSaver {
  return new ThreadStoreSaver({ store: memoryStore(), ...options });
}

function configOf(thread: string, namespace = "", checkpoint?: string): RunnableConfig {
  return { configurable: { thread_id: thread, checkpoint_ns: namespace, checkpoint_id: checkpoint } };
}

let version = 0;

/** Puts a checkpoint whose channels are all new. */
function put(
  saver: ThreadStoreSaver,
  config: RunnableConfig,
  values: { readonly [channel: string]: unknown },
  id: string = uuid6(0),
): Promise<RunnableConfig> {
  version += 1;
  const versions = Object.fromEntries(Object.keys(values).map((name) => [name, version]));
  const checkpoint: Checkpoint = {
    ...emptyCheckpoint(),
    id,
    channel_values: values,
    channel_versions: versions,
  };
  return saver.put(config, checkpoint, METADATA, versions);
}

async function valuesOf(saver: ThreadStoreSaver, config: RunnableConfig): Promise<unknown> {
  return (await saver.getTuple(config))?.checkpoint.channel_values;
}

async function listOf(saver: ThreadStoreSaver, config: RunnableConfig): Promise<CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = [];
  for await (const tuple of saver.list(config)) tuples.push(tuple);
  return tuples;
}

/** Strings that encodings confuse. */
const NAMES = [
  "a",
  "a/b",
  "a%2Fb",
  "a.b",
  "a:b",
  "a|b",
  "..",
  "*",
  "A",
  "é",
  "e\u0301",
  "𝒳",
  "n".repeat(200),
  " ",
  "0",
];

describe("names", () => {
  it("distinct threads, namespaces and channels never collide", async () => {
    const saver = newSaver();
    for (const name of NAMES) {
      await put(saver, configOf(name), { [name]: `thread ${name}` });
      await put(saver, configOf("one", name), { [name]: `namespace ${name}`, __proto__x: 1 });
    }
    for (const name of NAMES) {
      expect(await valuesOf(saver, configOf(name))).toEqual({ [name]: `thread ${name}` });
      expect(await valuesOf(saver, configOf("one", name))).toEqual({
        [name]: `namespace ${name}`,
        __proto__x: 1,
      });
    }
    expect((await listOf(saver, { configurable: {} })).length).toBe(2 * NAMES.length);
    expect(await listOf(saver, { configurable: { thread_id: "one" } })).toHaveLength(NAMES.length);
  });

  it("a namespace of any length works", async () => {
    const saver = newSaver();
    const long = Array.from({ length: 50 }, (_, level) => `graph ${level}:${uuid6(0)}`).join("|");
    await put(saver, configOf("one", long), { value: 1 });
    const [tuple] = await listOf(saver, { configurable: { thread_id: "one" } });
    expect(tuple?.config.configurable).toMatchObject({ checkpoint_ns: long });
    expect(await valuesOf(saver, configOf("one", `${long}x`))).toBeUndefined();
  });

  it("channels and values keep the names and characters that JSON treats specially", async () => {
    const store = memoryStore();
    const saver = newSaver({ store });
    const values = JSON.parse(
      '{"__proto__":{"a":1},"constructor":[],"":null,"u":"\\u2028\\u0000 \\ud83d","n":-0.1e-7}',
    ) as { [channel: string]: unknown };
    const config = await put(saver, configOf("one"), values);
    await saver.putWrites(
      config,
      [
        ["__proto__", values],
        ["constructor", "\ud83d"],
      ],
      "task",
    );
    for (const reader of [saver, newSaver({ store })]) {
      expect(JSON.stringify(await valuesOf(reader, config))).toBe(JSON.stringify(values));
      expect((await reader.getTuple(config))?.pendingWrites?.[1]).toEqual(["task", "constructor", "\ud83d"]);
    }
  });

  it("lists the latest checkpoint first, also among ids that are not UUIDs", async () => {
    const saver = newSaver();
    const ids = ["1", "10", "2", "2024-01-01T00:00:00Z", "b", "ba"];
    for (const id of ids) await put(saver, configOf("one"), { id }, id);
    const listed = (await listOf(saver, configOf("one"))).map(({ checkpoint }) => checkpoint.id);
    expect(listed).toEqual(ids.toReversed());
    expect(await valuesOf(saver, configOf("one"))).toEqual({ id: "ba" });
  });
});

describe("invalid input is rejected with its path", () => {
  const config = configOf("one", "", uuid6(0));
  const lone = "\ud800";
  it.each<[string, (saver: ThreadStoreSaver) => Promise<unknown>]>([
    ["configurable.thread_id", (saver) => put(saver, { configurable: {} }, {})],
    ["configurable.thread_id", (saver) => put(saver, {}, {})],
    ["configurable.thread_id", (saver) => saver.getTuple(configOf(""))],
    ["configurable.thread_id", (saver) => saver.getTuple(configOf(7 as never))],
    ["configurable.thread_id", (saver) => saver.getTuple(configOf(lone))],
    ["configurable.thread_id", (saver) => saver.getTuple(configOf("é".repeat(129)))],
    ["configurable.checkpoint_ns", (saver) => saver.getTuple(configOf("one", lone))],
    ["configurable.checkpoint_ns", (saver) => put(saver, configOf("one", null as never), {})],
    ["configurable.checkpoint_id", (saver) => saver.getTuple(configOf("one", "", "x".repeat(65)))],
    ["configurable.checkpoint_id", (saver) => saver.putWrites(configOf("one"), [["a", 1]], "task")],
    ["checkpoint.id", (saver) => put(saver, configOf("one"), {}, 5 as never)],
    ["checkpoint.channel_values", (saver) => put(saver, configOf("one"), { [lone]: 1 })],
    ["taskId", (saver) => saver.putWrites(config, [["a", 1]], lone)],
    ["taskPath", (saver) => saver.putWrites(config, [["a", 1]], "task", lone)],
    [
      "writes[1][0]",
      (saver) =>
        saver.putWrites(
          config,
          [
            ["a", 1],
            [lone, 1],
          ],
          "task",
        ),
    ],
    ["threadId", (saver) => saver.deleteThread("")],
    ["threadId", (saver) => saver.cleanUp("")],
    ["minAgeMs", (saver) => saver.cleanUp("one", -1)],
    ["minAgeMs", (saver) => saver.cleanUp("one", Number.NaN)],
    ["minAgeMs", (saver) => saver.cleanUp("one", "1" as never)],
    ["sourceThreadId", (saver) => saver.copyThread("missing", "one")],
    ["targetThreadId", (saver) => saver.copyThread("one", "one")],
    ["sourceThreadId", (saver) => saver.copyThread(undefined as never, "one")],
    ["threadIds[1]", (saver) => saver.prune(["one", ""])],
    ["strategy", (saver) => saver.prune(["one"], { strategy: "all" as never })],
    [
      "before.configurable.checkpoint_id",
      (saver) => saver.list(config, { before: configOf("one", "", 5 as never) }).next(),
    ],
    ["limit", (saver) => saver.list(config, { limit: "1" as never }).next()],
  ])("%s", async (path, call) => {
    await expect(call(newSaver())).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path });
  });

  it.each<[string, unknown]>([
    ["store", undefined],
    ["store", {}],
    ["store", { store: {} }],
    ["ttlMs", { store: STORE, ttlMs: 0 }],
    ["ttlMs", { store: STORE, ttlMs: "1" }],
    ["singleWriter", { store: STORE, singleWriter: 1 }],
    ["serde", { store: STORE, serde: {} }],
    ["now", { store: STORE, now: 5 }],
    ["ttl", { store: STORE, ttl: 5 }],
  ])("option %s", (path, options) => {
    expect(() => new ThreadStoreSaver(options as never)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }),
    );
  });
});

describe("values", () => {
  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["bytes", new Uint8Array([0, 255, 7])],
    ["a large text", "x".repeat(5000)],
    ["large bytes", new Uint8Array(5000).fill(9)],
    ["a map and a set", { map: new Map([["a", new Set([1])]]) }],
    ["a message", human("Hello.", "h")],
    ["an empty list", []],
    ["a list", [1, [2], { three: 3 }]],
    ["half a character", { text: "\udc00".repeat(3) }],
    ["a long list with half a character", Array.from({ length: 100 }, () => `\ud83d${"x".repeat(100)}`)],
  ])("%s is loaded as it was saved, also by another process", async (_, value) => {
    const store = memoryStore();
    const config = await put(new ThreadStoreSaver({ store }), configOf("one"), { value });
    expect(await valuesOf(new ThreadStoreSaver({ store }), config)).toEqual({ value });
  });

  it("a custom serializer is used for all values, and its bytes are kept", async () => {
    const store = memoryStore();
    // The result is called JSON, but is not.
    const serde = {
      dumpsTyped: async (value: unknown): Promise<[string, Uint8Array]> => [
        "json",
        Buffer.from(JSON.stringify({ value })).map((byte) => byte ^ 85),
      ],
      loadsTyped: async (_type: string, data: Uint8Array | string) =>
        (JSON.parse(Buffer.from(Buffer.from(data).map((byte) => byte ^ 85)).toString()) as { value: unknown })
          .value,
    };
    const saver = new ThreadStoreSaver({ store, serde });
    const secret = ["secret", "secret".repeat(1000)];
    const config = await put(saver, configOf("one"), { list: secret, text: "secret" });
    await saver.putWrites(config, [["list", "secret"]], "task");
    expect(await new ThreadStoreSaver({ store, serde }).getTuple(config)).toMatchObject({
      checkpoint: { channel_values: { list: secret, text: "secret" } },
      pendingWrites: [["task", "list", "secret"]],
    });
    for await (const { id } of store.namespace("checkpoints").namespace("one").list()) {
      expect((await store.namespace("checkpoints").namespace("one").load(id))?.json).not.toContain("secret");
    }
  });

  it.each(["the same saver", "a new saver for each checkpoint"])(
    "a list that grows, shrinks and changes is each time the list that was saved (%s)",
    async (which) => {
      const store = memoryStore();
      const first = new ThreadStoreSaver({ store });
      const saver = () => (which === "the same saver" ? first : new ThreadStoreSaver({ store }));
      const item = (name: string) => `${name} ${"x".repeat(700)}`;
      let list: string[] = [];
      let config = configOf("one");
      const saved: [RunnableConfig, string[]][] = [];
      for (let step = 0; step < 60; step++) {
        if (step % 17 === 16) list = list.slice(0, -5);
        else if (step % 23 === 22) list = list.map((text, index) => (index === 1 ? item("changed") : text));
        else if (step % 13 === 12) list = list.slice(3);
        else list = [...list, item(`step ${step}`)];
        config = await put(saver(), config, { list });
        saved.push([config, list]);
      }
      // Continues from an earlier checkpoint, twice.
      const [past = config, pastList = []] = saved[20] ?? [];
      for (const name of ["left", "right"]) {
        const fork = [...pastList, ...Array.from({ length: 8 }, () => item(name))];
        saved.push([await put(saver(), past, { list: fork }), fork]);
      }
      for (const [each, expected] of saved) {
        expect(await valuesOf(first, each)).toEqual({ list: expected });
        expect(await valuesOf(new ThreadStoreSaver({ store }), each)).toEqual({ list: expected });
      }
      const listed = await listOf(new ThreadStoreSaver({ store }), configOf("one"));
      expect(listed.map(({ checkpoint }) => checkpoint.channel_values["list"])).toEqual(
        saved
          .toSorted(([a], [b]) =>
            String(a.configurable?.["checkpoint_id"]) < String(b.configurable?.["checkpoint_id"]) ? 1 : -1,
          )
          .map(([, expected]) => expected),
      );
    },
  );

  it("a list larger than a record is stored in several", async () => {
    const store = memoryStore();
    const saver = new ThreadStoreSaver({ store });
    const list = Array.from({ length: 6 }, (_, index) => String(index).repeat(100_000));
    const config = await put(saver, configOf("one"), { list });
    const longer = await put(saver, config, { list: [...list, "end".repeat(2000)] });
    expect(await valuesOf(new ThreadStoreSaver({ store }), longer)).toEqual({
      list: [...list, "end".repeat(2000)],
    });
  });

  it("values that the graph changes after a put, or that it got from a get, do not change the checkpoint", async () => {
    const saver = newSaver();
    const value = { list: [1] };
    const config = await put(saver, configOf("one"), { value });
    value.list.push(2);
    const loaded = (await valuesOf(saver, config)) as { value: { list: number[] } };
    loaded.value.list.push(3);
    expect(await valuesOf(saver, config)).toEqual({ value: { list: [1] } });
  });
});

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

describe("expiry", () => {
  const DAY = 86_400_000;

  it("all records of a thread expire together, between ttlMs and twice as long after the last checkpoint", async () => {
    const records: MemoryRecords = new Map();
    let time = Date.now();
    const now = () => time;
    const open = () =>
      new ThreadStoreSaver({ store: memoryStore({ records, now, ttlMs: 1000 }), ttlMs: 10 * DAY, now });
    const list = Array.from({ length: 20 }, () => "x".repeat(500));
    let config = await put(open(), configOf("one"), { list, big: "x".repeat(5000) });
    for (let day = 0; day < 40; day += 3) {
      time += 3 * DAY;
      const saver = open();
      await saver.getTuple(configOf("one"));
      const checkpoint = { ...emptyCheckpoint(), id: uuid6(0), channel_values: { list, big: "" } };
      const channel_versions = { list: version, big: version };
      config = await saver.put(config, { ...checkpoint, channel_versions }, METADATA, {});
      await saver.putWrites(config, [["list", 1]], "task");
    }
    // The values are those of the first checkpoint.
    expect(await valuesOf(open(), configOf("one"))).toEqual({ list, big: "x".repeat(5000) });
    time += 9 * DAY;
    expect(await listOf(open(), configOf("one"))).toHaveLength(15);
    time += 12 * DAY;
    expect(await listOf(open(), configOf("one"))).toEqual([]);
  });

  it("without ttlMs nothing expires, whatever the store's ttlMs, and what was to expire no longer does", async () => {
    const records: MemoryRecords = new Map();
    let time = Date.now();
    const now = () => time;
    const store = memoryStore({ records, now, ttlMs: 1000 });
    const config = await put(new ThreadStoreSaver({ store, ttlMs: DAY, now }), configOf("one"), {
      big: "x".repeat(5000),
    });
    const checkpoint = {
      ...emptyCheckpoint(),
      channel_values: { big: "" },
      channel_versions: { big: version },
    };
    const saver = new ThreadStoreSaver({ store, now });
    await saver.put(config, checkpoint, METADATA, {});
    time += 100 * DAY;
    expect(await valuesOf(saver, configOf("one"))).toEqual({ big: "x".repeat(5000) });
  });
});

describe("maintenance", () => {
  it("a copy has the history of the original, and later checkpoints of either do not appear in the other", async () => {
    const saver = newSaver();
    const graph = reviewGraph(saver);
    await graph.invoke({ messages: [human("Hello.", "h1")] }, threadConfig("one"));
    await saver.copyThread("one", "two");
    const original = await listOf(saver, { configurable: { thread_id: "one" } });
    const copied = await listOf(saver, { configurable: { thread_id: "two" } });
    expect(copied.map(({ checkpoint }) => checkpoint)).toEqual(original.map(({ checkpoint }) => checkpoint));
    await put(saver, configOf("two"), { log: ["more"] });
    expect(await listOf(saver, { configurable: { thread_id: "one" } })).toHaveLength(original.length);
    await expect(saver.copyThread("one", "two")).rejects.toMatchObject({ code: "THREAD_EXISTS" });
    await expect(saver.copyThread("two", "one")).resolves.toBeUndefined();
  });

  it.each<[string, (original: CheckpointTuple | undefined) => string | undefined]>([
    ["another checkpoint", () => undefined],
    ["a checkpoint with the same id", (original) => original?.checkpoint.id],
  ])("a copy to a thread with %s is rejected", async (_, idOf) => {
    const saver = newSaver();
    await put(saver, configOf("one"), { value: 1 });
    await put(saver, configOf("two"), { value: 2 }, idOf(await saver.getTuple(configOf("one"))));
    await expect(saver.copyThread("one", "two")).rejects.toMatchObject({ code: "THREAD_EXISTS" });
    expect(await listOf(saver, configOf("two"))).toHaveLength(1);
    expect(await valuesOf(saver, configOf("two"))).toEqual({ value: 2 });
  });

  it("prune keeps the latest checkpoint of each namespace, and deletes what nothing refers to", async () => {
    let time = Date.now();
    const store = memoryStore({ now: () => time });
    const saver = new ThreadStoreSaver({ store, now: () => time });
    const list: string[] = [];
    for (const namespace of ["", "sub"]) {
      let config = configOf("one", namespace);
      for (let step = 0; step < 5; step++) {
        list.push("x".repeat(3000));
        config = await put(saver, config, { list: list.toReversed(), big: `${step}`.repeat(2000) });
        await saver.putWrites(config, [["list", 1]], "task");
      }
    }
    time += 86_400_000;
    const before = await Promise.all(
      ["", "sub"].map((namespace) => saver.getTuple(configOf("one", namespace))),
    );
    await saver.prune(["one", "missing"]);
    const after = await Promise.all(
      ["", "sub"].map((namespace) => saver.getTuple(configOf("one", namespace))),
    );
    expect(after).toEqual(before);
    expect(await listOf(saver, { configurable: { thread_id: "one" } })).toHaveLength(2);
    const ids: string[] = [];
    for await (const { id } of store.namespace("checkpoints").namespace("one").list()) ids.push(id);
    // For each namespace: a checkpoint, its writes, a value and a list of at most a few records.
    expect(ids.length).toBeLessThan(12);
    await saver.prune(["one"], { strategy: "delete" });
    expect(await saver.getTuple(configOf("one"))).toBeUndefined();
  });

  it("prune keeps the subgraph that waits for an answer, and deletes those that have finished", async () => {
    const store = memoryStore();
    const open = () => new ThreadStoreSaver({ store });
    const namespaces = async () => {
      const tuples = await listOf(open(), { configurable: { thread_id: "one" } });
      return [
        ...new Set(tuples.map(({ config }) => String(config.configurable?.["checkpoint_ns"]).split(":")[0])),
      ];
    };
    await reviewGraph(open()).invoke({ messages: [human("Hello.", "h1")] }, threadConfig("one"));
    await open().prune(["one"]);
    expect(new Set(await namespaces())).toEqual(new Set(["", "review"]));
    const { log } = await reviewGraph(open()).invoke(resume("yes"), threadConfig("one"));
    expect(log).toEqual([
      "plan",
      "work a",
      "work b",
      "work c",
      "plan",
      "work a",
      "work b",
      "work c",
      "answer yes",
      "noted 1",
    ]);
    await open().prune(["one"]);
    expect(await namespaces()).toEqual([""]);
    expect((await reviewGraph(open()).getState(threadConfig("one"))).values.log).toEqual(log);
  });

  it("cleanUp spares what is new, because a run may be about to refer to it", async () => {
    let time = Date.now();
    const store = memoryStore({ now: () => time });
    let isFailing = false;
    const failing = observedStore(store, (operation, id) => {
      if (isFailing && operation === "save" && String(id).startsWith("c."))
        throw new Error("The connection is lost.");
    });
    const saver = new ThreadStoreSaver({ store: failing, now: () => time });
    const config = await put(saver, configOf("one"), { big: "x".repeat(2000) });
    isFailing = true;
    await expect(put(saver, config, { big: "y".repeat(2000) })).rejects.toThrow("The connection is lost.");
    expect(await saver.cleanUp("one")).toBe(0);
    time += 3_600_001;
    expect(await saver.cleanUp("one")).toBe(1);
    expect(await saver.cleanUp("one")).toBe(0);
    expect(await valuesOf(saver, config)).toEqual({ big: "x".repeat(2000) });
  });

  it("a thread that another program wrote is reported as such", async () => {
    const store = memoryStore();
    const saver = new ThreadStoreSaver({ store });
    const config = await put(saver, configOf("one"), { big: "x".repeat(2000) });
    const records: ThreadStore = store.namespace("checkpoints").namespace("one");
    const page = await records.listPage();
    const change = async (prefix: string, json: string) => {
      const { id = "" } = page.threads.find((thread) => thread.id.startsWith(prefix)) ?? {};
      await records.save(id, json, { overwrite: true });
      return new ThreadStoreSaver({ store }).getTuple(config);
    };
    const envelope = `"format":"threadstore.thread","version":1,"kind"`;
    await expect(change("a.", `{"messages":[]}`)).rejects.toMatchObject({ code: "THREAD_MISMATCH" });
    await expect(change("a.", `{${envelope}:"langgraph-value"}`)).rejects.toMatchObject({
      code: "THREAD_INVALID",
    });
    await expect(
      change("a.", `{${envelope}:"langgraph-value","version":2}`.replace(`"version":1,`, "")),
    ).rejects.toMatchObject({ code: "THREAD_TOO_NEW" });
    await records.delete(page.threads.find(({ id }) => id.startsWith("a."))?.id ?? "");
    await expect(new ThreadStoreSaver({ store }).getTuple(config)).rejects.toMatchObject({
      code: "THREAD_INVALID",
      path: "$.channels.big",
    });
    await expect(change("c.", `{${envelope}:"langgraph-checkpoint","ns":""}`)).rejects.toMatchObject({
      code: "THREAD_INVALID",
      path: "$.id",
    });
  });
});
