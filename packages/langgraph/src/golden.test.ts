import { readFileSync } from "node:fs";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { expect, test } from "vitest";
import { ItemStore, ThreadStoreSaver } from "./index.ts";

interface GoldenRecord {
  readonly namespace: readonly string[];
  readonly id: string;
  readonly thread: object;
}

/** Returns a store with the records that version 1 of the format has written. */
async function goldenStore(
  change: (record: GoldenRecord) => object = ({ thread }) => thread,
): Promise<ThreadStore> {
  const records = JSON.parse(
    readFileSync(new URL("golden/records-v1.json", import.meta.url), "utf8"),
  ) as GoldenRecord[];
  const store = memoryStore();
  for (const record of records) {
    const view = record.namespace.reduce((parent, name) => parent.namespace(name), store);
    await view.save(record.id, change(record));
  }
  return store;
}

const LINES = Array.from({ length: 6 }, (_, index) => `line ${index} ${"x".repeat(800)}`);

function configOf(number: number, namespace = ""): object {
  const checkpoint_id = `1ef00000-0000-6000-8000-00000000000${number}`;
  return { configurable: { thread_id: "golden", checkpoint_ns: namespace, checkpoint_id } };
}

test("records of version 1 are read", async () => {
  const store = await goldenStore();
  const saver = new ThreadStoreSaver({ store, singleWriter: true });
  const values = { text: "t".repeat(1100), bytes: new Uint8Array([0, 255]) };
  expect(await saver.getTuple(configOf(1))).toEqual({
    config: configOf(1),
    checkpoint: {
      v: 4,
      id: "1ef00000-0000-6000-8000-000000000001",
      ts: "2026-11-30T07:00:00.000Z",
      channel_values: { ...values, lines: LINES, count: 1 },
      channel_versions: { lines: 1, text: 1, bytes: 1, count: 1 },
      versions_seen: { node: { lines: 1 } },
    },
    metadata: { source: "loop", step: 0, parents: {} },
    pendingWrites: [
      ["task-1", "__error__", "failed"],
      ["task-1", "lines", ["line 6"]],
    ],
  });
  const latest = await saver.getTuple({ configurable: { thread_id: "golden" } });
  expect(latest).toMatchObject({ config: configOf(2), parentConfig: configOf(1), metadata: { step: 1 } });
  expect(latest?.checkpoint.channel_values).toEqual({ ...values, lines: [...LINES, "line 6"], count: 2 });
  const inSubgraph = await saver.getTuple({ configurable: { thread_id: "golden", checkpoint_ns: "sub:1" } });
  expect(inSubgraph).toMatchObject({
    config: configOf(3, "sub:1"),
    checkpoint: { channel_values: { half: "\ud83d" } },
  });
  expect(await new ItemStore({ store }).get(["users", "ann/b"], "prefs")).toMatchObject({
    value: { theme: "dark" },
  });
});

test("records of a later version are rejected", async () => {
  const store = await goldenStore(({ thread }) => ({ ...thread, version: 2 }));
  const tooNew = { code: "THREAD_TOO_NEW", path: "$.version", message: expect.stringContaining("Update") };
  await expect(new ThreadStoreSaver({ store }).getTuple(configOf(1))).rejects.toMatchObject(tooNew);
  await expect(new ItemStore({ store }).search([])).rejects.toMatchObject(tooNew);
});
