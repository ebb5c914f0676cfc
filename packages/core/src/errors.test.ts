import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createThreadStore } from "./create-thread-store.ts";
import {
  type BackendErrorCode,
  ThreadStoreError,
  type ThreadStoreErrorCode,
  threadStoreErrorCodes,
} from "./errors.ts";
import { memoryDriver, type MemoryRecords } from "./memory-store.ts";
import { blackHole, ScriptedFailure, scriptedDriver } from "./runtime/scripted-driver.test-helper.ts";
import type { ThreadStore } from "./thread-store.ts";

const documentation = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

function failingWith(code: BackendErrorCode): ThreadStore {
  const { driver, next } = scriptedDriver(memoryDriver());
  next("write", () => Promise.reject(new ScriptedFailure({ code, applied: "no" })));
  return createThreadStore(driver, { maxRetries: 0 });
}

/** For each code a way to come to it. */
const ways: Record<ThreadStoreErrorCode, () => Promise<unknown>> = {
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
      ["", new Map([["a", { version: "1", bytes: new Uint8Array(0) }]])],
    ]);
    await createThreadStore(memoryDriver({ records })).load("a");
  },
  OUTCOME_UNKNOWN: async () => {
    const { driver, next } = scriptedDriver(memoryDriver());
    next("write", blackHole);
    await createThreadStore(driver, { timeoutMs: 20 }).save("a", {});
  },
};

describe.each([...threadStoreErrorCodes])("%s", (code) => {
  it("is reached", async () => {
    await expect(ways[code]()).rejects.toMatchObject({
      code,
      retryable: code === "UNAVAILABLE",
      name: "ThreadStoreError",
    });
  });

  it("is documented, with whether it is retryable", () => {
    const row = documentation.split("\n").find((line) => line.startsWith(`| \`${code}\` |`));
    expect(row).toMatch(code === "UNAVAILABLE" ? /\| yes \|$/u : /\| no \|$/u);
  });
});

describe("the error class", () => {
  it("documents no code that does not exist, and has no two of one", () => {
    const documented = [...documentation.matchAll(/^\| `([A-Z_]+)` \|/gmu)].map(([, code]) => code);
    expect(documented.join()).toBe(threadStoreErrorCodes.join());
  });

  it("knows an error of another copy of this package, and nothing else", () => {
    const foreign = Object.assign(new Error("x"), { code: "CONFLICT" });
    expect(ThreadStoreError.is(foreign)).toBe(false);
    Object.defineProperty(foreign, Symbol.for("threadstore.error"), { value: true });
    expect(ThreadStoreError.is(foreign, "CONFLICT")).toBe(true);
    expect(ThreadStoreError.is(foreign, "CLOSED")).toBe(false);
    for (const other of [undefined, null, "CONFLICT", {}]) expect(ThreadStoreError.is(other)).toBe(false);
  });

  it("goes into a log as data, without the cause", () => {
    const error = new ThreadStoreError("CONFLICT", "It moved on.", { id: "a", cause: new Error("secret") });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "ThreadStoreError",
      code: "CONFLICT",
      message: "It moved on.",
      retryable: false,
      id: "a",
    });
  });
});
