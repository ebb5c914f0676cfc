import { uuid6 } from "@langchain/langgraph-checkpoint";
import { memoryStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { ThreadStoreSaver } from "./index.ts";
import { configOf, listOf, newSaver, put, valuesOf } from "./saver.test-helper.ts";

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

const STORE = memoryStore();

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
    ["wait", { store: STORE, wait: 5 }],
    ["ttl", { store: STORE, ttl: 5 }],
  ])("option %s", (path, options) => {
    expect(() => new ThreadStoreSaver(options as never)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }),
    );
  });
});
