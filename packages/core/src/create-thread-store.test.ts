import { execFile } from "node:child_process";
import { getEventListeners } from "node:events";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { createThreadStore } from "./create-thread-store.ts";
import { memoryDriver } from "./memory-store.ts";
import { failure, neverResponds, scriptedDriver } from "./runtime/scripted-driver.test-helper.ts";
import type { ThreadStore } from "./thread-store.ts";

describe("deadlines", () => {
  it("end a read without a response with UNAVAILABLE", async () => {
    const { driver, next } = scriptedDriver(memoryDriver());
    next("read", neverResponds);
    const store = createThreadStore(driver, { timeoutMs: 30 });
    await expect(store.load("a")).rejects.toMatchObject({ code: "UNAVAILABLE", operation: "load" });
  });

  it("end a write or delete without a response with OUTCOME_UNKNOWN", async () => {
    const { driver, next } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    next("write", neverResponds);
    await expect(store.save("a", {}, { timeoutMs: 30 })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await store.save("b", {});
    next("delete", neverResponds);
    await expect(store.delete("b", { timeoutMs: 30 })).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("end a save that has not written yet with UNAVAILABLE", async () => {
    const { driver, next } = scriptedDriver(memoryDriver());
    next("read", neverResponds);
    const store = createThreadStore(driver, { timeoutMs: 30 });
    await expect(store.save("a", {}, { overwrite: true })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("aborting", () => {
  it("before the call sends nothing and rejects with the reason", async () => {
    const { driver, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    const reason = new Error("cancelled");
    const signal = AbortSignal.abort(reason);
    await expect(store.save("a", {}, { signal })).rejects.toBe(reason);
    await expect(store.load("a", { signal })).rejects.toBe(reason);
    await expect(store.listPage({ signal })).rejects.toBe(reason);
    expect(calls).toMatchObject({ read: 0, write: 0, list: 0 });
  });

  it("mid-call rejects with the reason and ignores a later failure", async () => {
    const { driver, next } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    const controller = new AbortController();
    const reason = new Error("cancelled");
    const late = Promise.withResolvers<never>();
    next("write", () => late.promise);
    const saving = store.save("a", {}, { signal: controller.signal });
    controller.abort(reason);
    await expect(saving).rejects.toBe(reason);
    // Vitest fails the run on an unhandled rejection.
    late.reject(failure());
    await new Promise(setImmediate);
    expect(await store.load("a")).toBeUndefined();
  });

  it("ends an update whose callback hangs", async () => {
    const store = createThreadStore(memoryDriver());
    const controller = new AbortController();
    const updating = store.update("a", () => Promise.withResolvers<never>().promise, {
      signal: controller.signal,
    });
    await new Promise(setImmediate);
    controller.abort(new Error("cancelled"));
    await expect(updating).rejects.toThrow("cancelled");
    await store.close();
  });

  it("leaves no listener on the signal", async () => {
    const store = createThreadStore(memoryDriver());
    const { signal } = new AbortController();
    for (let round = 0; round < 20; round += 1) await store.load("a", { signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("close", () => {
  it("waits for calls in flight, rejects new ones and closes the driver once", async () => {
    const { driver, next, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    const gate = Promise.withResolvers<void>();
    next("write", async (run) => {
      await gate.promise;
      return run();
    });
    const saving = store.namespace("x").save("a", {});
    const closing = [store.close(), store.close()];
    await expect(store.load("a")).rejects.toMatchObject({ code: "CLOSED" });
    await expect(store.namespace("x").load("a")).rejects.toMatchObject({ code: "CLOSED" });
    expect(calls.close).toBe(0);
    gate.resolve();
    await Promise.all([saving, ...closing]);
    expect(calls.close).toBe(1);
  });

  it("waits for the work of an aborted call before it closes the driver", async () => {
    const { driver, next, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    const controller = new AbortController();
    const gate = Promise.withResolvers<void>();
    next("write", async (run) => {
      await gate.promise;
      return run();
    });
    const saving = store.save("a", {}, { signal: controller.signal });
    controller.abort(new Error("cancelled"));
    await expect(saving).rejects.toThrow("cancelled");
    const closing = store.close();
    await new Promise(setImmediate);
    expect(calls.close).toBe(0);
    gate.resolve();
    await closing;
    expect(calls.close).toBe(1);
  });

  it("does not wait forever for work that hangs", async () => {
    const { driver, next, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver, { timeoutMs: 10 });
    next("read", neverResponds);
    await expect(store.load("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await store.close();
    expect(calls.close).toBe(1);
  });

  it("waits for an update whose callback is running and lets it save", async () => {
    const { driver, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    const gate = Promise.withResolvers<void>();
    const updating = store.update("a", async () => {
      await gate.promise;
      return { n: 1 };
    });
    await new Promise(setImmediate);
    const closing = store.close();
    await expect(store.update("a", () => ({}))).rejects.toMatchObject({ code: "CLOSED" });
    expect(calls.close).toBe(0);
    gate.resolve();
    expect((await updating)?.thread).toEqual({ n: 1 });
    await closing;
    expect(calls.close).toBe(1);
  });

  it("closes only the view it is called on", async () => {
    const { driver, calls } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver);
    const view = store.namespace("x");
    await view.close();
    await expect(view.load("a")).rejects.toMatchObject({ code: "CLOSED" });
    await expect(view.namespace("y").load("a")).rejects.toMatchObject({ code: "CLOSED" });
    expect(await store.namespace("x").load("a")).toBeUndefined();
    expect(calls.close).toBe(0);
  });

  it("rejects with a ThreadStoreError if the driver fails to close", async () => {
    const cause = new Error("still busy");
    const store = createThreadStore({ ...memoryDriver(), close: () => Promise.reject(cause) });
    await expect(store.close()).rejects.toMatchObject({ code: "BACKEND_ERROR", cause });
  });

  it("is called by await using", async () => {
    const { driver, calls } = scriptedDriver(memoryDriver());
    {
      await using store = createThreadStore(driver);
      await store.save("a", {});
    }
    expect(calls.close).toBe(1);
  });
});

describe("invalid options", () => {
  it("include a driver with an unsupported contract version", () => {
    const driver = { ...memoryDriver(), contract: 1 as never };
    Reflect.deleteProperty(driver, "readTail");
    Reflect.deleteProperty(driver, "patch");
    const open = (): unknown => createThreadStore(driver);
    expect(open).toThrow(TypeError);
    expect(open).toThrow(
      "The driver implements contract 1, but @threadstore/core requires contract 2. It lacks the methods `readTail`, `patch`.",
    );
    expect(() => createThreadStore({ ...memoryDriver(), contract: 3 as never })).toThrow("contract 3");
  });

  it.each([
    [{ timeoutMs: 0 }, /timeoutMs/u],
    [{ timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs/u],
    [{ maxThreadBytes: 1.5 }, /maxThreadBytes/u],
    [{ ttlMs: -1 }, /ttlMs/u],
    [{ maxRetries: -1 }, /maxRetries/u],
    [{ now: 5 as never }, /now/u],
  ])("of a store throw a TypeError before any I/O: %o", (options, message) => {
    expect(() => createThreadStore(memoryDriver(), options)).toThrow(TypeError);
    expect(() => createThreadStore(memoryDriver(), options)).toThrow(message);
  });

  it.each([{ timeoutMs: -1 }, { timeoutMs: 2 ** 31 }, { signal: "no" }, null])(
    "of a call reject with INVALID_ARGUMENT: %o",
    async (options) => {
      const store = createThreadStore(memoryDriver());
      await expect(store.load("a", options as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    },
  );
});

describe("a rejection without a handler", () => {
  it.each(["save", "update"])("of %s is reported as an unhandled rejection", async (method) => {
    const core = new URL("./index.ts", import.meta.url).href;
    const program = `
      import { memoryStore } from ${JSON.stringify(core)};
      const store = memoryStore();
      await store.save("a", {});
      process.once("unhandledRejection", ({ code }) => console.log("unhandled", code));
      ${method === "save" ? 'store.save("a", {})' : 'store.update("a", () => 5)'};
    `;
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--input-type=module",
      "--eval",
      program,
    ]);
    expect(stdout).toBe(`unhandled ${method === "save" ? "CONFLICT" : "INVALID_ARGUMENT"}\n`);
  });
});

describe("the clock", () => {
  it("is rounded down to milliseconds", async () => {
    const store = createThreadStore(memoryDriver(), { now: () => 1_700_000_000_000.7 });
    const { createdAt, expiresAt } = await store.save("a", {}, { ttlMs: 10 });
    expect(createdAt.getTime()).toBe(1_700_000_000_000);
    expect(expiresAt?.getTime()).toBe(1_700_000_000_010);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, "now"])(
    "that returns %s rejects with MISCONFIGURED",
    async (time) => {
      const store = createThreadStore(memoryDriver(), { now: () => time as number });
      await expect(store.save("a", {})).rejects.toMatchObject({ code: "MISCONFIGURED" });
    },
  );
});

describe("a clock that steps back", () => {
  it.each(["previous", "overwrite"])("does not shorten the time to live of a save with %s", async (mode) => {
    let now = 100_000;
    const store = createThreadStore(memoryDriver(), { now: () => now, ttlMs: 1000 });
    const first = await store.save("a", { n: 1 });
    now = 50_000;
    const options = mode === "previous" ? { previous: first } : { overwrite: true };
    const second = await store.save("a", { n: 2 }, options);
    expect(second.updatedAt.getTime()).toBe(100_000);
    expect(second.expiresAt?.getTime()).toBe(101_000);
    now = 100_500;
    expect((await store.load("a"))?.thread).toEqual({ n: 2 });
  });
});

describe("deleteExpired", () => {
  it("yields to the event loop, so that a timer can abort it", async () => {
    let now = 0;
    const store = createThreadStore(memoryDriver(), { now: () => now });
    for (let n = 0; n < 100; n += 1) await store.save(`t-${n}`, {}, { ttlMs: 5 });
    now = 10;
    // Every reading of the clock is 11 ms after the last one, so that each deletion seems to block that long.
    let time = performance.now();
    vi.spyOn(performance, "now").mockImplementation(() => (time += 11));
    const controller = new AbortController();
    const reason = new Error("enough");
    const deleting = store.deleteExpired({ signal: controller.signal, timeoutMs: 60_000 });
    setImmediate(() => controller.abort(reason));
    await expect(deleting).rejects.toBe(reason);
    vi.restoreAllMocks();
    expect((await store.deleteExpired()).deleted).toBeGreaterThan(50);
  });

  it("returns a cursor to continue from if time runs out", async () => {
    let now = 0;
    const { driver, next } = scriptedDriver(memoryDriver());
    const store = createThreadStore(driver, { now: () => now });
    for (let n = 0; n < 150; n += 1) await store.save(`t-${String(n).padStart(3, "0")}`, {}, { ttlMs: 5 });
    now = 10;
    next("list", (run) => {
      // More than half of the call's time passes.
      const later = performance.now() + 36_000;
      vi.spyOn(performance, "now").mockReturnValue(later);
      return run();
    });
    const first = await store.deleteExpired({ timeoutMs: 60_000 });
    vi.restoreAllMocks();
    expect(first).toEqual({ deleted: 100, cursor: expect.any(String) });
    expect(await store.deleteExpired({ cursor: first.cursor })).toEqual({ deleted: 50 });
    await expect(store.deleteExpired({ cursor: "x" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("a driver that contradicts itself", () => {
  it.each<[string, (store: ThreadStore) => Promise<unknown>]>([
    ["an overwriting save", (store) => store.save("a", { n: 2 }, { overwrite: true })],
    ["a creating save", (store) => store.save("b", {}, { overwrite: true })],
    ["a delete", (store) => store.delete("a")],
  ])("by refusing the version that it reads ends %s with BACKEND_ERROR", async (_, call) => {
    const driver = memoryDriver();
    await createThreadStore(driver).save("a", { n: 1 });
    const store = createThreadStore({ ...driver, write: async () => undefined, delete: async () => false });
    await expect(call(store)).rejects.toMatchObject({ code: "BACKEND_ERROR" });
    await expect(
      call(
        createThreadStore(
          { ...driver, write: async () => undefined, delete: async () => false },
          { timeoutMs: 20 },
        ),
      ),
    ).rejects.toMatchObject({ code: /UNAVAILABLE|OUTCOME_UNKNOWN/u });
  });

  it("does not end a save that is in doubt with CONFLICT", async () => {
    const driver = memoryDriver();
    const first = await createThreadStore(driver).save("a", { n: 1 });
    let writes = 0;
    const store = createThreadStore({
      ...driver,
      write: async () => {
        writes += 1;
        if (writes === 1) throw failure();
        return undefined;
      },
    });
    const saving = store.save("a", { n: 2 }, { previous: first });
    await expect(saving).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("by refusing a cursor that it returned ends a listing with INVALID_ARGUMENT", async () => {
    const driver = memoryDriver();
    const cause = new Error("400");
    const refusal = failure({ code: "INVALID_ARGUMENT", effect: "none", cause });
    const store = createThreadStore({ ...driver, list: () => Promise.reject(refusal) });
    const message = expect.stringContaining("`cursor` must be the cursor of an earlier page");
    await expect(store.listPage()).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message, cause });
  });

  it("by returning the same page again ends a listing with BACKEND_ERROR", async () => {
    const driver = memoryDriver();
    const store = createThreadStore({
      ...driver,
      list: async () => ({ records: [], next: "same" }),
    });
    await expect(store.listPage()).rejects.toMatchObject({ code: "BACKEND_ERROR" });
    await expect(store.deleteExpired()).rejects.toMatchObject({ code: "BACKEND_ERROR" });
  });
});
