import { randomBytes } from "node:crypto";
import { type MemoryRecords, type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import {
  type BackendErrorCode,
  createThreadStore,
  DriverError,
  memoryDriver,
  type ThreadDriver,
} from "@threadstore/core/driver";
import { describe, expect, it } from "vitest";
import { type LayerName, STACKS, stackOn } from "./stacks.ts";

const CODES: readonly BackendErrorCode[] = [
  "ACCESS_DENIED",
  "BACKEND_ERROR",
  "MISCONFIGURED",
  "STORAGE_FULL",
  "TOO_LARGE",
  "UNAVAILABLE",
];

/** A backend whose requests can fail. */
class Backend {
  readonly records: MemoryRecords = new Map();
  /** Called before each request, which fails if it throws. */
  before: () => Promise<void> | void = () => undefined;

  open(layers: readonly LayerName[]): ThreadStore {
    const driver = memoryDriver({ records: this.records });
    const failing = new Proxy(driver, {
      get: (target, name: keyof ThreadDriver) => {
        const member: unknown = target[name];
        if (typeof member !== "function" || name === "close") return member;
        return async (...parameters: unknown[]): Promise<unknown> => {
          await this.before();
          return Reflect.apply(member, target, parameters) as unknown;
        };
      },
    });
    return stackOn(layers, createThreadStore(failing, { maxRetries: 0 }));
  }
}

// Longer than the limit of the stacks, so that they become attachments.
const [picture, other] = [randomBytes(300).toString("base64"), randomBytes(300).toString("base64")];

/** Saves a thread of two versions, as the last of which each call finds it. */
async function prepare(store: ThreadStore): Promise<StoredThread> {
  const first = await store.save("a", { messages: [picture] }, { metadata: { title: "T" } });
  return store.save("a", { messages: [picture, "second"] }, { previous: first });
}

interface Call {
  readonly operation: string;
  /** Runs the call on a store that has not seen the thread. */
  readonly run: (store: ThreadStore, current: StoredThread, signal?: AbortSignal) => Promise<unknown>;
}

const CALLS: readonly Call[] = [
  { operation: "load", run: (store, _, signal) => store.load("a", { signal }) },
  {
    operation: "save",
    run: (store, { version }, signal) =>
      store.save("a", { messages: [picture, other] }, { previous: version, signal }),
  },
  { operation: "save", run: (store, _, signal) => store.save("a", { n: 1 }, { overwrite: true, signal }) },
  { operation: "append", run: (store, _, signal) => store.append("a", [other, "third"], { signal }) },
  { operation: "touch", run: (store, _, signal) => store.touch("a", { metadata: { title: "U" }, signal }) },
  { operation: "touch", run: (store, _, signal) => store.touch("a", { ttlMs: 3_600_000, signal }) },
  { operation: "delete", run: (store, _, signal) => store.delete("a", { signal }) },
  { operation: "list", run: (store, _, signal) => store.listPage({ metadata: true, signal }) },
  { operation: "namespaces", run: (store, _, signal) => store.namespaces({ signal }) },
  { operation: "erase", run: (store, _, signal) => store.erase({ signal }) },
  { operation: "deleteExpired", run: (store, _, signal) => store.deleteExpired({ signal }) },
];

const titled = CALLS.map((call, index) => ({ ...call, title: `${call.operation} (${index})` }));

/** Returns what a client sees of the thread. */
async function stateOf(backend: Backend, layers: readonly LayerName[]): Promise<unknown> {
  const stored = await backend.open(layers).load("a");
  return (
    stored && { json: stored.json, metadata: stored.metadata, hasExpiry: stored.expiresAt !== undefined }
  );
}

/** The layers alone, and the stacks. */
const ALL: readonly (readonly LayerName[])[] = [
  ["history"],
  ["attachments"],
  ["compression"],
  ["encryption"],
  ...STACKS,
];

describe.each(ALL.map((layers) => ({ layers, stack: layers.join(" over ") })))("$stack", ({ layers }) => {
  /** Prepares a backend, and runs the call while each request from `first` on fails. */
  async function attempt(
    { run }: Call,
    first: number,
    fail: (number: number) => Promise<void> | void,
    signal?: AbortSignal,
  ): Promise<{ backend: Backend; requests: number; error: unknown }> {
    const backend = new Backend();
    const current = await prepare(backend.open(layers));
    let requests = 0;
    backend.before = () => {
      requests += 1;
      return requests > first ? fail(requests) : undefined;
    };
    const error: unknown = await run(backend.open(layers), current, signal).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    backend.before = () => undefined;
    return { backend, requests, error };
  }

  it.each(titled)(
    "$title: any request that fails is reported with its code, and changes nothing",
    async (call) => {
      const { requests, backend: done } = await attempt(call, Number.POSITIVE_INFINITY, () => undefined);
      const [before, after] = [await unchanged(), await stateOf(done, layers)];
      for (const code of CODES) {
        for (let first = 0; first < requests; first += 1) {
          const { backend, error } = await attempt(call, first, () => {
            throw new DriverError(code, "The request failed.");
          });
          const state = await stateOf(backend, layers);
          // What is cleaned up after a change does not fail it.
          // An erase deletes one record after the other, and continues from its cursor.
          const isErased = call.operation === "erase" && state === undefined;
          const expected = error === undefined || isErased ? after : before;
          expect({ code, first, state }).toEqual({ code, first, state: expected });
          const failure = { code, operation: call.operation };
          expect(error ?? failure).toMatchObject(failure);
        }
      }
    },
  );

  async function unchanged(): Promise<unknown> {
    const backend = new Backend();
    await prepare(backend.open(layers));
    return stateOf(backend, layers);
  }

  it.each(titled)(
    "$title: an aborted signal rejects with its reason, and the thread is whole",
    async (call) => {
      const { requests, backend: done } = await attempt(call, Number.POSITIVE_INFINITY, () => undefined);
      const states = [await unchanged(), await stateOf(done, layers)];
      const reason = new Error("enough");
      const none = await attempt(call, 0, () => undefined, AbortSignal.abort(reason));
      expect([none.error, none.requests]).toEqual([reason, 0]);
      for (let first = 0; first < requests; first += 1) {
        const controller = new AbortController();
        const abort = (): void => controller.abort(reason);
        const { backend, error } = await attempt(call, first, abort, controller.signal);
        expect([undefined, reason]).toContain(error);
        expect(states).toContainEqual(await stateOf(backend, layers));
      }
    },
  );

  it.each(titled)("$title: is CLOSED after close", async ({ operation, run }) => {
    const backend = new Backend();
    const store = backend.open(layers);
    const current = await prepare(store);
    await store.close();
    await expect(run(store, current)).rejects.toSatisfy((error) => ThreadStoreError.is(error, "CLOSED"));
    await expect(run(store, current)).rejects.toMatchObject({ operation });
  });
});
