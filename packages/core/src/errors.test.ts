import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createThreadStore } from "./create-thread-store.ts";
import {
  type BackendErrorCode,
  ThreadStoreError,
  type ThreadStoreErrorCode,
  THREAD_STORE_ERROR_CODES,
} from "./errors.ts";
import { memoryDriver, type MemoryRecords } from "./memory-store.ts";
import { failure, neverResponds, scriptedDriver } from "./runtime/scripted-driver.test-helper.ts";
import type { ThreadStore } from "./thread-store.ts";

const documentation = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

function failingWith(code: BackendErrorCode): ThreadStore {
  const { driver, next } = scriptedDriver(memoryDriver());
  next("write", () => Promise.reject(failure({ code, effect: "none" })));
  return createThreadStore(driver, { maxRetries: 0 });
}

/** A call for each code that rejects with it. */
const FAILING_CALLS: Record<ThreadStoreErrorCode, () => Promise<unknown>> = {
  ACCESS_DENIED: () => failingWith("ACCESS_DENIED").save("a", {}),
  BACKEND_ERROR: () => failingWith("BACKEND_ERROR").save("a", {}),
  MISCONFIGURED: () => failingWith("MISCONFIGURED").save("a", {}),
  STORAGE_FULL: () => failingWith("STORAGE_FULL").save("a", {}),
  UNAVAILABLE: () => failingWith("UNAVAILABLE").save("a", {}),
  INVALID_ARGUMENT: () => createThreadStore(memoryDriver()).load(""),
  TOO_LARGE: () => createThreadStore(memoryDriver(), { maxThreadBytes: 5 }).save("a", '{"a":1}'),
  CLOSED: async () => {
    const store = createThreadStore(memoryDriver());
    await store.close();
    await store.load("a");
  },
  CONFLICT: async () => {
    const store = createThreadStore(memoryDriver());
    await store.save("a", {});
    await store.save("a", {});
  },
  CORRUPT: async () => {
    const records: MemoryRecords = new Map([
      ["", new Map([["a", { version: "1", updatedAt: 0, bytes: new Uint8Array(0) }]])],
    ]);
    await createThreadStore(memoryDriver({ records })).load("a");
  },
  OUTCOME_UNKNOWN: async () => {
    const { driver, next } = scriptedDriver(memoryDriver());
    next("write", neverResponds);
    await createThreadStore(driver, { timeoutMs: 20 }).save("a", {});
  },
};

describe.each([...THREAD_STORE_ERROR_CODES])("%s", (code) => {
  it("is thrown", async () => {
    await expect(FAILING_CALLS[code]()).rejects.toMatchObject({
      code,
      retryable: code === "UNAVAILABLE",
      name: "ThreadStoreError",
    });
  });

  it("is documented with its retryability", () => {
    const row = documentation.split("\n").find((line) => line.startsWith(`| \`${code}\` |`));
    expect(row).toMatch(code === "UNAVAILABLE" ? /\| yes \|$/u : /\| no \|$/u);
  });
});

describe("ThreadStoreError", () => {
  it("has exactly the documented codes, once each", () => {
    const documented = [...documentation.matchAll(/^\| `([A-Z_]+)` \|/gmu)].map(([, code]) => code);
    expect(documented.join()).toBe(THREAD_STORE_ERROR_CODES.join());
  });

  it("recognizes errors of another copy of this package, and only those", () => {
    const foreign = Object.assign(new Error("x"), { code: "CONFLICT" });
    expect(ThreadStoreError.is(foreign)).toBe(false);
    Object.defineProperty(foreign, Symbol.for("threadstore.error"), { value: true });
    expect(ThreadStoreError.is(foreign, "CONFLICT")).toBe(true);
    expect(ThreadStoreError.is(foreign, "CLOSED")).toBe(false);
    for (const other of [undefined, null, "CONFLICT", {}]) expect(ThreadStoreError.is(other)).toBe(false);
  });

  it("serializes to JSON without its cause", () => {
    const error = new ThreadStoreError("CONFLICT", "The thread has changed.", {
      id: "a",
      cause: new Error("secret"),
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "ThreadStoreError",
      code: "CONFLICT",
      message: "The thread has changed.",
      retryable: false,
      id: "a",
    });
  });
});
