import { memoryStore, type ThreadStore } from "@threadstore/core";
import { describe, expect, it, vi } from "vitest";
import { AgentError } from "../agent-error.ts";
import { repairThread } from "../repair/repair-thread.ts";
import { SCRIPTED_KIND, scriptedAgent, type ScriptedMessage } from "../scripted-agent.test-helper.ts";
import { MAX_KEYS } from "../thread/turn-key.ts";
import { defineTool } from "../tools/define-tool.ts";
import type { AnyConversationOptions } from "./conversation-options.ts";
import { openConversation } from "./open-conversation.ts";
import { MAX_CONTENT_LENGTH, strictModel } from "./strict-model.test-helper.ts";

type Options = Pick<AnyConversationOptions, "journal" | "maxAttempts" | "onConflict" | "onStop">;

const key = "m1";

function prepare(store: ThreadStore = memoryStore()) {
  const runs: string[] = [];
  let hangs = true;
  const tools = [
    defineTool({ name: "ok", run: () => (runs.push("ok"), "fine") }),
    defineTool({ name: "long", run: () => (runs.push("long"), "x".repeat(MAX_CONTENT_LENGTH + 1)) }),
    defineTool({ name: "pay", needsApproval: true, run: () => (runs.push("pay"), "paid") }),
    defineTool({
      name: "hang",
      run: async () => (runs.push("hang"), hangs ? new Promise(() => {}) : "hung"),
    }),
  ];
  const model = strictModel();
  const agent = scriptedAgent(model, { tools });
  const open = (options: Options = {}) => openConversation({ agent, store, id: "c", ...options });
  const recover = async (): Promise<void> => {
    hangs = false;
    await store.namespace("threadstore-leases").delete("c");
  };
  return { store, model, runs, open, recover };
}

/** Runs a turn whose second call never returns, and lets its process lose the lease, as after a crash. */
async function crashInSecondCall(options: Options): Promise<ReturnType<typeof prepare>> {
  const prepared = prepare();
  prepared
    .open(options)
    .run("use ok use hang", { key })
    .catch(() => undefined);
  await vi.waitUntil(() => prepared.runs.includes("hang"));
  await prepared.recover();
  return prepared;
}

async function contentsIn(store: ThreadStore): Promise<unknown[]> {
  const thread = (await store.load("c"))?.thread as { messages: ScriptedMessage[] } | undefined;
  return (thread?.messages ?? []).map(({ content }) => content);
}

