import { setImmediate, setTimeout } from "node:timers/promises";
import { memoryStore, ThreadStoreError } from "@threadstore/core";
import {
  createInMemoryResumableStreamStore,
  createResumableStreamContext,
  type ResumableStreamStore,
} from "assistant-stream/resumable";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type ResumableStreams, type ResumableStreamsOptions, resumableStreams } from "../streams.ts";
import { bytes, codeOf, observedStore, produce, readAll, text } from "./fixtures.test-helper.ts";

const FAST = { flushMs: 5, pollMs: 5, leaseMs: 400 };
const never = new AbortController().signal;

function create(options: Partial<ResumableStreamsOptions> = {}): ResumableStreams {
  return resumableStreams({ store: memoryStore(), ...FAST, ...options });
}

/** The writer and a reader in another process. */
function createPair(options: Partial<ResumableStreamsOptions> = {}): [ResumableStreams, ResumableStreams] {
  const store = memoryStore();
  return [create({ store, ...options }), create({ store, ...options })];
}

describe("streams", () => {
  it("are read from the beginning, from any cursor, and at the end", async () => {
    const [streams, other] = createPair();
    const lease = await produce(streams, "s");
    const chunks = ["a", "bé", "", "\ufeff😀", "\0"].map(bytes);
    for (const chunk of chunks) await streams.append("s", chunk, lease);
    const reading = readAll(other, "s");
    await setTimeout(20);
    await streams.append("s", Uint8Array.of(0xff, 0xc3), lease);
    expect(await streams.finalize("s", "done", undefined, lease)).toBe(true);
    await reading;
    for (const reader of [streams, other]) {
      const entries = [];
      for await (const entry of reader.read("s", "", never)) entries.push(entry);
      expect(entries.map(({ chunk }) => [...chunk])).toEqual(
        [...chunks, Uint8Array.of(0xff, 0xc3)].map((chunk) => [...chunk]),
      );
      for (const [index, { cursor }] of entries.entries()) {
        const rest = [];
        for await (const { chunk } of reader.read("s", cursor, never)) rest.push([...chunk]);
        expect(rest).toEqual(entries.slice(index + 1).map(({ chunk }) => [...chunk]));
      }
    }
    expect(await other.status("s")).toBe("done");
  });

  it("keep the bytes that the caller passed, whatever it does with them", async () => {
    const streams = create();
    const lease = await produce(streams, "s");
    const chunk = bytes("abc");
    await streams.append("s", chunk, lease);
    chunk.fill(0);
    await streams.finalize("s", "done", undefined, lease);
    for await (const entry of streams.read("s", "", never)) entry.chunk.fill(0);
    expect(await readAll(streams, "s")).toBe("abc");
  });

  it("of 5 MB and 5000 chunks arrive whole, at slow readers and others", async () => {
    const [streams, other] = createPair();
    const lease = await produce(streams, "s");
    const line = "é".repeat(500);
    const slow = (async () => {
      let all = "";
      for await (const { chunk } of streams.read("s", "", never)) {
        all += text(chunk);
        if (all.length % 50_000 === 0) await setTimeout(1);
      }
      return all;
    })();
    const remote = readAll(other, "s");
    for (let count = 0; count < 5000; count++) {
      await streams.append("s", bytes(line), lease);
      if (count % 500 === 0) await setImmediate();
    }
    await streams.finalize("s", "done", undefined, lease);
    const whole = line.repeat(5000);
    for (const reading of [slow, remote, readAll(other, "s"), readAll(streams, "s")]) {
      expect((await reading) === whole).toBe(true);
    }
  });

  it("of one large chunk are stored", async () => {
    const [streams, other] = createPair();
    const lease = await produce(streams, "s");
    const chunk = new Uint8Array(300_000).fill(0xff);
    await streams.append("s", chunk, lease);
    await streams.append("s", chunk, lease);
    await streams.finalize("s", "done", undefined, lease);
    let size = 0;
    for await (const entry of other.read("s", "", never)) size += entry.chunk.length;
    expect(size).toBe(600_000);
  });

  it("cost writes for each `flushMs`, not for each chunk", async () => {
    const { store, calls } = observedStore();
    const streams = create({ store, flushMs: 50, leaseMs: 10_000 });
    const start = performance.now();
    const lease = await produce(streams, "s");
    for (let count = 0; count < 1000; count++) {
      await streams.append("s", bytes(`chunk ${count}`), lease);
      if (count % 100 === 0) await setTimeout(10);
    }
    await streams.finalize("s", "done", undefined, lease);
    // About 100 ms: the election, a write for every 50 ms, and the end.
    expect(calls.length).toBeLessThanOrEqual(3 + (performance.now() - start) / 50);
    const before = calls.length;
    expect(await readAll(streams, "s")).toContain("chunk 999");
    expect(calls.slice(before)).toEqual(["load"]);
  });

  it("of chunks that arrive more often than timers fire are written", async () => {
    const { store, calls } = observedStore();
    const streams = create({ store, flushMs: 5, leaseMs: 10_000 });
    const lease = await produce(streams, "s");
    const countAppends = (): number => calls.filter((call) => call === "append").length;
    while (countAppends() < 2) {
      await streams.append("s", bytes("x"), lease);
      await setImmediate();
    }
    expect(countAppends()).toBe(2);
    await streams.delete("s");
  });

  it("that are read in the process that writes them are loaded once", async () => {
    const { store, calls } = observedStore();
    const streams = create({ store, flushMs: 300 });
    const lease = await produce(streams, "s");
    const reading = readAll(streams, "s");
    await streams.append("s", bytes("a"), lease);
    await setImmediate();
    await streams.finalize("s", "done", undefined, lease);
    expect(await reading).toBe("a");
    expect(calls.filter((call) => call === "load")).toHaveLength(1);
  });

  it("end with the error of the producer", async () => {
    const [streams, other] = createPair();
    const lease = await produce(streams, "s");
    await streams.append("s", bytes("a"), lease);
    const readings = [readAll(streams, "s"), readAll(other, "s")].map(codeOf);
    await streams.finalize("s", "error", "The model failed \ud83d.", lease);
    expect(await Promise.all(readings)).toEqual(["STREAM_FAILED", "STREAM_FAILED"]);
    await expect(readAll(other, "s")).rejects.toThrow("The model failed \ufffd.");
    expect(await other.status("s")).toBe("error");
  });

  it("are read without a wait on request, also after a failure", async () => {
    const [streams, other] = createPair();
    const lease = await produce(streams, "s");
    await streams.append("s", bytes("a"), lease);
    const readExisting = async (reader: ResumableStreams): Promise<string> => {
      let all = "";
      for await (const { chunk } of reader.read("s", "", never, { wait: false })) all += text(chunk);
      return all;
    };
    expect(await readExisting(streams)).toBe("a");
    await expect.poll(() => readExisting(other), { interval: 5 }).toBe("a");
    await streams.finalize("s", "error", "It failed.", lease);
    expect(await readExisting(other)).toBe("a");
  });

  it("that have ended are not changed by readers with a cursor after the end", async () => {
    const [streams, other] = createPair({ leaseMs: 100 });
    const ends = { done: "resolved", error: "STREAM_FAILED" } as const;
    for (const status of ["done", "error"] as const) {
      const lease = await produce(streams, status);
      await streams.append(status, bytes("a"), lease);
      const waiting = codeOf(readAll(streams, status, "0-5"));
      await streams.finalize(status, status, undefined, lease);
      for (const cursor of ["0-1", "0-5", "7-0"]) {
        expect(await codeOf(readAll(other, status, cursor))).toBe(ends[status]);
      }
      expect(await waiting).toBe(ends[status]);
      expect(await other.status(status)).toBe(status);
    }
  });

  it("stop being read when the signal aborts", async () => {
    const [streams, other] = createPair();
    await produce(streams, "s");
    for (const reader of [streams, other]) {
      const stop = new AbortController();
      const next = reader.read("s", "", stop.signal)[Symbol.asyncIterator]().next();
      await setTimeout(10);
      stop.abort();
      expect(await next).toEqual({ done: true, value: undefined });
      const aborted = reader.read("s", "", stop.signal)[Symbol.asyncIterator]();
      expect(await aborted.next()).toEqual({ done: true, value: undefined });
    }
  });

  it("expire after their TTL, and are deleted with their segments", async () => {
    const store = memoryStore();
    const streams = create({ store, ttlMs: 1000 });
    for (const id of ["expired", "deleted"]) {
      const lease = await produce(streams, id);
      for (let count = 0; count < 3; count++) await streams.append(id, bytes("x".repeat(40_000)), lease);
      await streams.finalize(id, "done", undefined, lease);
    }
    await streams.delete("deleted");
    await streams.delete("deleted");
    expect(await streams.status("deleted")).toBe("missing");
    expect((await store.namespace("segments").listPage()).threads).toHaveLength(2);
    await expect.poll(async () => streams.status("expired"), { interval: 20 }).toBe("missing");
    expect(await codeOf(readAll(streams, "expired"))).toBe("STREAM_MISSING");
    expect(await streams.acquire("expired")).toBe("producer");
  });
});

