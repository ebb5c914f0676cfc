import { emptyCheckpoint, uuid6 } from "@langchain/langgraph-checkpoint";
import { type MemoryRecords, memoryStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { ThreadStoreSaver } from "./index.ts";
import { configOf, lastVersion, listOf, METADATA, put, valuesOf } from "./saver.test-helper.ts";

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
      const channel_versions = { list: lastVersion(), big: lastVersion() };
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
      channel_versions: { big: lastVersion() },
    };
    const saver = new ThreadStoreSaver({ store, now });
    await saver.put(config, checkpoint, METADATA, {});
    time += 100 * DAY;
    expect(await valuesOf(saver, configOf("one"))).toEqual({ big: "x".repeat(5000) });
  });
});