describe.each<Options>([{ journal: true }, { journal: false }])("a key, with %j", (options) => {
  it("starts one turn, and repeats its result, streamed or not", async () => {
    const { open, store, model, runs } = prepare();
    await open(options).run("hello");
    const first = await open(options).run("use ok", { key });
    expect(first).toMatchObject({ text: "re: use ok", repeated: false });
    await open(options).run("another");
    const requests = model.requests.length;
    const before = await store.load("c");
    const { thread: _thread, stored: _stored, ...result } = first;
    for (const repeated of [
      await open(options).run("use ok", { key }),
      await open(options).runStream("use ok", { key }).result,
    ]) {
      expect(repeated).toMatchObject({ ...result, repeated: true });
      expect(repeated.stored.version).toBe(before?.version);
    }
    expect(runs).toEqual(["ok"]);
    expect(model.requests).toHaveLength(requests);
    expect((await open(options).run("use ok", { key: "m2" })).repeated).toBe(false);
  });

  it("starts one turn for deliveries at the same time", async () => {
    const { open, store, runs } = prepare();
    const deliveries = [1, 2, 3, 4].map(async () => open(options).run("use ok", { key }));
    const results = await Promise.all(deliveries);
    expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(results.map(({ text }) => text))).toEqual(new Set(["re: use ok"]));
    expect(runs).toEqual(["ok"]);
    expect(await contentsIn(store)).toHaveLength(4);
  });

  it.each(["waits", "was stopped", "was interrupted"])(
    "of a turn that ended leaves alone one that %s",
    async (other) => {
      const { open, store, runs, recover } = prepare();
      await open(options).run("use ok", { key });
      await open(options).run("use pay", { key: "m2" });
      await open(options).abandon();
      await open(options).run("use pay", { key: "m3" });
      if (other !== "waits") {
        const stop = new AbortController();
        await open(options).abandon();
        const running = open({ journal: true }).run("use hang", { signal: stop.signal });
        running.catch(() => undefined);
        await vi.waitUntil(() => runs.includes("hang"));
        if (other === "was stopped") stop.abort();
        else await recover();
        await Promise.allSettled(other === "was stopped" ? [running] : []);
      }
      const before = await store.load("c");
      const deliver = async (input: string, delivered: string) =>
        open({ ...options, maxAttempts: 1 }).run(input, { key: delivered, openTurn: "close" });
      expect(await deliver("use ok", key)).toMatchObject({
        text: "re: use ok",
        repeated: true,
        closed: undefined,
      });
      await expect(deliver("other", key)).rejects.toMatchObject({ code: "KEY_REUSED" });
      await expect(deliver("use pay", "m2")).rejects.toMatchObject({ code: "TURN_ABANDONED" });
      expect((await store.load("c"))?.json).toBe(before?.json);
    },
  );

  it("of a turn that waits repeats what it waits for, and later its answer", async () => {
    const { open, runs } = prepare();
    const { approvals } = await open(options).run("use pay", { key });
    const again = await open(options).run("use pay", { key });
    expect(again).toMatchObject({ status: "approval-needed", approvals, repeated: true });
    expect(again.messages).toHaveLength(2);
    await open(options).resume({ approvals: approvals.map((call) => ({ ...call, approved: true })) });
    const late = await open(options).run("use pay", { key });
    expect(late).toMatchObject({ status: "completed", text: "re: use pay", repeated: true });
    expect(late.messages).toHaveLength(4);
    expect(runs).toEqual(["pay"]);
  });

  it("of a turn that ended is answered at once, although another turn is open", async () => {
    const { open, store, runs } = prepare();
    await open(options).run("hello", { key });
    const { approvals } = await open(options).run("use pay", { key: "m2" });
    const before = await store.load("c");
    for (const openTurn of [undefined, "close", "resume", "reject"] as const) {
      const again = await open({ ...options, maxAttempts: 1 }).run("hello", { key, openTurn });
      expect(again).toMatchObject({
        text: "re: hello",
        repeated: true,
        resumed: undefined,
        closed: undefined,
      });
    }
    await expect(open(options).run("other", { key })).rejects.toMatchObject({ code: "KEY_REUSED" });
    expect((await store.load("c"))?.version).toBe(before?.version);
    await open(options).resume({ approvals: approvals.map((call) => ({ ...call, approved: true })) });
    expect(runs).toEqual(["pay"]);
  });

  it("cannot be used for another input, whether its turn is open or not", async () => {
    const { open } = prepare();
    for (const input of ["use pay", "hello"]) {
      await open(options).run(input, { key, openTurn: "close" });
      await expect(open(options).run("other", { key })).rejects.toMatchObject({
        code: "KEY_REUSED",
        path: "key",
      });
      await open(options).abandon({ keep: "nothing" });
    }
  });

  it("is free again if its run leaves nothing", async () => {
    const { open, model } = prepare();
    model.rejected = "secret";
    await expect(open(options).run("secret", { key })).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    model.rejected = undefined;
    expect(await open(options).run("secret", { key })).toMatchObject({ text: "re: secret", repeated: false });
  });

  it("of an abandoned turn starts no other, unless nothing of the turn is left", async () => {
    const { open } = prepare();
    await open(options).run("use pay", { key });
    await open(options).abandon({ keep: "question" });
    await expect(open(options).run("use pay", { key })).rejects.toMatchObject({
      code: "TURN_ABANDONED",
      path: "key",
    });
    await open(options).run("use pay", { key: "m2" });
    await open(options).abandon({ keep: "nothing" });
    expect((await open(options).run("use pay", { key: "m2" })).repeated).toBe(false);
  });

  it("is kept if another writer saves during the turn, at the place to which the turn moves", async () => {
    const { open, store } = prepare();
    await open().run("hello");
    const writer = open();
    const load = store.load.bind(store);
    let loads = 0;
    vi.spyOn(store, "load").mockImplementation(async (...args) => {
      const loaded = await load(...args);
      // Between the load of the run and its save.
      loads += 1;
      if (loads === 1)
        await writer.append([
          { role: "user", content: "other" },
          { role: "assistant", content: "so" },
        ]);
      return loaded;
    });
    const run = open().run("use ok", { key });
    expect((await run).repeated).toBe(false);
    const repeated = await open().run("use ok", { key });
    expect(repeated.messages.map(({ content }) => content)).toEqual(["use ok", null, "fine", "re: use ok"]);
    expect(await contentsIn(store)).toHaveLength(8);
  });
});