describe("producers", () => {
  it("are elected once, also at the same time and after the end", async () => {
    const [streams, other] = createPair();
    const roles = await Promise.all([streams, other, streams, other].map((each) => each.acquire("s")));
    expect(roles.toSorted()).toEqual(["consumer", "consumer", "consumer", "producer"]);
    const winner = roles.indexOf("producer") % 2 === 0 ? streams : other;
    await winner.append("s", bytes("a"));
    expect(await winner.finalize("s", "done")).toBe(true);
    expect(await other.acquire("s")).toBe("consumer");
    expect(await winner.finalize("s", "done")).toBe(false);
    expect(await codeOf(winner.append("s", bytes("b")))).toBe("STREAM_ENDED");
  });

  it.each([
    ["the same process", false],
    ["another process", true],
  ])("that were replaced in %s never write into the newer stream", async (_, isOther) => {
    const [streams, remote] = createPair();
    const other = isOther ? remote : streams;
    const stale = await produce(streams, "s");
    await streams.append("s", bytes("stale"), stale);
    const reading = readAll(streams, "s");
    await other.delete("s");
    const lease = await produce(other, "s");
    await expect
      .poll(() => codeOf(streams.append("s", bytes("stale"), stale)), { interval: 5 })
      .toBe("STREAM_MISSING");
    expect(await streams.finalize("s", "error", "stale", stale)).toBe(false);
    await other.append("s", bytes("new"), lease);
    expect(await other.finalize("s", "done", undefined, lease)).toBe(true);
    expect(await readAll(streams, "s")).toBe("new");
    expect(await reading).toMatch(/^(?:stale)*$/u);
  });

  it("are deleted while they write, but not one that replaced them", async () => {
    const inner = memoryStore();
    const other = create({ store: inner });
    let interfere: (() => Promise<unknown>) | undefined;
    const store = new Proxy(inner, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        if (name !== "delete") return method.bind(target) as unknown;
        return async (...values: unknown[]) => {
          await interfere?.();
          return (await Reflect.apply(method, target, values)) as unknown;
        };
      },
    });
    const streams = create({ store });
    await produce(other, "s");
    let count = 0;
    interfere = async () => {
      if (count++ < 3) await inner.touch("s");
    };
    await streams.delete("s");
    expect([count, await other.status("s")]).toEqual([4, "missing"]);
    await produce(other, "s");
    interfere = async () => {
      interfere = undefined;
      await other.delete("s");
      await produce(other, "s");
    };
    await streams.delete("s");
    expect(await other.status("s")).toBe("streaming");
  });

  it("of a stream that does not exist are told so", async () => {
    const streams = create();
    expect(await codeOf(streams.append("s", bytes("a")))).toBe("STREAM_MISSING");
    expect(await codeOf(streams.finalize("s", "done"))).toBe("STREAM_MISSING");
    expect(await codeOf(streams.append("s", bytes("a"), { token: "t" }))).toBe("STREAM_MISSING");
    expect(await codeOf(readAll(streams, "s"))).toBe("STREAM_MISSING");
    expect(await streams.status("s")).toBe("missing");
    await streams.delete("s");
  });

  it("can continue in another process with their lease", async () => {
    const [streams, other] = createPair({ leaseMs: 200 });
    const lease = await produce(streams, "s");
    await other.append("s", bytes("a"), lease);
    expect(await other.finalize("s", "done", undefined, lease)).toBe(true);
    expect(await readAll(streams, "s")).toBe("a");
  });

  it("can continue in another process with several appends at once", async () => {
    const [streams, other] = createPair();
    const lease = await produce(streams, "s");
    await Promise.all(["a", "b", "c"].map((chunk) => other.append("s", bytes(chunk), lease)));
    expect(await other.finalize("s", "done", undefined, lease)).toBe(true);
    expect(await readAll(streams, "s")).toBe("abc");
  });

  it("that stopped are noticed by readers, who end the stream for all", async () => {
    const store = memoryStore();
    const other = create({ store, leaseMs: 100 });
    // None of the writes of the process succeeds.
    const stopped = observedStore(store);
    const frozen = create({ store: stopped.store, leaseMs: 100 });
    const frozenLease = await produce(frozen, "s");
    stopped.fail = (method) => (method === "load" ? undefined : new Error("frozen"));
    const readings = [readAll(other, "s"), readAll(other, "s")].map(codeOf);
    expect(await Promise.all(readings)).toEqual(["STREAM_INTERRUPTED", "STREAM_INTERRUPTED"]);
    expect(await other.status("s")).toBe("error");
    stopped.fail = undefined;
    expect(await frozen.finalize("s", "done", undefined, frozenLease)).toBe(false);
    expect(await codeOf(readAll(other, "s"))).toBe("STREAM_INTERRUPTED");
  });

  it("that are silent for long are alive", async () => {
    const [streams, other] = createPair({ leaseMs: 300 });
    const lease = await produce(streams, "s");
    await streams.append("s", bytes("a"), lease);
    const reading = readAll(other, "s");
    await setTimeout(700);
    await streams.append("s", bytes("b"), lease);
    await streams.finalize("s", "done", undefined, lease);
    expect(await reading).toBe("ab");
  });

  it("whose response was lost store each chunk once", async () => {
    const inner = memoryStore();
    const unknown = (): ThreadStoreError =>
      new ThreadStoreError("OUTCOME_UNKNOWN", "lost", { operation: "save", id: "s" });
    let losses = 0;
    const store = new Proxy(inner, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        if (name !== "append" && name !== "save") return method.bind(target) as unknown;
        return async (...values: unknown[]) => {
          const isLost = losses++ % 2 === 1;
          const isApplied = losses % 4 !== 0;
          if (isLost && !isApplied) throw unknown();
          const result: unknown = await Reflect.apply(method, target, values);
          if (isLost) throw unknown();
          return result;
        };
      },
    });
    const streams = create({ store });
    const lease = await produce(streams, "s");
    const chunks = Array.from({ length: 40 }, (_, index) => `${index} `.repeat(2000));
    for (const chunk of chunks) {
      await streams.append("s", bytes(chunk), lease);
      await setTimeout(1);
    }
    await streams.finalize("s", "done", undefined, lease);
    expect(losses).toBeGreaterThan(10);
    expect((await readAll(create({ store: inner }), "s")) === chunks.join("")).toBe(true);
  });

  it("whose store fails are told so, and can still end the stream", async () => {
    const observed = observedStore();
    const streams = create({ store: observed.store });
    const lease = await produce(streams, "s");
    const down = new ThreadStoreError("UNAVAILABLE", "down", { operation: "append", id: "s" });
    observed.fail = (method) => (method === "append" ? down : undefined);
    await streams.append("s", bytes("a"), lease);
    expect(await codeOf(readAll(streams, "s"))).toBe("UNAVAILABLE");
    expect(await codeOf(streams.append("s", bytes("b"), lease))).toBe("UNAVAILABLE");
    expect(await codeOf(streams.finalize("s", "done", undefined, lease))).toBe("UNAVAILABLE");
    observed.fail = undefined;
    expect(await streams.finalize("s", "error", "The store failed.", lease)).toBe(true);
    await expect(readAll(streams, "s")).rejects.toThrow("The store failed.");
  });
});

