import { describe, expect, it } from "vitest";
import { createThreadStore } from "../create-thread-store.ts";
import { ThreadStoreError } from "../errors.ts";
import { memoryDriver, memoryStore } from "../memory-store.ts";
import { neverResponds, scriptedDriver } from "../runtime/scripted-driver.test-helper.ts";
import type { ThreadStore } from "../thread-store.ts";
import { encodingStore } from "./decorators.test-helper.ts";
import { encryptedStore } from "./encrypted-store.test-helper.ts";
import { forwardChanges, forwardOperations } from "./forward-operations.ts";
import { wrapThreadStore } from "./wrap-thread-store.ts";

const CHAT = { messages: [] };

function forwarding(store: ThreadStore): ThreadStore {
  return wrapThreadStore(store, {
    name: "forwarding",
    operations: (namespace) => ({ ...forwardOperations(namespace), ...forwardChanges(namespace) }),
  });
}

function withScript(timeoutMs = 30_000): ReturnType<typeof scriptedDriver> & { readonly inner: ThreadStore } {
  const scripted = scriptedDriver(memoryDriver());
  return { ...scripted, inner: createThreadStore(scripted.driver, { timeoutMs }) };
}

async function messagesIn(store: ThreadStore): Promise<unknown> {
  return (await store.load("a"))?.thread["messages"];
}

const numbers = Array.from({ length: 30 }, (_, index) => index);

describe.each<[string, (store: ThreadStore) => ThreadStore, "readTail" | "read"]>([
  ["a store", (store) => store, "readTail"],
  ["a decorator that forwards", forwarding, "readTail"],
  ["a decorator that changes by saving", encodingStore, "read"],
  ["a decorator on another", (store) => encryptedStore(encodingStore(store), Buffer.alloc(32)), "read"],
])("%s", (_, decorate, firstRequest) => {
  it("runs concurrent appends and touches of a thread in the order of the calls, each once", async () => {
    const { inner, calls } = withScript();
    const store = decorate(inner);
    await store.save("a", CHAT);
    await Promise.all([
      ...numbers.map((n) => store.append("a", [n])),
      ...numbers.map((n) => store.touch("a", { metadata: { n: String(n) } })),
    ]);
    expect(await messagesIn(store)).toEqual(numbers);
    expect((await store.load("a"))?.metadata).toEqual({ n: "29" });
    expect(calls.write + calls.patch).toBe(1 + 2 * numbers.length);
  });

  it("neither waits longer than the timeout or the signal allows, nor lets the next call overtake", async () => {
    const { inner, next } = withScript();
    const store = decorate(inner);
    await store.save("a", CHAT);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    next(firstRequest, async (run) => {
      await gate;
      return run();
    });
    const first = store.append("a", [1]);
    const controller = new AbortController();
    const timedOut = store.append("a", [2], { timeoutMs: 5 });
    const aborted = store.touch("a", { signal: controller.signal });
    const last = store.append("a", [3]);
    const reason = new Error("The user left.");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await expect(timedOut).rejects.toMatchObject({ code: "UNAVAILABLE", operation: "append", id: "a" });
    expect(await messagesIn(store)).toEqual([]);
    open();
    await Promise.all([first, last]);
    expect(await messagesIn(store)).toEqual([1, 3]);
  });

  it("goes on after a call whose backend never responds", async () => {
    const { inner, next } = withScript();
    const store = decorate(inner);
    await store.save("a", CHAT);
    next(firstRequest, neverResponds);
    const stuck = store.append("a", [1], { timeoutMs: 5 });
    const following = store.append("a", [2]);
    await expect(stuck).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await following;
    expect(await messagesIn(store)).toEqual([2]);
  });

  it("applies the timeout of the store to a call that waits", async () => {
    const { inner, next } = withScript(20);
    const store = decorate(inner);
    await store.save("a", CHAT, { timeoutMs: 30_000 });
    next(firstRequest, neverResponds);
    const stuck = store.append("a", [1], { timeoutMs: 10_000, signal: AbortSignal.timeout(200) });
    await expect(store.append("a", [2])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(stuck).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("runs a call after one that fails", async () => {
    const store = decorate(memoryStore());
    const failing = store.append("a", [1]);
    const creating = store.append("a", [2], { create: CHAT });
    await expect(failing).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await creating).toMatchObject({ appended: true });
  });
});

describe("a decorator that changes by saving", () => {
  /** A store in which another writer always saves first. Calls `onConflict` after each save that loses. */
  function contended(onConflict = (): void => undefined): ThreadStore {
    return wrapThreadStore(memoryStore(), {
      name: "contended",
      operations: (namespace) => ({
        ...forwardOperations(namespace),
        ...forwardChanges(namespace),
        save: async ({ id, thread, options }) => {
          if (options.previous === undefined) return { stored: await namespace.inner.save(id, thread.value) };
          onConflict();
          throw new ThreadStoreError("CONFLICT", "Another writer was first.");
        },
      }),
    });
  }

  it("reports other writers as UNAVAILABLE after its time, never as CONFLICT", async () => {
    const store = encodingStore(contended());
    await store.save("a", CHAT);
    const error = { code: "UNAVAILABLE", message: expect.stringContaining("Nothing was changed.") };
    await expect(store.append("a", [1], { timeoutMs: 20 })).rejects.toMatchObject(error);
    await expect(store.touch("a", { timeoutMs: 20 })).rejects.toMatchObject(error);
  });

  it("rejects with the signal's reason while it waits for the next attempt", async () => {
    let conflicts = 0;
    const { promise: backingOff, resolve } = Promise.withResolvers<void>();
    // From the eighth conflict on, a delay is at least 125 ms, so the call is still in it after an immediate.
    const onConflict = (): void => {
      conflicts += 1;
      if (conflicts === 8) setImmediate(resolve);
    };
    const store = encodingStore(contended(onConflict));
    await store.save("a", CHAT);
    const controller = new AbortController();
    const appending = store.append("a", [1], { signal: controller.signal });
    await backingOff;
    const reason = new Error("The user left.");
    controller.abort(reason);
    await expect(appending).rejects.toBe(reason);
    expect(conflicts).toBe(8);
  });

  it("takes effect although another decorated store appends to the same thread", async () => {
    const inner = memoryStore();
    const [store, other] = [encodingStore(inner), encodingStore(inner)];
    await store.save("a", CHAT);
    await Promise.all(numbers.slice(0, 20).map((n) => (n % 2 === 0 ? store : other).append("a", [n])));
    const messages = (await messagesIn(store)) as number[];
    expect(messages.toSorted((a, b) => a - b)).toEqual(numbers.slice(0, 20));
    expect(messages.filter((n) => n % 2 === 0)).toEqual(numbers.slice(0, 20).filter((n) => n % 2 === 0));
  });
});