describe("a key of a journaled turn", () => {
  const options = { journal: true };

  it("resumes the turn after a crash, and not a tool whose result was saved", async () => {
    const { open, runs } = await crashInSecondCall(options);
    const result = await open(options).run("use ok use hang", { key, openTurn: "reject" });
    expect(result).toMatchObject({ text: "re: use ok use hang", repeated: true, resumed: undefined });
    expect(result.messages).toHaveLength(6);
    expect(runs).toEqual(["ok", "hang", "hang"]);
    expect((await open(options).run("use ok use hang", { key })).messages).toEqual(result.messages);
  });

  it("resumes the turn that was stopped, because the delivery asks for it", async () => {
    const { open, runs, recover } = prepare();
    const stop = new AbortController();
    const running = open(options).run("use hang", { key, signal: stop.signal });
    await vi.waitUntil(() => runs.length === 1);
    stop.abort("shutting down");
    await expect(running).rejects.toBe("shutting down");
    await recover();
    expect((await open(options).run("use hang", { key })).text).toBe("re: use hang");
  });

  it("of a turn that fails fails again, a bounded number of times, until another message closes it", async () => {
    const { open, runs } = prepare();
    const bounded = { ...options, maxAttempts: 2 };
    const deliver = async () => open(bounded).run("use long", { key });
    for (const code of ["MODEL_REFUSED", "MODEL_REFUSED", "MODEL_REFUSED", "TOO_MANY_ATTEMPTS"]) {
      await expect(deliver()).rejects.toMatchObject({ code });
    }
    expect(runs).toEqual(["long"]);
    expect((await open(bounded).run("next", { key: "m2" })).text).toBe("re: next");
    await expect(deliver()).rejects.toMatchObject({ code: "TURN_ABANDONED" });
  });

  it("waits for a run of the same key in progress", async () => {
    const { open, runs } = prepare();
    const stop = new AbortController();
    const running = open(options).run("use hang", { key, signal: stop.signal });
    await vi.waitUntil(() => runs.length === 1);
    const second = open({ ...options, lease: { waitMs: 0 } } as Options).run("use hang", { key });
    await expect(second).rejects.toMatchObject({ code: "CONVERSATION_BUSY", retryable: true });
    stop.abort("stop");
    await expect(running).rejects.toBe("stop");
  });
});

