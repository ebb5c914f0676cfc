import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { memoryDriver, type MemoryRecords, memoryStore } from "../memory-store.ts";

describe("previous and cached", () => {
  it("must be a version of the same thread", async () => {
    const store = memoryStore();
    const saved = await store.save("a", {});
    const code = "INVALID_ARGUMENT";
    const rejection = {
      code,
      message: expect.stringContaining("`previous` must be a version of the same thread."),
    };
    await expect(store.save("b", {}, { previous: saved })).rejects.toMatchObject(rejection);
    await expect(store.delete("b", { previous: saved })).rejects.toMatchObject(rejection);
    const loadRejection = {
      code,
      message: expect.stringContaining("`cached` must be a version of the same thread."),
    };
    await expect(store.load("b", { cached: saved })).rejects.toMatchObject(loadRejection);
  });

  it("contribute neither metadata nor bytes across namespaces, even if versions are equal", async () => {
    let count = 0;
    const records: MemoryRecords = new Map();
    const memory = memoryDriver({ records });
    const counting = createThreadStore({
      ...memory,
      write: (key, record, expected, options) => {
        count = expected === undefined ? 1 : count + 1;
        return memory.write(key, { ...record, nonce: String(count), unchanged: 0 }, expected, options);
      },
    });
    const there = await counting.namespace("x").save("a", { at: "x" }, { metadata: { owner: "x" } });
    const here = await counting.save("a", { at: "here" }, { metadata: { owner: "here" } });
    expect(here.version).toBe(there.version);
    const next = await counting.save("a", { at: "here", n: 2 }, { previous: there });
    expect(next.metadata).toEqual({ owner: "here" });
  });
});
