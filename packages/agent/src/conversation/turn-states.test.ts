import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describe, expect, it, vi } from "vitest";
import { AgentError } from "../agent-error.ts";
import type { OpenTurnPolicy } from "../run/run-options.ts";
import {
  callMessage,
  scriptedAgent,
  type ScriptedMessage,
  scriptModel,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";
import type { Tool } from "../tools/tool.ts";
import type { AnyConversationOptions } from "./conversation-options.ts";
import { openConversation } from "./open-conversation.ts";
import { MAX_CONTENT_LENGTH, type StrictModel, strictModel } from "./strict-model.test-helper.ts";

type Options = Pick<AnyConversationOptions, "journal" | "lease" | "maxAttempts" | "onStop">;

interface Setup {
  readonly store: ThreadStore;
  readonly model: StrictModel;
  /** The names of the tools that ran. */
  readonly runs: string[];
  /** Aborts the run whose tool `hang` runs. */
  stop: AbortController;
  open: (options?: Options, tools?: readonly Tool[]) => Conversation;
}

type Conversation = ReturnType<typeof openWith>;

function openWith(model: StrictModel, store: ThreadStore, tools: readonly Tool[], options: Options) {
  const agent = scriptedAgent(model, { tools, maxToolRounds: 3 });
  return openConversation({ agent, store, id: "c", ...options });
}

function prepare(store: ThreadStore = memoryStore()): Setup {
  const runs: string[] = [];
  const tool = (name: string, run: () => unknown, needsApproval = false): Tool =>
    defineTool({ name, needsApproval, run: () => (runs.push(name), run()) });
  const never = async (): Promise<never> => new Promise(() => {});
  const tools = [
    tool("ok", () => "fine"),
    tool("long", () => "x".repeat(MAX_CONTENT_LENGTH + 1)),
    tool("hang", never),
    tool("pay", () => "paid", true),
    tool("payLong", () => "x".repeat(MAX_CONTENT_LENGTH + 1), true),
    tool("payHang", never, true),
  ];
  const model = strictModel();
  const stop = new AbortController();
  const open: Setup["open"] = (options = {}, all = tools) => openWith(model, store, all, options);
  return { store, model, runs, stop, open };
}

async function approve(conversation: Conversation, signal?: AbortSignal): Promise<unknown> {
  const { approvals } = (await conversation.load())?.thread.openTurn ?? { approvals: [] };
  return conversation.resume({ approvals: approvals.map((call) => ({ ...call, approved: true })), signal });
}

async function contentsIn(store: ThreadStore): Promise<unknown[]> {
  const thread = (await store.load("c"))?.thread as { messages: ScriptedMessage[] } | undefined;
  return (thread?.messages ?? []).map(({ content }) => content);
}

/** The process dies: nothing releases the lease, and nothing is saved any more. */
async function die({ store, runs }: Setup, running: Promise<unknown>, tool: string): Promise<void> {
  running.catch(() => undefined);
  await vi.waitUntil(() => runs.includes(tool));
  await store.namespace("threadstore-leases").delete("c");
}

/** Brings a conversation into each state that a turn can have between two runs, as an application would. */
const STATES: { readonly [state: string]: (setup: Setup, options: Options) => Promise<void> } = {
  async waiting({ open }, options) {
    await open(options).run("use pay");
  },
  async interrupted(setup, options) {
    await setup.open(options).run("use payHang");
    await die(setup, approve(setup.open(options)), "payHang");
  },
  async stopped({ open, runs, stop }, options) {
    await open(options).run("use payHang");
    const stopped = approve(open(options), stop.signal);
    await vi.waitUntil(() => runs.length === 1);
    stop.abort("stop");
    await expect(stopped).rejects.toBe("stop");
  },
  async failed({ open }, options) {
    await open(options).run("use payLong");
    await expect(approve(open(options))).rejects.toMatchObject({ code: "MODEL_REFUSED" });
  },
};

const UNKNOWN = /unknown whether it took effect/u;

/** The outcome of the next run: its code, or what it did first, and the results of calls. */
const OUTCOMES: readonly [
  state: string,
  policy: OpenTurnPolicy | undefined,
  outcome: string,
  result?: RegExp,
][] = [
  ["waiting", undefined, "TURN_OPEN"],
  ["waiting", "resume", "TURN_OPEN"],
  ["waiting", "close", "closed", /did not run/u],
  ["waiting", "reject", "TURN_OPEN"],
  ["interrupted", undefined, "resumed", UNKNOWN],
  ["interrupted", "resume", "resumed", UNKNOWN],
  ["interrupted", "close", "closed", UNKNOWN],
  ["interrupted", "reject", "TURN_OPEN"],
  ["stopped", undefined, "closed", UNKNOWN],
  ["stopped", "resume", "resumed", UNKNOWN],
  ["stopped", "close", "closed", UNKNOWN],
  ["stopped", "reject", "TURN_OPEN"],
  ["failed", undefined, "closed"],
  ["failed", "resume", "MODEL_REFUSED"],
  ["failed", "close", "closed"],
  ["failed", "reject", "TURN_OPEN"],
];

describe.each([{ journal: true }, { journal: false }])("with %j", (options) => {
  it.each(OUTCOMES)("a turn that is %s: openTurn %s ends in %s", async (state, policy, outcome, result) => {
    const setup = prepare();
    const { open, store, runs } = setup;
    await STATES[state]?.(setup, options);
    const started = runs.length;
    const turn = (await open().load())?.thread.openTurn;
    expect(turn?.state).toBe(state === "interrupted" ? "open" : state);
    const running = open(options).run("next", { openTurn: policy });
    const seen = await running.then(
      async ({ resumed, closed }) => {
        const contents = await contentsIn(store);
        const end = [resumed?.status ?? "closed", closed?.turn ?? turn, contents.slice(-2)];
        return [...end, (result ?? /^/u).test(String(contents[2]))];
      },
      async (error: { code: string }) => [error.code, (await open().load())?.thread.openTurn?.id],
    );

    // No tool runs again, whatever the next run does with the turn.
    expect(runs).toHaveLength(started);
    const answered = [turn, ["next", "re: next"], true];
    const outcomes: { readonly [outcome: string]: unknown } = {
      closed: ["closed", ...answered],
      resumed: ["completed", ...answered],
    };
    expect(seen).toEqual(outcomes[outcome] ?? [outcome, turn?.id]);

    // Whatever happened, the turn can be ended, twice, and the conversation continues.
    await open(options).abandon();
    expect(await open(options).abandon()).toMatchObject({ turn: undefined, kept: [], removed: [] });
    expect(await open(options).run("last")).toMatchObject({
      text: "re: last",
      resumed: undefined,
      closed: undefined,
    });
  });

  it.each(Object.keys(STATES))("abandon ends a turn that is %s, and says what it keeps", async (state) => {
    const kept = { question: 2, partial: state === "failed" ? 2 : 4, nothing: 0 } as const;
    for (const keep of ["question", "partial", "nothing"] as const) {
      const setup = prepare();
      const { open, store } = setup;
      await open(options).run("hello");
      await STATES[state]?.(setup, options);
      const before = await contentsIn(store);
      const abandoned = await open(options).abandon({ keep });
      expect(abandoned.kept, keep).toHaveLength(kept[keep]);
      expect(abandoned.kept.map(({ content }) => content)).toEqual((await contentsIn(store)).slice(2));
      const removed = before.length - 2 - Math.min(kept[keep], before.length - 2);
      expect(abandoned.removed.length, keep).toBeGreaterThanOrEqual(removed);
      expect(abandoned.stored?.version).toBe((await store.load("c"))?.version);
      expect((await open(options).run("next")).text).toBe("re: next");
    }
  });
});

describe("a journaled turn", () => {
  const options = { journal: true };

  it("that the service rejects is left by the next message, and says which tools had run", async () => {
    const { open, store, runs } = prepare();
    await expect(open(options).run("use ok use long")).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    const openTurn = (await open().load())?.thread.openTurn;
    expect(openTurn).toMatchObject({ state: "failed", error: "MODEL_REFUSED" });
    const next = await open(options).run("never mind");
    expect(next).toMatchObject({ text: "re: never mind", closed: { turn: openTurn } });
    expect(runs).toEqual(["ok", "long"]);
    expect(await contentsIn(store)).toEqual([
      "use ok use long",
      null,
      "fine",
      "(This turn failed before it was finished. It had called these tools, whose results are not shown: long.)",
      "never mind",
      "re: never mind",
    ]);
  });

  it("with too many tool rounds keeps its results, and the next message can continue from them", async () => {
    const { open, store } = prepare();
    const failing = open(options).run("use ok use ok use ok use ok");
    await expect(failing).rejects.toMatchObject({ code: "TOO_MANY_TOOL_ROUNDS" });
    expect((await open().load())?.thread.openTurn).toMatchObject({ error: "TOO_MANY_TOOL_ROUNDS" });
    expect((await open(options).run("go on")).closed?.removed).toEqual([]);
    expect((await contentsIn(store)).filter((content) => content === "fine")).toHaveLength(3);
  });

  it.each<[OpenTurnPolicy | undefined, object]>([
    [undefined, { text: "re: next", resumed: undefined }],
    ["close", { text: "re: next", resumed: undefined }],
    ["resume", { code: "TOOL_MISSING" }],
  ])("whose tool was removed is left by the next message: openTurn %s", async (openTurn, expected) => {
    const setup = prepare();
    const { open } = setup;
    await die(setup, open(options).run("use hang"), "hang");
    const next = open(options, []).run("next", { openTurn });
    expect(await next.catch((error: unknown) => error)).toMatchObject(expected);
    expect((await open(options, []).run("next")).text).toBe("re: next");
  });

  it("is resumed a bounded number of times without getting further, as the thread counts", async () => {
    const setup = prepare();
    const { open, runs } = setup;
    await die(setup, open(options).run("use hang"), "hang");
    for (const attempts of [1, 2]) {
      runs.length = 0;
      await die(setup, open(options).run("next"), "hang");
      expect((await open().load())?.thread.openTurn).toMatchObject({ attempts, state: "open" });
    }
    const bounded = { ...options, maxAttempts: 2 };
    for (const tooMany of [open(bounded).run("next"), open(bounded).resume()]) {
      await expect(tooMany).rejects.toMatchObject({
        code: "TOO_MANY_ATTEMPTS",
        message: expect.stringMatching(/abandon.*openTurn: "close"/u) as string,
      });
    }
    expect((await open(bounded).run("next", { openTurn: "close" })).text).toBe("re: next");
  });

  it.each([1, 2, 3])(
    "that is exhausted rejects once, and the next run closes it: maxAttempts %i",
    async (maxAttempts) => {
      const setup = prepare();
      const { open, runs } = setup;
      const bounded = { ...options, maxAttempts };
      await die(setup, open(options).run("use ok use hang"), "hang");
      for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
        runs.length = 0;
        await die(setup, open(bounded).run("next"), "hang");
      }
      runs.length = 0;
      await expect(open(bounded).run("next")).rejects.toMatchObject({ code: "TOO_MANY_ATTEMPTS" });
      expect((await open().load())?.thread.openTurn).toMatchObject({
        state: "failed",
        attempts: maxAttempts,
      });
      const next = await open(bounded).run("next");
      expect(next).toMatchObject({ text: "re: next", closed: { turn: { error: "TOO_MANY_ATTEMPTS" } } });
      // The service has not rejected anything, so what happened stays.
      expect(next.closed?.removed).toEqual([]);
      expect(next.closed?.kept.map(({ content }) => content)).toContain("fine");
      expect(runs).toEqual([]);
    },
  );

  it("that is exhausted can be resumed after all with more attempts", async () => {
    const setup = prepare();
    const { open, runs, stop } = setup;
    await die(setup, open(options).run("use hang"), "hang");
    runs.length = 0;
    await die(setup, open(options).run("next"), "hang");
    const bounded = { ...options, maxAttempts: 1 };
    await expect(open(bounded).run("next")).rejects.toMatchObject({ code: "TOO_MANY_ATTEMPTS" });
    await expect(open(bounded).resume()).rejects.toMatchObject({ code: "TOO_MANY_ATTEMPTS" });
    runs.length = 0;
    const resumed = open(options).resume({ signal: stop.signal });
    await vi.waitUntil(() => runs.length === 1);
    stop.abort("stop");
    await expect(resumed).rejects.toBe("stop");
    expect((await open(bounded).run("next")).text).toBe("re: next");
  });

  it("that failed can be resumed by hand as often as the caller asks, and left at any time", async () => {
    const { open, model } = prepare();
    const bounded = { ...options, maxAttempts: 2 };
    model.rejected = "fine";
    await expect(open(bounded).run("use ok")).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await expect(open(bounded).resume()).rejects.toMatchObject({ code: "MODEL_REFUSED" });
      expect((await open().load())?.thread.openTurn).toMatchObject({
        state: "failed",
        error: "MODEL_REFUSED",
      });
    }
    model.rejected = undefined;
    expect((await open(bounded).resume()).text).toBe("re: use ok");
    expect((await open(bounded).run("next")).text).toBe("re: next");
  });

  it.each(["resume", "close", undefined] as const)(
    "that failed can be left after resumes by hand: openTurn %s",
    async (openTurn) => {
      const { open } = prepare();
      const bounded = { ...options, maxAttempts: 2 };
      await expect(open(bounded).run("use long")).rejects.toMatchObject({ code: "MODEL_REFUSED" });
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        await expect(open(bounded).resume()).rejects.toMatchObject({ code: "MODEL_REFUSED" });
      }
      const next: unknown = await open(bounded)
        .run("next", { openTurn })
        .catch((error: unknown) => error);
      expect(next).toMatchObject(
        openTurn === "resume" ? { code: "TOO_MANY_ATTEMPTS" } : { text: "re: next" },
      );
      expect((await open(bounded).run("last")).text).toBe("re: last");
    },
  );

  it.each<[string, (stop: AbortController) => unknown]>([
    ["synchronously", (stop) => (stop.abort("stop"), "its result")],
    ["in a later microtask", async (stop) => (stop.abort("stop"), Promise.resolve("its result"))],
    ["after it has waited", async (stop) => (await Promise.resolve(), stop.abort("stop"), "its result")],
    [
      "when it notices the abort",
      async (stop) => {
        const aborted = new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
        setTimeout(() => stop.abort("stop"));
        await aborted;
        return "its result";
      },
    ],
  ])("keeps the result of a tool that returns in the tick of an abort: %s", async (_how, run) => {
    const { open, stop, store, runs } = prepare();
    const tools = [
      defineTool({ name: "stops", interrupted: "rerun", run: () => (runs.push("stops"), run(stop)) }),
    ];
    await expect(open(options, tools).run("use stops", { signal: stop.signal })).rejects.toBe("stop");
    expect(await contentsIn(store)).toEqual(["use stops", null, "its result"]);
    expect((await open(options, tools).resume()).text).toBe("re: use stops");
    expect(runs).toEqual(["stops"]);
  });

  it("does not keep the error of a tool that fails because of an abort", async () => {
    const { open, stop, store, runs } = prepare();
    const run = async () => {
      runs.push("stops");
      stop.abort("stop");
      throw new Error("aborted");
    };
    const tools = [defineTool({ name: "stops", run })];
    await expect(open(options, tools).run("use stops", { signal: stop.signal })).rejects.toBe("stop");
    expect(await contentsIn(store)).toEqual(["use stops", null]);
    await open(options, tools).run("next");
    expect(String((await contentsIn(store))[2])).toMatch(UNKNOWN);
  });

  it.each(["use ok", "fine"])(
    "without a response in any attempt does not keep what caused it: %s",
    async (input) => {
      const setup = prepare();
      const { open, model, store } = setup;
      const ask = model.ask.bind(model);
      let crashes = true;
      vi.spyOn(model, "ask").mockImplementation(async (request) => {
        if (!JSON.stringify(request.messages).includes("fine")) return ask(request);
        setup.runs.push("ask");
        return crashes ? new Promise(() => {}) : Promise.reject(new AgentError("MODEL_UNAVAILABLE", "500"));
      });
      await die(setup, open(options).run(input), "ask");
      crashes = false;
      const bounded = { ...options, maxAttempts: 2 };
      for (const code of ["MODEL_UNAVAILABLE", "MODEL_UNAVAILABLE", "TOO_MANY_ATTEMPTS"]) {
        await expect(open(bounded).run("next")).rejects.toMatchObject({ code });
      }
      const next = await open(bounded).run("next", { openTurn: "close" });
      expect(next).toMatchObject({ text: "re: next", closed: { turn: { error: "TOO_MANY_ATTEMPTS" } } });
      expect(await contentsIn(store)).not.toContain("fine");
      expect((await open(bounded).run("last")).text).toBe("re: last");
    },
  );

  it("whose result does not fit into the store does not run its tool again", async () => {
    const { open, runs, store } = prepare(memoryStore({ maxThreadBytes: 700 }));
    const huge = defineTool({ name: "huge", run: () => (runs.push("huge"), "x".repeat(900)) });
    const failing = open(options, [huge]).run("use huge");
    await expect(failing).rejects.toMatchObject({ code: "SAVE_FAILED", cause: { code: "TOO_LARGE" } });
    expect((await open(options, [huge]).run("next")).text).toBe("re: next");
    expect(runs).toEqual(["huge"]);
    expect(await contentsIn(store)).toContainEqual(expect.stringMatching(/too large to store/u));
  });

  it("whose result does not fit can be resumed, also without running its tool again", async () => {
    const { open, runs } = prepare(memoryStore({ maxThreadBytes: 1000 }));
    const huge = defineTool({ name: "huge", run: () => (runs.push("huge"), "x".repeat(1200)) });
    const ask = async () => open(options, [huge, fine]).run("use fine use huge", { key: "m1" });
    const fine = defineTool({ name: "fine", run: () => (runs.push("fine"), "fine") });
    await expect(ask()).rejects.toMatchObject({ code: "SAVE_FAILED" });
    expect(await ask()).toMatchObject({ text: "re: use fine use huge", repeated: true });
    expect(runs).toEqual(["fine", "huge"]);
  });

  it("is closed also if a writer without the lease saves meanwhile", async () => {
    const setup = prepare();
    const { open, store } = setup;
    await STATES["failed"]?.(setup, options);
    const load = store.load.bind(store);
    let loads = 0;
    vi.spyOn(store, "load").mockImplementation(async (...args) => {
      const loaded = await load(...args);
      loads += 1;
      if (loads <= 2) {
        const thread = { ...loaded?.thread, note: loads };
        await store.save("c", thread, { overwrite: true });
      }
      return loaded;
    });
    expect((await open(options).abandon()).turn?.state).toBe("failed");
    expect((await store.load("c"))?.thread).toMatchObject({ note: 2 });
  });
});

