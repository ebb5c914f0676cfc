import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { memoryDriver, memoryStore } from "../memory-store.ts";
import type { MemoryRecords } from "../memory-store.ts";
import type { ListOptions, ThreadStore } from "../thread-store.ts";

const COUNT = 300;

/** Creates a store whose driver ignores `where`, and records the limits of its pages. */
async function recordingStore(
  kindOf: (n: number) => string,
): Promise<{ store: ThreadStore; limits: number[]; idsOf: (kind: string) => string[] }> {
  const records: MemoryRecords = new Map();
  const numbers = Array.from({ length: COUNT }, (_, n) => n);
  const idOf = (n: number): string => `t-${String(n).padStart(3, "0")}`;
  for (const n of numbers)
    await memoryStore({ records }).save(idOf(n), {}, { metadata: { kind: kindOf(n) } });
  const driver = memoryDriver({ records });
  const limits: number[] = [];
  const store = createThreadStore({
    ...driver,
    list(namespace, page, options) {
      limits.push(page.limit);
      return driver.list(namespace, page, options);
    },
  });
  return {
    store,
    limits,
    idsOf: (kind) => numbers.filter((n) => kindOf(n) === kind).map((n) => idOf(n)),
  };
}

async function pagesOf(store: ThreadStore, options: ListOptions): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listPage({ ...options, cursor });
    pages.push(page.threads.map(({ id }) => id));
    ({ cursor } = page);
  } while (cursor !== undefined);
  return pages;
}

describe("a page of which the driver returns records that do not match", () => {
  it("reads at most ten records for each thread that it may have, in two requests if few match", async () => {
    const { store, limits } = await recordingStore((n) => (n === COUNT - 1 ? "rare" : "usual"));
    const page = await store.listPage({ where: { kind: "rare" }, limit: 20 });
    expect(page.threads).toEqual([]);
    expect(page.cursor).toBeDefined();
    expect(limits).toEqual([20, 180]);
    limits.length = 0;
    const next = await store.listPage({ where: { kind: "rare" }, limit: 20, cursor: page.cursor });
    expect(next).toMatchObject({ threads: [{ id: "t-299" }], cursor: undefined });
    expect(limits).toEqual([20, 180]);
  });

  it.each([
    ["few at first, and then many", (n: number) => (n % 7 === 0 || n > 90 ? "a" : "b")],
    ["many at first, and then few", (n: number) => (n < 90 || n % 9 === 0 ? "a" : "b")],
    ["all", () => "a"],
    ["none", () => "b"],
  ])("contains each thread once, and no more than its limit, if %s match", async (_, kindOf) => {
    const { store, idsOf } = await recordingStore(kindOf);
    for (const order of ["id", "updated"] as const) {
      for (const limit of [1, 3, 20, 1000]) {
        const pages = await pagesOf(store, { order, where: { kind: "a" }, limit });
        expect(pages.flat().toSorted()).toEqual(idsOf("a"));
        expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(limit);
      }
    }
  });

  it("costs one request if all match", async () => {
    const { store, limits } = await recordingStore(() => "a");
    expect((await store.listPage({ where: { kind: "a" }, limit: 50 })).threads).toHaveLength(50);
    expect(limits).toEqual([50]);
  });
});
