import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { ThreadStoreError } from "../errors.ts";
import { memoryDriver, type MemoryRecords, memoryStore } from "../memory-store.ts";
import type { ThreadStore } from "../thread-store.ts";
import {
  answerLost,
  refused,
  requestLost,
  ScriptedFailure,
  scriptedDriver,
} from "./scripted-driver.test-helper.ts";

function setUp(): ReturnType<typeof scriptedDriver> & { store: ThreadStore; other: ThreadStore } {
  const records: MemoryRecords = new Map();
  const scripted = scriptedDriver(memoryDriver({ records }));
  return { ...scripted, store: createThreadStore(scripted.driver), other: memoryStore({ records }) };
}

describe("a save whose answer was lost", () => {
  it("succeeds when a create took effect", async () => {
    const { store, other, next, calls } = setUp();
    next("write", answerLost);
    const saved = await store.save("a", { n: 1 });
    expect(calls.write).toBe(1);
    expect((await other.load("a"))?.version).toBe(saved.version);
  });

  it("is OUTCOME_UNKNOWN when nothing is there after a create: it may have been deleted meanwhile", async () => {
    const { store, next, calls } = setUp();
    next("write", requestLost);
    await expect(store.save("a", { n: 1 })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(calls.write).toBe(1);
    expect(await store.load("a")).toBeUndefined();
  });

  it("succeeds when a replacement took effect", async () => {
    const { store, next, calls } = setUp();
    const first = await store.save("a", { n: 1 });
    next("write", answerLost);
    const second = await store.save("a", { n: 2 }, { previous: first });
    expect(calls.write).toBe(2);
    expect((await store.load("a"))?.version).toBe(second.version);
  });

  it("is sent again when the replaced version is still there", async () => {
    const { store, next, calls } = setUp();
    const first = await store.save("a", { n: 1 });
    next("write", requestLost);
    const second = await store.save("a", { n: 2 }, { previous: first });
    expect(calls.write).toBe(3);
    expect((await store.load("a"))?.version).toBe(second.version);
  });

  it.each(["previous", "overwrite"])(
    "is OUTCOME_UNKNOWN, and never undoes the later save, when another came first (%s)",
    async (mode) => {
      const { store, other, next } = setUp();
      const first = await store.save("a", { n: 1 });
      next("write", async (go) => {
        await go();
        await other.save("a", { n: 3 }, { overwrite: true });
        throw new ScriptedFailure({});
      });
      const options = mode === "overwrite" ? { overwrite: true } : { previous: first };
      await expect(store.save("a", { n: 2 }, options)).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect((await other.load("a"))?.thread).toEqual({ n: 3 });
    },
  );

  it("knows its own record when the second try loses to the first, late one", async () => {
    const { store, next } = setUp();
    const first = await store.save("a", { n: 1 });
    let late: (() => Promise<unknown>) | undefined;
    next(
      "write",
      (go) => {
        late = go;
        return requestLost(go);
      },
      async (go) => {
        await late?.();
        return go();
      },
    );
    const second = await store.save("a", { n: 2 }, { previous: first });
    expect((await store.load("a"))?.version).toBe(second.version);
  });

  it("is OUTCOME_UNKNOWN, without looking, when what took effect is not durable", async () => {
    const { store, next, calls } = setUp();
    const cause = new ScriptedFailure({ code: "BACKEND_ERROR", applied: "undurable" });
    next("write", async (go) => {
      await go();
      throw cause;
    });
    await expect(store.save("a", {})).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", cause });
    expect(calls).toMatchObject({ write: 1, read: 0 });
    next("delete", async (go) => {
      await go();
      throw cause;
    });
    await expect(store.delete("a")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", cause });
  });

  it("is OUTCOME_UNKNOWN when looking back fails too, with that failure as cause", async () => {
    const { store, next } = setUp();
    next("write", answerLost);
    const denied = new ScriptedFailure({ code: "ACCESS_DENIED" });
    next("read", async () => {
      throw denied;
    });
    const error = await store.save("a", {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN", cause: { code: "ACCESS_DENIED", cause: denied } });
  });
});

describe("a delete whose answer was lost", () => {
  it("is sent again when the version is still there", async () => {
    const { store, next, calls } = setUp();
    await store.save("a", {});
    next("delete", requestLost);
    expect(await store.delete("a")).toBe(true);
    expect(calls.delete).toBe(2);
  });

  it("is OUTCOME_UNKNOWN when nothing is there: another may have deleted it", async () => {
    const { store, next } = setUp();
    const saved = await store.save("a", {});
    next("delete", answerLost);
    await expect(store.delete("a", { previous: saved })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await store.delete("a")).toBe(false);
  });

  it("does not delete what was created meanwhile", async () => {
    const { store, other, next } = setUp();
    await store.save("a", { n: 1 });
    next("delete", async (go) => {
      await go();
      await other.save("a", { n: 2 });
      throw new ScriptedFailure({});
    });
    await expect(store.delete("a")).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect((await other.load("a"))?.thread).toEqual({ n: 2 });
  });
});

describe("a passing failure", () => {
  it.each(["read", "write", "delete", "list"] as const)("of %s is tried again", async (step) => {
    const { store, next, calls } = setUp();
    await store.save("a", {});
    next(step, refused, refused);
    const before = calls[step];
    await (step === "read" && store.load("a"));
    await (step === "write" && store.save("b", {}));
    await (step === "delete" && store.delete("a"));
    await (step === "list" && store.listPage());
    expect(calls[step] - before).toBe(3);
  });

  it("is given up after maxRetries with its code, the cause untouched, and what was called", async () => {
    const failure = new ScriptedFailure({ applied: "no" });
    const { driver, next, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver, { maxRetries: 1 });
    const fail = (): Promise<never> => Promise.reject(failure);
    next("write", fail, fail);
    const error: unknown = await store.save("a", {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      operation: "save",
      store: "memory",
      id: "a",
    });
    expect(ThreadStoreError.is(error) && error.cause).toBe(failure);
    expect(calls.write).toBe(2);
  });

  it("waits as long as the backend asks, and not at all when the call's time is shorter", async () => {
    const { driver, next, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    const throttled = (retryAfterMs: number) => async (): Promise<never> => {
      throw new ScriptedFailure({ applied: "no", retryAfterMs });
    };
    next("read", throttled(150));
    const started = performance.now();
    await store.load("a");
    expect(performance.now() - started).toBeGreaterThanOrEqual(149);
    next("read", throttled(60_000));
    await expect(store.load("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(calls.read).toBe(3);
  });

  it("that may have taken effect to the end is OUTCOME_UNKNOWN, never UNAVAILABLE", async () => {
    const { driver, next } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver, { maxRetries: 1 });
    const first = await store.save("a", {});
    next("write", requestLost, requestLost);
    await expect(store.save("a", { n: 2 }, { previous: first })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
    });
  });
});

describe("a failure that trying again cannot help", () => {
  it.each([
    "ACCESS_DENIED",
    "MISCONFIGURED",
    "STORAGE_FULL",
    "TOO_LARGE",
    "CORRUPT",
    "BACKEND_ERROR",
  ] as const)("%s is thrown at once", async (code) => {
    const { store, next, calls } = setUp();
    next("write", async () => {
      throw new ScriptedFailure({ code, applied: "no" });
    });
    await expect(store.save("a", {})).rejects.toMatchObject({ code, retryable: false });
    expect(calls.write).toBe(1);
  });

  it("that the driver does not know is BACKEND_ERROR with the cause", async () => {
    const { store, next } = setUp();
    const cause = new RangeError("a bug in the driver");
    next("write", () => Promise.reject(cause));
    const error: unknown = await store.save("a", {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BACKEND_ERROR" });
    expect(ThreadStoreError.is(error) && error.cause).toBe(cause);
  });
});