/** Streams until the text begins, and stops: with the signal, or by leaving the loop. */
async function stopStreaming(
  conversation: Conversation,
  input: string,
  how: "leave" | "signal",
): Promise<void> {
  const stop = new AbortController();
  const stream = conversation.runStream(input, { signal: stop.signal });
  const reading = (async () => {
    for await (const { type } of stream) {
      if (type !== "text") continue;
      if (how === "leave") return;
      stop.abort("stop");
    }
  })();
  await Promise.allSettled([reading, stream.result]);
}

describe("stopping a streamed answer", () => {
  it.each<[string, Options, "leave" | "signal"]>([
    ["with a journal", { journal: true }, "signal"],
    ["by leaving the loop, with a journal", { journal: true }, "leave"],
    ["without a journal, on request", { onStop: "keep" }, "signal"],
    ["by leaving the loop, on request", { onStop: "keep" }, "leave"],
  ])("keeps it %s", async (_name, options, how) => {
    const setup = prepare();
    const { open, store } = setup;
    await open(options).run("hello");
    setup.model.pauses = true;
    await stopStreaming(open(options), "tell me", how);
    setup.model.pauses = false;
    const { openTurn } = (await open().load())?.thread ?? {};
    expect(openTurn).toMatchObject({ state: "stopped", attempts: 0, approvals: [] });
    expect(openTurn?.text).toBe("re: tell");
    const next = await open(options).run("next");
    expect(next).toMatchObject({ text: "re: next", resumed: undefined, closed: { removed: [] } });
    expect(await contentsIn(store)).toEqual([
      "hello",
      "re: hello",
      "tell me",
      "re: tell",
      "next",
      "re: next",
    ]);
  });

  it.each<[string, Options]>([
    ["with a journal, on request", { journal: true, onStop: "discard" }],
    ["without a journal", {}],
  ])("discards it %s", async (_name, options) => {
    const { open, store, model } = prepare();
    await open(options).run("hello");
    const { json } = (await store.load("c")) ?? {};
    model.pauses = true;
    await stopStreaming(open(options), "tell me", "signal");
    expect((await store.load("c"))?.json).toBe(json);
  });

  it("keeps what its tools did, and abandon can keep only the question", async () => {
    const setup = prepare();
    const { open, store, runs } = setup;
    setup.model.pauses = true;
    await stopStreaming(open({ onStop: "keep" }), "use ok", "signal");
    expect(runs).toEqual(["ok"]);
    expect(await contentsIn(store)).toEqual(["use ok", null, "fine"]);
    const { kept, removed } = await open().abandon({ keep: "question" });
    expect(kept.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(removed.map(({ role }) => role)).toEqual(["assistant", "tool"]);
    expect(kept[1]?.content).toBe(
      "(The user stopped this turn before it was finished. It had called these tools, whose results are not shown: ok.)",
    );
  });

  it("does not stand in the way of a turn that another tab finishes meanwhile", async () => {
    const setup = prepare();
    const { open, store, model } = setup;
    await open().run("hello");
    const { ask } = model;
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    vi.spyOn(model, "ask").mockImplementationOnce(async (request) => {
      asked.resolve();
      await go.promise;
      return ask(request);
    });
    const other = open().run("other tab");
    await asked.promise;
    model.pauses = true;
    await stopStreaming(open({ onStop: "keep" }), "tell me", "signal");
    model.pauses = false;
    go.resolve();
    expect((await other).text).toBe("re: other tab");
    const stopped = ["tell me", "re: tell"];
    const contents = await contentsIn(store);
    expect(contents).toEqual(["hello", "re: hello", ...stopped, "other tab", "re: other tab"]);
  });

  it("leaves a turn that is resumed only on request, with events and a result that say so", async () => {
    const setup = prepare();
    const { open } = setup;
    setup.model.pauses = true;
    await stopStreaming(open({ journal: true }), "tell me", "signal");
    setup.model.pauses = false;
    const stream = open({ journal: true }).runStream("next", { openTurn: "resume" });
    const types: string[] = [];
    for await (const { type } of stream) if (type !== types.at(-1)) types.push(type);
    expect(types).toEqual(["turn-resuming", "text", "message", "turn-resumed", "text", "message"]);
    expect(await stream.result).toMatchObject({
      text: "re: next",
      resumed: { text: "re: tell me" },
      closed: undefined,
    });
  });

  it.each<[number, Options["onStop"], object]>([
    [1, "keep", { state: "stopped" }],
    [2, "keep", { state: "stopped" }],
    [3, "keep", { state: "stopped" }],
    [1, "discard", {}],
    [2, "discard", {}],
    [3, "discard", {}],
  ])("does not resume it if save %i is in flight: onStop %s", async (inFlight, onStop, expected) => {
    const { open, store, runs } = prepare();
    const stop = new AbortController();
    const save = store.save.bind(store);
    let saves = 0;
    vi.spyOn(store, "save").mockImplementation(async (id, thread, saveOptions) => {
      saves += 1;
      if (saves !== inFlight) return save(id, thread, saveOptions);
      stop.abort("stop");
      const { signal, ...others } = saveOptions ?? {};
      // The write arrives, although a store rejects as soon as its signal aborts.
      const saved = await save(id, thread, others);
      signal?.throwIfAborted();
      return saved;
    });
    const options = { journal: true, onStop };
    await expect(open(options).run("use ok", { signal: stop.signal })).rejects.toBe("stop");
    const openTurn = (await open().load())?.thread.openTurn;
    expect({ ...openTurn }).toMatchObject(expected);
    expect(openTurn === undefined).toBe(onStop === "discard");
    const started = runs.length;
    expect(await open(options).run("next")).toMatchObject({ text: "re: next", resumed: undefined });
    expect(runs).toHaveLength(started);
  });

  it.each(
    [{ journal: true }, { onStop: "keep" as const }, { journal: true, key: "k" }].flatMap((options) =>
      ["tell me", "use ok"].flatMap((input) => [
        { options, input, arrives: true },
        { options, input, arrives: false },
      ]),
    ),
  )(
    "keeps the whole answer while it is being saved: $options, $input, arrives: $arrives",
    async ({ options, input, arrives }) => {
      const { open, store } = prepare();
      const { key, ...settings }: { key?: string } & Options = options;
      const stop = new AbortController();
      const save = store.save.bind(store);
      let isDone = false;
      vi.spyOn(store, "save").mockImplementation(async (id, thread, saveOptions) => {
        const { messages, turn } = JSON.parse(JSON.stringify(thread)) as {
          messages: object[];
          turn?: object;
        };
        const isAnswer = turn === undefined && messages.length > 0 && !isDone;
        if (!isAnswer) return save(id, thread, saveOptions);
        isDone = true;
        stop.abort("stop");
        if (arrives) await save(id, thread, { ...saveOptions, signal: undefined });
        throw stop.signal.reason;
      });
      const stream = open(settings).runStream(input, { key, signal: stop.signal });
      let shown = "";
      const reading = (async () => {
        for await (const event of stream) if (event.type === "text") shown += event.delta;
      })();
      await expect(stream.result).rejects.toBe("stop");
      await reading.catch(() => undefined);
      const { state, text } = (await open().load())?.thread.openTurn ?? {};
      expect([state, text]).toEqual(arrives ? [undefined, undefined] : ["stopped", shown]);
      expect(await open(settings).run("next")).toMatchObject({ text: "re: next", resumed: undefined });
      const contents = await contentsIn(store);
      expect(contents.filter((content) => content === shown)).toHaveLength(1);
      expect(contents.slice(-3)).toEqual([shown, "next", "re: next"]);
    },
  );

  it.each([1, 2, 3, 4])("never repeats a text if save %i of a turn is in flight", async (inFlight) => {
    const { open, store, model } = prepare();
    const { ask } = model;
    // A model that writes a text before its calls.
    vi.spyOn(model, "ask").mockImplementation(async (request) => {
      const response = await ask(request);
      if (response.calls.length === 0) return response;
      request.emit?.({ type: "text", delta: "I look it up." });
      const messages = response.messages.map((message) => ({ ...message, content: "I look it up." }));
      return { ...response, messages };
    });
    const stop = new AbortController();
    const save = store.save.bind(store);
    let saves = 0;
    vi.spyOn(store, "save").mockImplementation(async (...args) => {
      saves += 1;
      if (saves === inFlight) stop.abort("stop");
      return save(...args);
    });
    const stream = open({ journal: true }).runStream("use ok", { signal: stop.signal });
    await expect(stream.result).rejects.toBe("stop");
    await open({ journal: true }).run("next");
    const contents = await contentsIn(store);
    expect(contents.filter((content) => content === "I look it up.")).toHaveLength(inFlight > 1 ? 1 : 0);
    expect(contents.filter((content) => content === "re: use ok")).toHaveLength(inFlight > 3 ? 1 : 0);
  });

  it("while the whole answer is being saved does not resume the turn either", async () => {
    const { open, store } = prepare();
    const stop = new AbortController();
    const save = store.save.bind(store);
    let saves = 0;
    vi.spyOn(store, "save").mockImplementation(async (...args) => {
      saves += 1;
      // The last save of a turn with one call: input, started, result, answer.
      if (saves === 4) stop.abort("stop");
      return save(...args);
    });
    await expect(open({ journal: true }).run("use ok", { signal: stop.signal })).rejects.toBe("stop");
    expect((await open().load())?.thread.openTurn?.state).toBe("stopped");
    expect(await open({ journal: true }).run("next")).toMatchObject({ text: "re: next", resumed: undefined });
  });
});

describe.each<Options>([{ journal: true }, { journal: false }, { onStop: "keep" }])(
  "an approver whose connection is cut, with %j",
  (options) => {
    function prepareTwoCalls() {
      const runs: string[] = [];
      const never = async (): Promise<never> => new Promise(() => {});
      const tools = [
        defineTool({ name: "payHang", needsApproval: true, run: () => (runs.push("payHang"), never()) }),
        defineTool({ name: "pay", needsApproval: true, run: () => (runs.push("pay"), "paid") }),
      ];
      const done = () => ({ message: { role: "assistant", content: "done" } });
      const calls = () => ({ message: callMessage(["1", "payHang", "{}"], ["2", "pay", "{}"]) });
      const agent = scriptedAgent(scriptModel(calls, done), { tools });
      const conversation = openConversation({ agent, store: memoryStore(), id: "c", ...options });
      /** Approves calls, and leaves as soon as the tool runs that never returns. */
      const approveAndLeave = async (ids: readonly string[]): Promise<void> => {
        const { approvals } = (await conversation.load())?.thread.openTurn ?? { approvals: [] };
        const decisions = approvals.filter(({ callId }) => ids.includes(callId));
        const cut = new AbortController();
        const resumed = conversation.resume({
          approvals: decisions.map((call) => ({ ...call, approved: true })),
          signal: cut.signal,
        });
        resumed.catch(() => undefined);
        await vi.waitUntil(() => runs.includes("payHang"));
        cut.abort("cut");
        await expect(resumed).rejects.toBe("cut");
      };
      return { runs, conversation, approveAndLeave };
    }

    it("leaves the calls of others waiting, which the next message does not close", async () => {
      const { runs, conversation, approveAndLeave } = prepareTwoCalls();
      await conversation.run("go");
      await approveAndLeave(["1"]);
      const turn = (await conversation.load())?.thread.openTurn;
      expect(turn).toMatchObject({ state: "waiting", approvals: [{ callId: "2" }] });
      await expect(conversation.run("next")).rejects.toMatchObject({ code: "TURN_OPEN" });
      const approvals = (turn?.approvals ?? []).map((call) => ({ ...call, approved: true }));
      const { text, thread } = await conversation.resume({ approvals });
      expect(text).toBe("done");
      expect(thread.messages.map(({ content }) => content)).toEqual([
        "go",
        null,
        expect.stringMatching(UNKNOWN),
        "paid",
        "done",
      ]);
      expect(runs).toEqual(["payHang", "pay"]);
    });

    it("stops the turn if no other call waits", async () => {
      const { conversation, approveAndLeave } = prepareTwoCalls();
      await conversation.run("go");
      await approveAndLeave(["1", "2"]);
      expect((await conversation.load())?.thread.openTurn?.state).toBe("stopped");
    });
  },
);

describe("a run that finds an open turn", () => {
  it("emits that it closed it", async () => {
    const setup = prepare();
    await STATES["failed"]?.(setup, {});
    const stream = setup.open().runStream("next");
    const events: object[] = [];
    for await (const event of stream) events.push(event);
    expect(events[0]).toEqual({ type: "turn-closed", closed: (await stream.result).closed });
  });

  it("resumes it, and closes it if that fails for good, unless it was asked to resume it", async () => {
    for (const [openTurn, expected] of [
      [undefined, { text: "re: next", resumed: undefined }],
      ["resume", { code: "MODEL_REFUSED" }],
    ] as const) {
      const setup = prepare();
      const { open } = setup;
      // The process dies after it has saved a result that the model will reject.
      await die(setup, open({ journal: true }).run("use long use hang"), "hang").catch(() => undefined);
      const next = open({ journal: true }).run("next", { openTurn });
      expect(await next.catch((error: unknown) => error)).toMatchObject(expected);
    }
  });

  it("waits for a process that works on it, and then abandons it", async () => {
    const setup = prepare();
    const { open, runs, stop } = setup;
    const running = open({ journal: true }).run("use hang", { signal: stop.signal });
    await vi.waitUntil(() => runs.length === 1);
    const busy = open({ lease: { waitMs: 0 } });
    await expect(busy.abandon()).rejects.toMatchObject({ code: "CONVERSATION_BUSY" });
    await expect(busy.run("next", { openTurn: "close" })).rejects.toMatchObject({
      code: "CONVERSATION_BUSY",
    });
    const abandoning = open().abandon();
    stop.abort("stop");
    await expect(running).rejects.toBe("stop");
    expect((await abandoning).turn?.state).toBe("stopped");
  });

  it("rejects an unknown policy, and abandon an unknown choice", async () => {
    const { open } = prepare();
    const code = "INVALID_ARGUMENT";
    await expect(open().run("x", { openTurn: "drop" as never })).rejects.toMatchObject({
      code,
      path: "openTurn",
    });
    await expect(open().abandon({ keep: "all" as never })).rejects.toMatchObject({ code, path: "keep" });
    for (const options of [{ onStop: "hope" }, { maxAttempts: 0 }]) {
      expect(() => open(options as never)).toThrow(expect.objectContaining({ code }) as Error);
    }
  });

  it("can be abandoned by two processes at once, and where nothing is stored", async () => {
    const setup = prepare();
    const { open, store } = setup;
    expect(await open().abandon()).toEqual({ turn: undefined, kept: [], removed: [], stored: undefined });
    await STATES["waiting"]?.(setup, {});
    const both = await Promise.all([open().abandon(), open().abandon()]);
    expect(new Set(both.map(({ turn }) => turn?.state))).toEqual(new Set(["waiting", undefined]));
    expect(await contentsIn(store)).toHaveLength(4);
  });
});