describe("recorded streams", () => {
  const from = (chunks: readonly (string | Uint8Array)[]): ReadableStream<string | Uint8Array> =>
    ReadableStream.from(chunks);

  it("can be resumed while they are produced, by any process", async () => {
    const [streams, other] = createPair();
    const { readable, writable } = new TransformStream<string, string>();
    const writer = writable.getWriter();
    const recorded = streams.record("chat", readable);
    await writer.write("data: 1\n\n");
    await expect.poll(() => other.status("chat"), { interval: 5 }).toBe("streaming");
    const bodies = [await streams.resume("chat"), await other.resume("chat")].map((body) =>
      new Response(body).text(),
    );
    await writer.write("data: é\n\n");
    await writer.close();
    expect(await recorded).toBe(true);
    expect(await Promise.all(bodies)).toEqual(["data: 1\n\ndata: é\n\n", "data: 1\n\ndata: é\n\n"]);
    expect(await other.resume("chat")).toBeUndefined();
    expect(await other.resume("unknown")).toBeUndefined();
  });

  it("replace an earlier stream, whose recording stops", async () => {
    const errors: unknown[] = [];
    const [streams, other] = createPair({ onError: (error) => errors.push(error) });
    let isCanceled = false;
    const endless = new ReadableStream<string>({
      pull: async (controller) => {
        await setTimeout(2);
        controller.enqueue("old");
      },
      cancel: () => {
        isCanceled = true;
      },
    });
    const first = streams.record("chat", endless);
    await expect.poll(() => other.status("chat"), { interval: 5 }).toBe("streaming");
    expect(await other.record("chat", from(["new"]))).toBe(true);
    expect(await first).toBe(false);
    expect(isCanceled).toBe(true);
    expect(await readAll(streams, "chat")).toBe("new");
    expect(errors).toEqual([]);
  });

  it("that fail end with an error, and never reject", async () => {
    const errors: unknown[] = [];
    const streams = create({ onError: (error, id) => errors.push([id, String(error)]) });
    const failing = new ReadableStream<string>({
      start(controller) {
        controller.enqueue("a");
      },
      pull(controller) {
        controller.error(new Error("no model"));
      },
    });
    expect(await streams.record("chat", failing)).toBe(false);
    await expect(readAll(streams, "chat")).rejects.toThrow("The answer was interrupted.");
    expect(await streams.record("", from([]))).toBe(false);
    expect(errors).toEqual([
      ["chat", "Error: no model"],
      ["", expect.stringContaining("streamId")],
    ]);
  });

  it("replace a stream whose record is invalid", async () => {
    const store = memoryStore();
    await store.save("chat", { kind: "other" });
    const streams = create({ store });
    expect(await streams.record("chat", from([bytes("a")]))).toBe(true);
    expect(await readAll(streams, "chat")).toBe("a");
  });

  it("are canceled with the response", async () => {
    const streams = create();
    const lease = await produce(streams, "chat");
    const body = await streams.resume("chat");
    const reader = body?.getReader();
    const next = reader?.read();
    await streams.append("chat", bytes("a"), lease);
    expect((await next)?.value).toEqual(bytes("a"));
    await reader?.cancel();
    await streams.finalize("chat", "done", undefined, lease);
  });
});

