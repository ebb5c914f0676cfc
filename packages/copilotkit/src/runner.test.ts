import { setTimeout } from "node:timers/promises";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { deferred } from "@threadstore/core/documents";
import { isObservable, lastValueFrom, toArray } from "rxjs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { RunnerError, threadStoreRunner } from "./index.ts";
import { echo, FAST, finish, reopen, say, ScriptedAgent, Tab } from "./page.test-helper.ts";

const types = (events: readonly { readonly type: string }[]): string[] => events.map(({ type }) => type);

describe("a run", () => {
  it("replays what the page has received, with joined pieces and all other events as they were", async () => {
    const store = memoryStore();
    const tab = new Tab(store);
    await tab.ask("Hello", (emit, _signal, input) => {
      emit({ type: "STATE_SNAPSHOT", snapshot: { count: 1 } });
      emit({ type: "STATE_DELTA", delta: [{ op: "replace", path: "/count", value: 2 }] });
      emit({ type: "CUSTOM", name: "x", value: { any: ["thing"] } });
      emit({ type: "TOOL_CALL_START", toolCallId: "c", toolCallName: "search", parentMessageId: "m" });
      for (const delta of ['{"q":', '"x"}']) emit({ type: "TOOL_CALL_ARGS", toolCallId: "c", delta });
      emit({ type: "TOOL_CALL_END", toolCallId: "c" });
      emit({ type: "TOOL_CALL_RESULT", toolCallId: "c", messageId: "r", content: "found", role: "tool" });
      // A model cut a character in two.
      say(emit, "a", "smile ", "\ud83d", "\ude00");
      finish(emit, input);
    });
    const other = await reopen(store);
    expect(other.messages).toEqual(tab.messages);
    expect(other.texts.at(-1)).toBe("smile \u{1f600}");
    expect(other.state).toEqual({ count: 2 });
    expect(types(await other.events())).toEqual([
      "RUN_STARTED",
      "STATE_SNAPSHOT",
      "STATE_DELTA",
      "CUSTOM",
      "TOOL_CALL_START",
      "TOOL_CALL_ARGS",
      "TOOL_CALL_END",
      "TOOL_CALL_RESULT",
      "TEXT_MESSAGE_START",
      "TEXT_MESSAGE_CONTENT",
      "TEXT_MESSAGE_END",
      "RUN_FINISHED",
    ]);
  });

  it("stores each message once, and nothing else of what the page sends", async () => {
    const store = memoryStore();
    const tab = new Tab(store);
    await tab.ask("one");
    tab.state = { secret: "state" };
    await tab.ask("two");
    const json = (await store.load("t"))?.json ?? "";
    expect(json.match(/question-one/gu)).toHaveLength(1);
    expect(json).not.toContain("secret");
  });

  it("is finished for the page once it is stored", async () => {
    const store = memoryStore();
    const tab = new Tab(store);
    let stored = "";
    tab.subscribe({
      onRunFinishedEvent: async () => {
        stored = (await store.load("t"))?.json ?? "";
      },
    });
    await tab.ask("one");
    expect(stored).toContain("RUN_FINISHED");
  });

  it("continues if the page disconnects", async () => {
    const store = memoryStore();
    const runner = threadStoreRunner({ store, ...FAST });
    const tab = new Tab(store);
    const released = deferred<void>();
    const agent = new ScriptedAgent(async (emit, signal, input) => {
      await released.promise;
      await echo(emit, signal, input);
    });
    const messages = [{ id: "q", role: "user" as const, content: "one" }];
    const input = {
      threadId: "t",
      runId: "r",
      messages,
      tools: [],
      context: [],
      state: {},
      forwardedProps: {},
    };
    agent.setMessages(messages);
    const events = runner.run({ threadId: "t", agent, input });
    expect(isObservable(events)).toBe(true);
    events.subscribe().unsubscribe();
    await expect.poll(() => tab.runner.isRunning({ threadId: "t" }), { interval: 5 }).toBe(true);
    const connecting = tab.connectAgent();
    released.resolve();
    await connecting;
    expect(tab.texts).toEqual(["one", "re: one"]);
  });

  it.each([
    ["that fails", () => Promise.reject(new Error("secret")), "RUN_ERROR"],
    ["that does not end its answer", () => undefined, "RUN_ERROR"],
    [
      "that reports an error",
      (emit: (event: object) => void) => emit({ type: "RUN_ERROR", message: "No model." }),
      "RUN_ERROR",
    ],
  ] as const)("of an agent %s is stored, and the thread continues", async (_, script, last) => {
    const store = memoryStore();
    // AG-UI logs the failures of agents.
    const log = vi.spyOn(console, "error").mockReturnValue();
    onTestFinished(() => log.mockRestore());
    const tab = new Tab(store);
    await tab.ask("one", async (emit) => {
      emit({ type: "TEXT_MESSAGE_START", messageId: "a", role: "assistant" });
      emit({ type: "TEXT_MESSAGE_CONTENT", messageId: "a", delta: "begin" });
      // An error overtakes the events before it.
      await setTimeout(10);
      await script(emit);
    });
    const other = await reopen(store);
    const events = await other.events();
    expect(types(events).at(-1)).toBe(last);
    expect(JSON.stringify(events)).not.toContain("secret");
    await other.ask("two");
    expect((await reopen(store)).texts).toEqual(["one", "begin", "two", "re: two"]);
  });

  it.each([
    ["with half characters in names", { "\ud83d": 1 }],
    ["of names that objects inherit", { ["__proto__"]: 1, constructor: 2 }],
    ["with objects of an SDK", { at: new Date(0), no: undefined, list: [undefined] }],
  ])("stores events %s", async (_, value) => {
    const store = memoryStore();
    const tab = new Tab(store);
    await tab.ask("one", (emit, _signal, input) => {
      emit({ type: "CUSTOM", name: "x", value });
      finish(emit, input);
    });
    expect(tab.errors).toEqual([]);
    const custom = (await (await reopen(store)).events()).find((event) => "name" in event);
    const expected = JSON.stringify({ type: "CUSTOM", name: "x", value });
    expect(JSON.stringify(custom)).toBe(expected.replace("\\ud83d", "\ufffd"));
  });

  it.each([
    ["a number that JSON does not have", { type: "CUSTOM", name: "x", value: 1n }],
    ["a deep value", { type: "CUSTOM", name: "x", value: nested(2000) }],
    ["no type", { name: "x" }],
  ])("with an event with %s fails, and the thread continues", async (_, event) => {
    const store = memoryStore();
    const tab = new Tab(store);
    const runner = threadStoreRunner({ store, ...FAST, onError: (error) => tab.errors.push(error) });
    const agent = {
      runAgent: async (
        _input: object,
        { onEvent }: { readonly onEvent: (call: { event: never }) => Promise<void> },
      ) => {
        await onEvent({ event: { type: "TEXT_MESSAGE_START", messageId: "a", role: "assistant" } as never });
        await onEvent({ event: event as never });
        await new Promise(() => undefined);
      },
      abortRun: () => {
        throw new Error("The agent cannot be aborted.");
      },
    };
    const input = { threadId: "t", runId: "r", messages: [{ id: "q", role: "user", content: "one" }] };
    const events = await lastValueFrom(runner.run({ threadId: "t", agent, input }).pipe(toArray()));
    expect(types(events)).toEqual(["RUN_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_END", "RUN_ERROR"]);
    expect(tab.errors).toEqual([
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      expect.objectContaining({ message: "The agent cannot be aborted." }),
    ]);
    const other = await reopen(store);
    await other.ask("two");
    expect(other.texts).toEqual(["one", "", "two", "re: two"]);
  });

  it("of several runs of the agent is one", async () => {
    const store = memoryStore();
    const tab = new Tab(store);
    await tab.ask("one", (emit, _signal, input) => {
      say(emit, "a", "first");
      finish(emit, input);
      emit({ type: "RUN_STARTED", threadId: "t", runId: "second" });
      say(emit, "b", "second");
      finish(emit, input);
    });
    expect((await reopen(store)).texts).toEqual(["one", "first", "second"]);
    expect(tab.texts).toEqual(["one", "first", "second"]);
  });
});