describe.each<[string, Options]>([
  ["a key without a journal", {}],
  ["a key without a journal, and with stops discarded", { onStop: "discard" }],
  ["a key with a journal, and with stops discarded", { journal: true, onStop: "discard" }],
])("%s", (_options, options) => {
  it.each<[string, (request: number, stop: AbortController) => void]>([
    [
      "the model's service fails",
      (request) => {
        if (request === 2) throw new AgentError("MODEL_UNAVAILABLE", "500");
      },
    ],
    [
      "the service rejects the results",
      (request) => {
        if (request === 2) throw new AgentError("MODEL_REFUSED", "400", { status: 400 });
      },
    ],
    [
      "its worker shuts down",
      (request, stop) => {
        if (request === 2) stop.abort("shutting down");
      },
    ],
    [
      "the response is lost",
      (request) => {
        if (request === 2) throw new TypeError("fetch failed");
      },
    ],
  ])("does not repeat the tools of a turn if %s, and answers the next delivery", async (_fault, fail) => {
    const { open, model, runs } = prepare();
    const stop = new AbortController();
    const ask = model.ask.bind(model);
    let requests = 0;
    model.ask = async (request) => {
      requests += 1;
      fail(requests, stop);
      return ask(request);
    };
    await open(options).run("hello");
    requests = 0;
    await expect(open(options).run("use ok", { key, signal: stop.signal })).rejects.toBeDefined();
    expect(runs).toEqual(["ok"]);
    expect(await open(options).run("use ok", { key })).toMatchObject({ text: "re: use ok", repeated: true });
    expect((await open(options).run("use ok", { key })).text).toBe("re: use ok");
    expect(runs).toEqual(["ok"]);
  });

  it("does not repeat a call whose result was saved before a crash", async () => {
    const { open, runs } = await crashInSecondCall(options);
    expect((await open(options).run("use ok use hang", { key })).text).toBe("re: use ok use hang");
    expect(runs).toEqual(["ok", "hang", "hang"]);
  });

  it("leaves nothing if no tool was called, and another message after one closes the turn", async () => {
    const { open, model, runs } = prepare();
    model.rejected = "secret";
    await expect(open(options).run("secret", { key })).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    expect(await open(options).load()).toBeUndefined();
    await expect(open(options).run("use long", { key })).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    expect((await open(options).run("next")).closed).toBeDefined();
    await expect(open(options).run("use long", { key })).rejects.toMatchObject({ code: "TURN_ABANDONED" });
    expect(runs).toEqual(["long"]);
  });
});

describe("a key without a journal", () => {
  it.each([
    ["hello", 1],
    ["use ok", 3],
  ])("costs only the saves that protect calls: %s", async (input, saves) => {
    const { open, store } = prepare();
    const save = vi.spyOn(store, "save");
    await open().run(input, { key });
    expect(save).toHaveBeenCalledTimes(saves);
    await open().run(input, { key });
    expect(save).toHaveBeenCalledTimes(saves);
  });

  it.each<[NonNullable<Options["onConflict"]>, string, string[]]>([
    ["rebase", "re: use ok", ["ok"]],
    ["retry", "re: use ok", ["ok"]],
    ["reject", "CONVERSATION_CONFLICT", []],
  ])(
    "starts over or rejects before a tool runs if another writer saves first: %s",
    async (onConflict, outcome, ran) => {
      const { open, model, runs } = prepare();
      const ask = model.ask.bind(model);
      model.ask = async (request) => {
        if (model.requests.length === 0) {
          const said = { role: "assistant", content: "so" };
          await open().append([{ role: "user", content: "other" }, said]);
        }
        return ask(request);
      };
      const ended = await open({ onConflict })
        .run("use ok", { key })
        .then(
          ({ text }) => text,
          (error: AgentError) => error.code,
        );
      expect(ended).toBe(outcome);
      expect(runs).toEqual(ran);
    },
  );

  it("lets a run without a key, whose turn ends meanwhile, wait and then append its turn", async () => {
    const { store, model, runs } = prepare();
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const wait = defineTool({ name: "wait", run: async () => (runs.push("wait"), await finished, "waited") });
    const agent = scriptedAgent(model, { tools: [wait] });
    const open = () => openConversation({ agent, store, id: "c" });
    const ask = model.ask.bind(model);
    let isFirst = true;
    model.ask = async (request) => {
      if (isFirst) {
        isFirst = false;
        await vi.waitUntil(() => runs.includes("wait"));
        setTimeout(finish, 20);
      }
      return ask(request);
    };
    const slow = open().run("hello");
    await vi.waitUntil(() => !isFirst);
    const keyed = open().run("use wait", { key });
    const results = await Promise.all([slow, keyed]);
    expect(results.map(({ text }) => text)).toEqual(["re: hello", "re: use wait"]);
    expect(await contentsIn(store)).toEqual([
      "use wait",
      null,
      "waited",
      "re: use wait",
      "hello",
      "re: hello",
    ]);
    expect(runs).toEqual(["wait"]);
  });
});

