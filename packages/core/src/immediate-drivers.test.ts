import { createHook } from "node:async_hooks";
import { describe, expect, it, vi } from "vitest";
import { asyncDriver } from "./async-driver.ts";
import { createThreadStore } from "./create-thread-store.ts";
import { memoryDriver } from "./memory-store.ts";
import { failure } from "./runtime/scripted-driver.test-helper.ts";
import { yieldToEventLoop } from "./runtime/yield-to-event-loop.ts";
import type { ThreadDriver } from "./thread-driver.ts";
import type { ThreadStore } from "./thread-store.ts";

const THREAD = { messages: ["Hello"] };

const CALLS: readonly [string, (store: ThreadStore) => Promise<unknown>][] = [
  ["a save", (store) => store.save("new", THREAD)],
  ["an overwrite", (store) => store.save("thread", THREAD, { overwrite: true })],
  ["a load", (store) => store.load("thread")],
  ["an append", (store) => store.append("thread", ["Hi"])],
  ["a touch", (store) => store.touch("thread", { metadata: { title: "Chat" } })],
];

/** Returns how many promises and timers exist more when a call returns its promise. */
async function startOf(call: () => Promise<unknown>): Promise<{ promises: number; timers: number }> {
  const counts = { promises: 0, timers: 0 };
  const hook = createHook({
    init(_, type) {
      if (type === "PROMISE") counts.promises += 1;
      if (type === "Timeout") counts.timers += 1;
    },
  });
  // On a busy machine, the call could otherwise begin so late, or take so long, that it must yield to the event loop.
  const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now());
  await yieldToEventLoop();
  hook.enable();
  const result = call();
  hook.disable();
  clock.mockRestore();
  await result;
  return counts;
}

describe("a driver that returns its results at once", () => {
  it.each(CALLS)("costs a call no promise but that of the caller, and no timer: %s", async (_, call) => {
    const store = createThreadStore(memoryDriver());
    await store.save("thread", THREAD);
    expect(await startOf(() => call(store))).toEqual({ promises: 1, timers: 0 });
  });

  it.each(CALLS)("has the same results as one that returns promises: %s", async (_, call) => {
    const stores = [memoryDriver(), asyncDriver(memoryDriver())].map((driver) =>
      createThreadStore(driver, { now: () => 1_800_000_000_000 }),
    );
    const results = stores.map(async (store) => {
      await store.save("thread", THREAD);
      return { ...((await call(store)) as object), version: "" };
    });
    const [atOnce, later] = await Promise.all(results);
    expect(atOnce).toEqual(later);
  });
});

describe("a driver that throws at once", () => {
  /** Returns a driver whose next call of `method` is applied, or not, and then fails. */
  function failingOnce(method: "read" | "write", isApplied: boolean): ThreadDriver {
    const driver = memoryDriver();
    let fails = true;
    const call = <Result>(run: () => Result): Result => {
      const result = fails && !isApplied ? undefined : run();
      if (!fails) return result as Result;
      fails = false;
      throw failure();
    };
    if (method === "read")
      return { ...driver, read: (...parameters) => call(() => driver.read(...parameters)) };
    return { ...driver, write: (...parameters) => call(() => driver.write(...parameters)) };
  }

  it("is asked again", async () => {
    const store = createThreadStore(failingOnce("read", false));
    await store.save("thread", THREAD);
    expect((await store.load("thread"))?.thread).toEqual(THREAD);
  });

  it("has its writes resolved by the stored record", async () => {
    const store = createThreadStore(failingOnce("write", true));
    const saved = await store.save("thread", THREAD);
    expect((await store.load("thread"))?.version).toBe(saved.version);
  });

  it("makes the call reject, instead of throwing at the caller", async () => {
    const driver = { ...memoryDriver(), read: () => failImmediately() };
    const store = createThreadStore(driver, { maxRetries: 0 });
    const requestHandler = async (): Promise<void> => {
      await store.load("thread");
    };
    const error: unknown = await requestHandler().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "UNAVAILABLE", operation: "load", id: "thread" });
    expect((error as Error).stack).toContain("requestHandler");
  });
});

function failImmediately(): never {
  throw failure();
}