describe.each<[string, () => ResumableStreamStore]>([
  ["this package", () => create()],
  ["assistant-stream", () => createInMemoryResumableStreamStore()],
])("the context of assistant-stream with the store of %s", (_, createStore) => {
  const makeStream = (chunks: readonly string[]) => () => ReadableStream.from(chunks.map(bytes));

  it("runs a stream once, and resumes it", async () => {
    const finalized: unknown[] = [];
    const context = createResumableStreamContext({
      store: createStore(),
      onFinalize: (...parameters) => finalized.push(parameters),
    });
    const first = await context.run("s", makeStream(["a", "b"]));
    const second = await context.run("s", makeStream(["never"]));
    expect(await Promise.all([first, second].map((stream) => new Response(stream as never).text()))).toEqual([
      "ab",
      "ab",
    ]);
    expect(await new Response((await context.resume("s")) as never).text()).toBe("ab");
    expect(await context.resume("unknown")).toBeNull();
    expect(await context.status("s")).toBe("done");
    await context.delete("s");
    expect(await context.status("s")).toBe("missing");
    expect(finalized.map((each) => (each as unknown[]).slice(0, 2))).toEqual([["s", "done"]]);
  });

  it("passes the failure of a stream to its readers", async () => {
    // The context logs that a stream which failed cannot be canceled.
    const log = vi.spyOn(console, "error").mockReturnValue();
    onTestFinished(() => log.mockRestore());
    const context = createResumableStreamContext({ store: createStore(), onError: () => undefined });
    const stream = await context.run(
      "s",
      () => new ReadableStream({ start: (controller) => controller.error(new Error("boom")) }),
    );
    await expect(new Response(stream as never).text()).rejects.toThrow("boom");
    expect(await context.status("s")).toBe("error");
  });

  it("stops a producer that was replaced", async () => {
    const store = createStore();
    const errors: unknown[] = [];
    const context = createResumableStreamContext({ store, onError: (_id, error) => errors.push(error) });
    const slow = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await setTimeout(2);
        controller.enqueue(bytes("old"));
      },
    });
    const old = await context.run("s", () => slow);
    void new Response(old as never).text().catch(() => undefined);
    await context.delete("s");
    const stream = await context.run("s", makeStream(["new"]));
    expect(await new Response(stream as never).text()).toBe("new");
    await expect.poll(() => errors.length, { interval: 5 }).toBe(1);
    expect(await new Response((await context.resume("s")) as never).text()).toBe("new");
  });
});

