import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createThreadStore } from "./create-thread-store.ts";
import { forwardChanges, forwardOperations } from "./decorator/forward-operations.ts";
import { wrapThreadStore } from "./decorator/wrap-thread-store.ts";
import { memoryDriver } from "./memory-store.ts";
import { failure, neverResponds, scriptedDriver } from "./runtime/scripted-driver.test-helper.ts";
import type { ThreadStore } from "./thread-store.ts";

/** A store whose backend responds asynchronously, like a networked one. */
function networkedStore(): { store: ThreadStore; next: ReturnType<typeof scriptedDriver>["next"] } {
  const memory = memoryDriver();
  const { driver, next } = scriptedDriver({
    ...memory,
    read: async (...parameters) => {
      await wait(1);
      return memory.read(...parameters);
    },
  });
  return { store: createThreadStore(driver, { maxRetries: 0 }), next };
}

type Call = (store: ThreadStore, next: ReturnType<typeof scriptedDriver>["next"]) => Promise<unknown>;

const FAILING_CALLS: readonly [string, Call][] = [
  ["an invalid argument", (store) => store.save("a", { date: new Date() })],
  ["a conflict", (store) => store.save("existing", {})],
  [
    "an invalid argument of an update",
    (store) => store.update("existing", () => ({}), { metadata: 5 as never }),
  ],
  [
    "a failure of the driver",
    (store, next) => {
      next("read", () => Promise.reject(failure()));
      return store.load("a");
    },
  ],
  [
    "a timeout",
    (store, next) => {
      next("read", neverResponds);
      return store.load("a", { timeoutMs: 5 });
    },
  ],
  [
    "a failure of a listing",
    async (store, next) => {
      next("list", () => Promise.reject(failure()));
      for await (const _ of store.list()) break;
    },
  ],
];

describe("the stack of an error", () => {
  const decorate = (store: ThreadStore): ThreadStore =>
    wrapThreadStore(store, {
      name: "decorated",
      operations: (namespace) => ({ ...forwardOperations(namespace), ...forwardChanges(namespace) }),
    });

  it.each(FAILING_CALLS)("shows the caller's line: %s", async (_, call) => {
    for (const wrap of [(store: ThreadStore) => store, decorate]) {
      const { store: inner, next } = networkedStore();
      const store = wrap(inner);
      await store.save("existing", {});
      const requestHandler = async (): Promise<unknown> => {
        await call(store, next);
        return undefined;
      };
      const error: unknown = await requestHandler().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "ThreadStoreError" });
      const { stack = "" } = error as Error;
      expect(stack).toContain(String(error));
      expect(stack).toContain("requestHandler");
    }
  });
});
