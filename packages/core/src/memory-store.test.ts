import { expect, it } from "vitest";
import { TEXT_PARTS } from "./encoding/text-parts.ts";
import { memoryDriver, type MemoryRecords, memoryStore } from "./memory-store.ts";

it("keeps the unchanged beginning of a growing thread where it is, so that a save costs what it adds", async () => {
  const records: MemoryRecords = new Map();
  const store = memoryStore({ records });
  const parts = ['{"messages":["start"'];
  const thread = { [TEXT_PARTS]: () => [...parts, "]}"] };
  let saved = await store.save("a", thread);
  const memories = new Set<unknown>();
  for (let turn = 0; turn < 200; turn += 1) {
    parts.push(`,${JSON.stringify("x".repeat(1000))}`);
    saved = await store.save("a", thread, { previous: saved });
    memories.add(records.get("")?.get("a")?.memory);
    expect((await store.load("a"))?.json).toBe(saved.json);
  }
  expect(memories.size).toBeLessThan(40);
});

it("loads copies that later saves do not change", async () => {
  const store = memoryStore();
  const first = await store.save("a", { text: "x".repeat(1000), n: 1 });
  const loaded = await store.load("a");
  await store.save("a", { text: "x".repeat(1000), n: 2 }, { previous: first });
  expect(loaded?.thread).toMatchObject({ n: 1 });
  expect((await store.load("a"))?.thread).toMatchObject({ n: 2 });
});

it("keeps no more than twice the memory of a thread that became shorter", async () => {
  const records: MemoryRecords = new Map();
  const store = memoryStore({ records });
  const first = await store.save("a", { text: "x".repeat(100_000) });
  await store.save("a", { text: "x".repeat(100) }, { previous: first });
  expect(records.get("")?.get("a")?.memory?.length).toBeLessThan(1000);
});

it("believes `unchanged`, like other drivers, so that a wrong value shows", async () => {
  const driver = memoryDriver();
  const { signal } = new AbortController();
  const key = { namespace: "", id: "a" };
  const record = (text: string, nonce: string, unchanged = 0) => {
    return {
      bytes: Buffer.from(text),
      unchanged,
      trailerLength: 0,
      nonce,
      expiresAt: undefined,
      updatedAt: 0,
      changedMetadata: {},
    };
  };
  await driver.write(key, record("one", "1"), undefined, { signal });
  await driver.write(key, record("two!", "2", 2), "1", { signal });
  expect(Buffer.from((await driver.read(key, undefined, { signal }))?.bytes ?? []).toString()).toBe("ono!");
});