it("is a store of assistant-stream", () => {
  const store: ResumableStreamStore = create();
  expect(store).toHaveProperty("acquireLease");
});

it.each([
  ["store", { store: undefined }],
  ["store", { store: {} }],
  ["ttlMs", { ttlMs: 399 }],
  ["ttlMs", { ttlMs: 2 ** 31 }],
  ["leaseMs", { leaseMs: 99 }],
  ["leaseMs", { leaseMs: 1.5 }],
  ["flushMs", { flushMs: -1 }],
  ["flushMs", { flushMs: 400 }],
  ["pollMs", { pollMs: 0 }],
  ["onError", { onError: 1 }],
  ["flush", { flush: 100 }],
] as const)("rejects an invalid %s", (path, options) => {
  expect(() => create(options as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", path }));
});

it("rejects invalid arguments", async () => {
  const streams = create();
  onTestFinished(() => streams.delete("s"));
  await produce(streams, "s");
  for (const id of ["", "\ud83d", 7 as never, null as never]) {
    expect(await codeOf(streams.acquire(id))).toBe("INVALID_ARGUMENT");
    expect(await codeOf(streams.status(id))).toBe("INVALID_ARGUMENT");
  }
  expect(await codeOf(streams.acquire("t", { ttlMs: 1 }))).toBe("INVALID_ARGUMENT");
  expect(await codeOf(streams.append("s", "text" as never))).toBe("INVALID_ARGUMENT");
  expect(await codeOf(streams.finalize("s", "aborted" as never))).toBe("INVALID_ARGUMENT");
  for (const cursor of ["x", "1", "-1", "1-", 7 as never, "1-2-3"]) {
    expect(await codeOf(readAll(streams, "s", cursor))).toBe("INVALID_ARGUMENT");
  }
});

it.each([
  ["$.kind", { kind: "other" }],
  ["$.version", { version: 2 }],
  ["$.token", { token: 1 }],
  ["$.segment", { segment: -1 }],
  ["$.ttlMs", { ttlMs: "1" }],
  ["$.chunks", { chunks: "x" }],
  ["$.chunks[0]", { chunks: [1] }],
  ["$.chunks[0]", { chunks: [{ base64: "x" }] }],
  ["$.chunks[0]", { chunks: [{ end: "error" }] }],
])("names %s of a stored stream that is invalid", async (path, members) => {
  const store = memoryStore();
  const head = { kind: "resumable-stream", version: 1, token: "t", segment: 0, ttlMs: 1000, chunks: [] };
  await store.save("s", { ...head, ...members });
  await expect(readAll(create({ store }), "s")).rejects.toMatchObject({ code: "THREAD_INVALID", path });
});

it("reports a segment that expired", async () => {
  const store = memoryStore();
  await store.save("s", {
    kind: "resumable-stream",
    version: 1,
    token: "t",
    segment: 1,
    ttlMs: 1000,
    chunks: [],
  });
  expect(await codeOf(readAll(create({ store }), "s"))).toBe("STREAM_EXPIRED");
});
