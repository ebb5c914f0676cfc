import { createHistogram } from "node:perf_hooks";
import { memoryStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { type ConversationStore, runConversations } from "./load/conversations.ts";
import { measureLoad } from "./load/measure.ts";
import { loadTables } from "./load/report.ts";
import { isFlat, slopeOf } from "./load/slope.ts";

it("measures conversations at full and at half load", async () => {
  const lines: string[] = [];
  const result = await measureLoad({
    store: "memory",
    conversations: 20,
    minutes: 0.1,
    onProgress: (line) => void lines.push(line),
  });
  const { full, half } = result;
  expect(full.turnsPerSecond).toBeGreaterThan(0);
  expect(half.turnsPerSecond).toBeLessThan(full.turnsPerSecond);
  expect(full.p50).toBeLessThanOrEqual(full.p99);
  expect(lines.some((line) => line.includes("half load"))).toBe(true);
  expect(loadTables([result]).conversations.split("\n")).toHaveLength(4);
});

it("fails if a store loses a turn", async () => {
  const store = memoryStore();
  let saves = 0;
  const losing: ConversationStore = {
    load: (id) => store.load(id),
    delete: (id) => store.delete(id),
    async save(id, thread, options) {
      saves += 1;
      return store.save(id, saves === 30 ? { turns: 1, messages: [] } : thread, options);
    },
  };
  const options = { store: losing, conversations: 1, durationMs: 300, name: "losing" };
  const run = runConversations({ ...options, histogram: createHistogram() });
  await expect(run).rejects.toThrow(/of \d+ turns/u);
});

it("tells a slope from noise", () => {
  const minutes = Array.from({ length: 60 }, (_, index) => index / 10);
  const noise = (minute: number): number => 3 * Math.sin(1000 * minute);
  const growing = slopeOf(minutes.map((minute) => ({ minute, value: 100 + 10 * minute + noise(minute) })));
  expect(growing.perMinute).toBeCloseTo(10, 0);
  expect(isFlat(growing, 6)).toBe(false);
  const level = slopeOf(minutes.map((minute) => ({ minute, value: 100 + noise(minute) })));
  expect(isFlat(level, 6)).toBe(true);
  expect(isFlat({ mean: 100, perMinute: -10, error: 0.1 }, 6)).toBe(true);
});
