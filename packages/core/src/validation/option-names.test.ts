import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { forwardChanges, forwardOperations } from "../decorator/forward-operations.ts";
import { wrapThreadStore } from "../decorator/wrap-thread-store.ts";
import { memoryDriver, memoryStore } from "../memory-store.ts";
import type { ThreadStore } from "../thread-store.ts";

const CALLS: readonly [string, (store: ThreadStore, options: object) => Promise<unknown>][] = [
  ["save", (store, options) => store.save("a", {}, options)],
  ["load", (store, options) => store.load("a", options)],
  ["delete", (store, options) => store.delete("a", options)],
  ["listPage", (store, options) => store.listPage(options)],
  ["list", async (store, options) => store.list(options)[Symbol.asyncIterator]().next()],
  ["update", (store, options) => store.update("a", () => ({}), options)],
  ["deleteExpired", (store, options) => store.deleteExpired(options)],
];

describe.each(CALLS)("%s", (_, call) => {
  it("refuses an unknown option by its name, also with a decorator", async () => {
    const decorated = wrapThreadStore(memoryStore(), {
      name: "decorated",
      operations: (namespace) => ({ ...forwardOperations(namespace), ...forwardChanges(namespace) }),
    });
    for (const store of [memoryStore(), decorated]) {
      const calling = call(store, { timeoutMS: 5 });
      await expect(calling).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("`timeoutMS` is not an option."),
      });
    }
  });

  it("does not quote what cannot be the name of an option", async () => {
    const error: unknown = await call(memoryStore(), { "alice@example.org": 5 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(String(error)).not.toContain("alice");
  });
});

describe("a memory store", () => {
  it("throws a TypeError that names an unknown option", () => {
    const create = (options: object) => memoryStore(options);
    expect(() => create({ maxRetrys: 1 })).toThrow(/^`maxRetrys` is not an option.*`maxRetries`/u);
    expect(() => memoryDriver({ maxRetries: 1 } as object)).toThrow(TypeError);
    expect(() => create({ maxRetries: 1, records: new Map() })).not.toThrow();
  });
});

it("createThreadStore ignores the options of the driver, which adapters pass too", () => {
  expect(() => createThreadStore(memoryDriver(), { records: new Map() } as object)).not.toThrow();
});