describe("a run is stopped", () => {
  it("in its process, with its id, once", async () => {
    const store = memoryStore();
    const tab = new Tab(store);
    const asking = tab.ask(
      "one",
      async (emit, signal) => {
        emit({ type: "STEP_STARTED", stepName: "think" });
        emit({ type: "TEXT_MESSAGE_START", messageId: "a", role: "assistant" });
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
      "r",
    );
    await expect.poll(() => tab.runner.isRunning({ threadId: "t" }), { interval: 5 }).toBe(true);
    expect(await tab.runner.stop({ threadId: "t", runId: "other" })).toBe(false);
    expect(await tab.runner.stop({ threadId: "t", runId: "r" })).toBe(true);
    await asking;
    expect(types(await tab.events()).slice(-3)).toEqual([
      "TEXT_MESSAGE_END",
      "STEP_FINISHED",
      "RUN_FINISHED",
    ]);
    expect(await tab.runner.stop({ threadId: "t" })).toBe(false);
    expect(await tab.runner.stop({ threadId: "missing" })).toBe(false);
  });

  it("although its agent ignores it", async () => {
    const tab = new Tab(memoryStore());
    const asking = tab.ask("one", () => new Promise(() => undefined));
    await expect.poll(() => tab.runner.isRunning({ threadId: "t" }), { interval: 5 }).toBe(true);
    await tab.runner.stop({ threadId: "t" });
    await asking;
    await tab.ask("two");
    expect(tab.texts).toEqual(["one", "two", "re: two"]);
  });
});

describe("failures", () => {
  it("of a run that another one holds up are shown, and nothing is stored", async () => {
    const store = memoryStore();
    const tab = new Tab(store);
    const asking = tab.ask("one", () => new Promise(() => undefined));
    await expect.poll(() => tab.runner.isRunning({ threadId: "t" }), { interval: 5 }).toBe(true);
    const other = new Tab(store, "t", { waitMs: 20 });
    await other.ask("two");
    expect(other.shown).toEqual(["THREAD_BUSY"]);
    expect(other.errors).toMatchObject([{ code: "THREAD_BUSY", retryable: true }]);
    expect((await store.load("t"))?.json).not.toContain("two");
    expect((await store.namespace("streams").listPage()).threads).toHaveLength(1);
    await tab.runner.stop({ threadId: "t" });
    await asking;
  });

  it.each([
    ["THREAD_MISMATCH", { messages: [] }],
    ["THREAD_TOO_NEW", { version: 99, runs: [] }],
    ["THREAD_INVALID", { runs: {} }],
    ["THREAD_INVALID", { runs: [[]] }],
    ["THREAD_INVALID", { runs: [{ end: "x", events: [] }] }],
    ["THREAD_INVALID", { runs: [{ run: "x", runId: "r", events: [{}] }] }],
  ])("are shown for a stored thread: %s of %j", async (code, members) => {
    const store = memoryStore();
    const envelope = { format: "threadstore.thread", kind: "copilotkit-thread", version: 1 };
    await store.save("t", code === "THREAD_MISMATCH" ? members : { ...envelope, ...members });
    const tab = new Tab(store);
    expect(await tab.events()).toEqual([
      { type: "RUN_ERROR", code, message: expect.stringContaining("could not load") as string },
    ]);
    await tab.ask("one");
    expect(tab.errors).toMatchObject([{ code }, { code }]);
    await expect(tab.runner.isRunning({ threadId: "t" })).rejects.toMatchObject({ code });
  });

  it("of a write are shown instead of the end of the run, and the answer is complete later", async () => {
    const inner = memoryStore();
    let fails = false;
    const store = failing(inner, () => fails);
    const tab = new Tab(store);
    await tab.ask("one", async (emit, signal, input) => {
      await echo(emit, signal, input);
      await setTimeout(30);
      fails = true;
    });
    expect(tab.shown).toEqual(["UNEXPECTED"]);
    fails = false;
    const other = await reopen(inner);
    expect(other.texts).toEqual(["one", "re: one"]);
    await other.ask("two");
    expect((await reopen(inner)).texts).toEqual(["one", "re: one", "two", "re: two"]);
  });
});

it("pages that join a run never show an end that is not stored", async () => {
  const inner = memoryStore();
  const streams = inner.namespace("streams");
  let fails = false;
  const failed = failing(inner, () => fails);
  // Only the thread cannot be written, not the stream of the run.
  const store = new Proxy(failed, {
    get: (target, name) => (name === "namespace" ? () => streams : (Reflect.get(target, name) as unknown)),
  });
  const tab = new Tab(store);
  const released = deferred<void>();
  const asking = tab.ask("one", async (emit, signal, input) => {
    await released.promise;
    await echo(emit, signal, input);
  });
  await expect.poll(() => tab.runner.isRunning({ threadId: "t" }), { interval: 5 }).toBe(true);
  const joined = [tab, new Tab(store)].map((each) => each.events());
  await setTimeout(20);
  fails = true;
  released.resolve();
  await asking;
  for (const events of await Promise.all(joined)) {
    expect(types(events).slice(-2)).toEqual(["TEXT_MESSAGE_END", "RUN_ERROR"]);
  }
  fails = false;
  expect((await reopen(inner)).texts).toEqual(["one", "re: one"]);
});

it("pages that join a run whose stream is deleted receive its end", async () => {
  const store = memoryStore();
  const tab = new Tab(store);
  const asking = tab.ask("one", async (emit, signal) => {
    emit({ type: "TEXT_MESSAGE_START", messageId: "a", role: "assistant" });
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  const other = new Tab(store);
  await expect.poll(() => other.runner.isRunning({ threadId: "t" }), { interval: 5 }).toBe(true);
  const joined = other.events();
  await setTimeout(20);
  await store.namespace("streams").erase();
  expect(types(await joined)).toEqual(["RUN_STARTED", "TEXT_MESSAGE_START", "TEXT_MESSAGE_END", "RUN_ERROR"]);
  await asking;
  await other.ask("two");
  expect((await reopen(store)).texts.slice(-2)).toEqual(["two", "re: two"]);
});

/** A value that is nested this deep. */
function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let count = 0; count < depth; count++) value = [value];
  return value;
}

/** A store whose appends and saves fail. */
function failing(inner: ThreadStore, isFailing: () => boolean): ThreadStore {
  return new Proxy(inner, {
    get(target, name) {
      if (name === "namespace") return (id: string) => failing(target.namespace(id), isFailing);
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...values: unknown[]) => {
        if (isFailing() && name !== "load") throw new Error("The disk is full.");
        return (await Reflect.apply(method, target, values)) as unknown;
      };
    },
  });
}

it("invalid options are rejected by their path", () => {
  const store = memoryStore();
  for (const [options, path] of [
    [{}, "store"],
    [{ store, leaseMS: 1 }, "leaseMS"],
    [{ store, title: "x" }, "title"],
    [{ store, onError: 1 }, "onError"],
    [{ store, waitMs: -1 }, "waitMs"],
    [{ store, leaseMs: 1 }, "leaseMs"],
    [{ store, flushMs: 20_000 }, "flushMs"],
  ] as const) {
    let error: unknown;
    try {
      threadStoreRunner(options as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(RunnerError.is(error, "INVALID_ARGUMENT"), path).toBe(true);
    expect(error).toMatchObject({ path });
  }
});