describe("the keys of a thread", () => {
  it("are bounded", async () => {
    const { open, store } = prepare();
    const keys = Array.from({ length: MAX_KEYS + 1 }, (_, index) => `m${index}`);
    for (const each of keys) await open().run("hello", { key: each });
    expect((await store.load("c"))?.thread["keys"]).toHaveLength(MAX_KEYS);
    expect((await open().run("hello", { key: "m1" })).repeated).toBe(true);
    expect((await open().run("hello", { key: "m0" })).repeated).toBe(false);
  });

  it("follow the messages of a repaired thread", async () => {
    const { open, store } = prepare();
    await open().run("hello");
    await open().run("use ok", { key });
    const thread = (await store.load("c"))?.thread ?? {};
    const { messages, keys } = thread as { messages: object[]; keys: { start: number; end: number }[] };
    const corrupt = { ...thread, messages: [messages[0], null, ...messages.slice(1)] };
    const moved = keys.map((record) => {
      return { ...record, start: record.start + 1, end: record.end + 1 };
    });
    const stored = { ...corrupt, keys: moved } as never;
    const repaired = repairThread(stored, [SCRIPTED_KIND], "synthesize").thread;
    await store.save("c", repaired, { overwrite: true });
    expect(await open().run("use ok", { key })).toMatchObject({ text: "re: use ok", repeated: true });
  });

  it.each<[string, object]>([
    ["closes the turn", {}],
    ["closes a turn whose record is corrupt", { start: 7 }],
    ["closes a turn that starts nowhere", { start: "0" }],
  ])("outlive a repair that %s", async (_name, corrupt) => {
    const { open, store, runs } = prepare();
    await open().run("hello", { key: "m0" });
    await open().run("use pay", { key });
    const { turn, ...members } = { turn: {}, ...(await store.load("c"))?.thread };
    const stored = { ...members, turn: { ...turn, ...corrupt } } as never;
    const policy = { openTurn: "close" } as const;
    const { thread } = repairThread(stored, [SCRIPTED_KIND], "synthesize", policy);
    await store.save("c", thread, { overwrite: true });
    await expect(open().run("use pay", { key })).rejects.toMatchObject({ code: "TURN_ABANDONED" });
    expect((await open().run("hello", { key: "m0" })).repeated).toBe(true);
    expect(runs).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["are not an array", {}],
    ["lie outside the messages", [{ value: key, input: "x", start: 5, end: 9 }]],
    ["lack members", [{ value: key }, null, "m1"]],
    ["have positions that are not integers", [{ value: key, input: "x", start: "0", end: null }]],
  ])("are forgotten if they %s", async (_name, keys) => {
    const { open, store } = prepare();
    const { stored } = await open().run("hello", { key });
    await store.save("c", { ...stored.thread, keys }, { overwrite: true });
    expect(await open().run("hello", { key })).toMatchObject({ text: "re: hello", repeated: false });
  });

  it.each([
    ["an empty string", ""],
    ["a number", 7],
    ["half a character", "\uD800"],
    ["too long", "k".repeat(257)],
  ])("cannot be %s", async (_name, wrong) => {
    const { open, store } = prepare();
    const run = open().run("hello", { key: wrong as string });
    await expect(run).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "key" });
    expect(await store.load("c")).toBeUndefined();
  });
});
