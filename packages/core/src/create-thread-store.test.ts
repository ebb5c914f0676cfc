import { execFile } from "node:child_process";
import { getEventListeners } from "node:events";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { createThreadStore } from "./create-thread-store.ts";
import { memoryDriver } from "./memory-store.ts";
import { failure, neverResponds, scriptedDriver } from "./runtime/scripted-driver.test-helper.ts";

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
    const driver = { ...memoryDriver(), contract: 2 as never };
    expect(() => createThreadStore(driver)).toThrow(TypeError);
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

describe("deleteExpired", () => {
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
