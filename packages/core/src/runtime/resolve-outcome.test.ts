import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { ThreadStoreError } from "../errors.ts";
import { memoryDriver, type MemoryRecords, memoryStore } from "../memory-store.ts";
import type { ThreadStore } from "../thread-store.ts";
import {
  failure,
  rejected,
  requestLost,
  responseLost,
  scriptedDriver,
} from "./scripted-driver.test-helper.ts";

function setUp(): ReturnType<typeof scriptedDriver> & { store: ThreadStore; other: ThreadStore } {
  const records: MemoryRecords = new Map();
  const scripted = scriptedDriver(memoryDriver({ records }));
  return { ...scripted, store: createThreadStore(scripted.driver), other: memoryStore({ records }) };
}

describe("a save whose response was lost", () => {
  it("succeeds if a create was applied", async () => {
    const { store, other, next, calls } = setUp();
    next("write", responseLost);
    const saved = await store.save("a", { n: 1 });
    expect(calls.write).toBe(1);
    expect((await other.load("a"))?.version).toBe(saved.version);
  });

  it("is OUTCOME_UNKNOWN if there is no record after a create, because it may have been deleted", async () => {
    const { store, next, calls } = setUp();
    next("write", requestLost);
    await expect(store.save("a", { n: 1 })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(calls.write).toBe(1);
    expect(await store.load("a")).toBeUndefined();
  });

  it("succeeds if a replacement was applied", async () => {
    const { store, next, calls } = setUp();
    const first = await store.save("a", { n: 1 });
    next("write", responseLost);
    const second = await store.save("a", { n: 2 }, { previous: first });
    expect(calls.write).toBe(2);
    expect((await store.load("a"))?.version).toBe(second.version);
  });

  it("is sent again if the replaced version is still stored", async () => {
    const { store, next, calls } = setUp();
    const first = await store.save("a", { n: 1 });
    next("write", requestLost);
    const second = await store.save("a", { n: 2 }, { previous: first });
    expect(calls.write).toBe(3);
    expect((await store.load("a"))?.version).toBe(second.version);
  });

  it.each(["previous", "overwrite"])(
    "is OUTCOME_UNKNOWN and does not undo a later save of another client (%s)",
    async (mode) => {
      const { store, other, next } = setUp();
      const first = await store.save("a", { n: 1 });
      next("write", async (run) => {
        await run();
        await other.save("a", { n: 3 }, { overwrite: true });
        throw failure();
      });
      const options = mode === "overwrite" ? { overwrite: true } : { previous: first };
      await expect(store.save("a", { n: 2 }, options)).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect((await other.load("a"))?.thread).toEqual({ n: 3 });
    },
  );

  it("recognizes its own record if a retry loses to the delayed first attempt", async () => {
    const { store, next } = setUp();
    const first = await store.save("a", { n: 1 });
    let delayed: (() => Promise<unknown>) | undefined;
    next(
      "write",
      (run) => {
        delayed = run;
        return requestLost(run);
      },
      async (run) => {
        await delayed?.();
        return run();
      },
    );
    const second = await store.save("a", { n: 2 }, { previous: first });
    expect((await store.load("a"))?.version).toBe(second.version);
  });

  it("is OUTCOME_UNKNOWN, without reading the record, if the write is not durable", async () => {
    const { store, next, calls } = setUp();
    const cause = new Error("The disk failed.");
    const notDurable = failure({ code: "BACKEND_ERROR", effect: "not-durable", cause });
    next("write", async (run) => {
      await run();
      throw notDurable;
    });
    await expect(store.save("a", {})).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", cause });
    expect(calls).toMatchObject({ write: 1, read: 0 });
    next("delete", async (run) => {
      await run();
      throw notDurable;
    });
    await expect(store.delete("a")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", cause });
  });

  it("is OUTCOME_UNKNOWN if reading the record fails, with that failure as cause", async () => {
    const { store, next } = setUp();
    next("write", responseLost);
    const cause = new Error("access denied");
    next("read", async () => {
      throw failure({ code: "ACCESS_DENIED", cause });
    });
    const error = await store.save("a", {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", cause: { code: "ACCESS_DENIED", cause } });
  });
});

describe("a delete whose response was lost", () => {
  it("is sent again if the version is still stored", async () => {
    const { store, next, calls } = setUp();
    await store.save("a", {});
    next("delete", requestLost);
    expect(await store.delete("a")).toBe(true);
    expect(calls.delete).toBe(2);
  });

  it("is OUTCOME_UNKNOWN if there is no record, because another client may have deleted it", async () => {
    const { store, next } = setUp();
    const saved = await store.save("a", {});
    next("delete", responseLost);
    await expect(store.delete("a", { previous: saved })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await store.delete("a")).toBe(false);
  });

  it("does not delete a thread that was created in the meantime", async () => {
    const { store, other, next } = setUp();
    await store.save("a", { n: 1 });
    next("delete", async (run) => {
      await run();
      await other.save("a", { n: 2 });
      throw failure();
    });
    await expect(store.delete("a")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect((await other.load("a"))?.thread).toEqual({ n: 2 });
  });
});

describe("a transient failure", () => {
  it.each(["read", "write", "delete", "list"] as const)("of %s is retried", async (step) => {
    const { store, next, calls } = setUp();
    await store.save("a", {});
    next(step, rejected, rejected);
    const before = calls[step];
    await (step === "read" && store.load("a"));
    await (step === "write" && store.save("b", {}));
    await (step === "delete" && store.delete("a"));
    await (step === "list" && store.listPage());
    expect(calls[step] - before).toBe(3);
  });

  it("is thrown after maxRetries with its code, its cause and the call", async () => {
    const cause = new Error("The backend is busy.");
    const { driver, next, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver, { maxRetries: 1 });
    const fail = (): Promise<never> => Promise.reject(failure({ effect: "none", cause }));
    next("write", fail, fail);
    const error: unknown = await store.save("a", {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      operation: "save",
      store: "memory",
      id: "a",
    });
    expect(ThreadStoreError.is(error) && error.cause).toBe(cause);
    expect(calls.write).toBe(2);
  });

  it("is retried after the delay that the backend asks for, or not at all if the deadline is earlier", async () => {
    const { driver, next, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    const throttled = (retryAfterMs: number) => async (): Promise<never> => {
      throw failure({ effect: "none", retryAfterMs });
    };
    next("read", throttled(150));
    const started = performance.now();
    await store.load("a");
    expect(performance.now() - started).toBeGreaterThanOrEqual(149);
    next("read", throttled(60_000));
    await expect(store.load("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(calls.read).toBe(3);
  });

  it("of a write whose outcome stays unknown is OUTCOME_UNKNOWN, not UNAVAILABLE", async () => {
    const { driver, next } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver, { maxRetries: 1 });
    const first = await store.save("a", {});
    next("write", requestLost, requestLost);
    await expect(store.save("a", { n: 2 }, { previous: first })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
  });
});

describe("a permanent failure", () => {
  it.each([
    "ACCESS_DENIED",
    "MISCONFIGURED",
    "STORAGE_FULL",
    "TOO_LARGE",
    "CORRUPT",
    "BACKEND_ERROR",
  ] as const)("%s is thrown immediately", async (code) => {
    const { store, next, calls } = setUp();
    next("write", async () => {
      throw failure({ code, effect: "none" });
    });
    await expect(store.save("a", {})).rejects.toMatchObject({ code, retryable: false });
    expect(calls.write).toBe(1);
  });

  it("of an unknown class is BACKEND_ERROR with the error as cause", async () => {
    const { store, next } = setUp();
    const cause = new RangeError("a bug in the driver");
    next("write", () => Promise.reject(cause));
    const error: unknown = await store.save("a", {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BACKEND_ERROR" });
    expect(ThreadStoreError.is(error) && error.cause).toBe(cause);
  });
});
