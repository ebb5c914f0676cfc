import { memoryStore, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { describe, expect, it, vi } from "vitest";
import type { ApprovalDecision } from "../run/run-options.ts";
import {
  after,
  calls,
  fails,
  hangs,
  says,
  scriptedAgent,
  scriptModel,
  type ScriptedAgent,
  type ScriptedResponse,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";
import type { Tool } from "../tools/tool.ts";
import type { AnyConversationOptions } from "./conversation-options.ts";
import { openConversation } from "./open-conversation.ts";

function agentThatResponds(tools: readonly Tool[], ...script: ScriptedResponse[]): ScriptedAgent {
  return scriptedAgent(scriptModel(...script), { tools });
}

async function textsIn(store: ThreadStore, id = "c"): Promise<unknown[]> {
  const thread = (await store.load(id))?.thread as { messages: { content: unknown }[] } | undefined;
  return (thread?.messages ?? []).map(({ content }) => content);
}

type ScriptedConversation = ReturnType<typeof openScripted>;

function openScripted(
  agent: ScriptedAgent,
  store: ThreadStore,
  options: Pick<AnyConversationOptions, "journal" | "lease"> = {},
) {
  return openConversation({ agent, store, id: "c", ...options });
}

/** Approves all calls that wait. */
async function approvalOf(conversation: Pick<ScriptedConversation, "load">): Promise<ApprovalDecision[]> {
  const waiting = (await conversation.load())?.thread.openTurn?.approvals ?? [];
  return waiting.map((call) => ({ ...call, approved: true }));
}

const other = { role: "user", content: "other" };

describe("a conversation", () => {
  it("stores its thread after each run", async () => {
    const store = memoryStore();
    const agent = agentThatResponds([], says("one"), says("two"));
    const first = await openConversation({ agent, store, id: "c" }).run("1");
    expect(first).toMatchObject({ text: "one", status: "completed", stored: { id: "c" } });
    const conversation = openConversation({ agent, store, id: "c", save: { metadata: { title: "T" } } });
    const second = await conversation.run("2");
    expect(second.stored.version).not.toBe(first.stored.version);
    expect(second.stored.json).toBe(JSON.stringify(second.thread));
    expect(second.stored.metadata).toEqual({ title: "T" });
    expect(await textsIn(store)).toEqual(["1", "one", "2", "two"]);
    expect((await conversation.load())?.thread.messages).toHaveLength(4);
    expect(await conversation.delete()).toBe(true);
    expect(await conversation.load()).toBeUndefined();
  });

  it("streams events and waits for approval", async () => {
    const store = memoryStore();
    const tool = defineTool({ name: "t", needsApproval: true, run: () => "done" });
    const agent = agentThatResponds([tool], calls(["1", "t", "{}"]), says("ok"));
    const stream = openConversation({ agent, store, id: "c" }).runStream("go");
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(["message", "approval-needed"]);
    expect(await stream.result).toMatchObject({ status: "approval-needed", stored: { id: "c" } });
    // Another process passes the decision.
    const elsewhere = openConversation({ agent, store, id: "c" });
    await expect(elsewhere.run("and?")).rejects.toMatchObject({ code: "TURN_OPEN" });
    const result = await elsewhere.resume({ approvals: await approvalOf(elsewhere) });
    expect(result).toMatchObject({ status: "completed", text: "ok" });
    expect(await textsIn(store)).toEqual(["go", null, "done", "ok"]);
  });

  it("rejects a thread that is corrupt, of another agent or of a newer format, and leaves it unchanged", async () => {
    const store = memoryStore();
    const agent = agentThatResponds([]);
    for (const thread of [
      { format: "threadstore.thread", version: 1, kind: "scripted", agent: "Other", messages: [] },
      { format: "threadstore.thread", version: 99, kind: "scripted", agent: "Assistant", messages: [] },
      { messages: [{ role: 1 }] },
    ]) {
      const { version } = await store.save("c", thread, { overwrite: true });
      const conversation = openConversation({ agent, store, id: "c", journal: true });
      await expect(conversation.run("1")).rejects.toMatchObject({
        code: expect.stringMatching(/^THREAD_/) as string,
        path: expect.stringMatching(/^\$/) as string,
      });
      expect((await store.load("c"))?.version).toBe(version);
    }
  });

  it.each<[string, object, string]>([
    ["an invalid agent", { agent: {} }, "agent"],
    ["an invalid store", { store: {} }, "store"],
    ["an empty id", { id: "" }, "id"],
    ["an unknown policy", { onConflict: "hope" }, "onConflict"],
    ["a journal without lease", { journal: true, lease: false }, "lease"],
    ["a lease that is too short", { lease: { durationMs: 1 } }, "lease.durationMs"],
  ])("rejects %s", async (_name, wrong, path) => {
    const good = { agent: agentThatResponds([]), store: memoryStore(), id: "c" };
    expect(() => openConversation({ ...good, ...wrong })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error,
    );
  });
});

describe("when another writer saves during a turn", () => {
  /** A store with a conversation, and an agent during whose first response another message is saved. */
  async function racing(mine: ScriptedResponse, ...more: ScriptedResponse[]) {
    const store = memoryStore();
    const begun = agentThatResponds([], says("hello"));
    await openConversation({ agent: begun, store, id: "c" }).run("hi");
    const interfere = () =>
      store.update("c", (current) => {
        const thread = current?.thread as { messages: object[] };
        return { ...thread, messages: [...thread.messages, other] };
      });
    const agent = agentThatResponds([], after(interfere, mine), ...more);
    return { store, agent };
  }

  it("rebase appends the turn", async () => {
    const { store, agent } = await racing(says("mine"));
    const result = await openConversation({ agent, store, id: "c" }).run("q");
    expect(await textsIn(store)).toEqual(["hi", "hello", "other", "q", "mine"]);
    expect(result.text).toBe("mine");
    expect(result.thread.messages).toHaveLength(5);
    expect(result.stored.json).toBe((await store.load("c"))?.json);
  });

  it("retry runs the turn again on the new thread, and a stream emits an event", async () => {
    const { store, agent } = await racing(says("mine"), says("mine, informed"));
    const stream = openConversation({ agent, store, id: "c", onConflict: "retry" }).runStream("q");
    const events: object[] = [];
    for await (const event of stream) events.push(event);
    expect(events).toContainEqual({ type: "retry", attempt: 2 });
    expect(await textsIn(store)).toEqual(["hi", "hello", "other", "q", "mine, informed"]);
  });

  it("reject returns the completed turn in the error, and it can be appended", async () => {
    const { store, agent } = await racing(says("mine"));
    const conversation = openConversation({ agent, store, id: "c", onConflict: "reject" });
    const error: unknown = await conversation.run("q").catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "CONVERSATION_CONFLICT", retryable: true, result: { text: "mine" } });
    expect(JSON.stringify(error)).not.toContain("mine");
    expect(await textsIn(store)).toEqual(["hi", "hello", "other"]);
    const { result } = error as { result: { messages: [] } };
    const appended = await conversation.append(result.messages);
    expect(await textsIn(store)).toEqual(["hi", "hello", "other", "q", "mine"]);
    expect(appended.thread.messages).toHaveLength(5);
  });

  it("rebase appends a turn that waits for approval", async () => {
    const { store } = await racing(says("mine"));
    let runs = 0;
    const tool = defineTool({ name: "t", needsApproval: true, run: () => (runs += 1) });
    const interfere = () => openConversation({ agent: chatty, store, id: "c" }).run("first");
    const chatty = agentThatResponds([], says("quick"));
    const agent = agentThatResponds([tool], after(interfere, calls(["1", "t", "{}"])), says("done"));
    const conversation = openConversation({ agent, store, id: "c" });
    expect(await conversation.run("q")).toMatchObject({ status: "approval-needed" });
    expect(runs).toBe(0);
    await conversation.resume({ approvals: await approvalOf(conversation) });
    expect(runs).toBe(1);
    expect((await textsIn(store)).slice(-6)).toEqual(["first", "quick", "q", null, "1", "done"]);
  });

  it("a turn that cannot be appended to an open turn is in the error", async () => {
    const store = memoryStore();
    const tool = defineTool({ name: "t", needsApproval: true, run: () => "" });
    const waiting = agentThatResponds([tool], calls(["1", "t", "{}"]));
    const interfere = () => openConversation({ agent: waiting, store, id: "c" }).run("first");
    const agent = agentThatResponds([tool], after(interfere, says("mine")));
    await expect(openConversation({ agent, store, id: "c" }).run("q")).rejects.toMatchObject({
      code: "CONVERSATION_CONFLICT",
      result: { text: "mine" },
    });
    expect(await textsIn(store)).toEqual(["first", null]);
  });
});

describe("a turn that cannot be saved", () => {
  it("is in the error, with the store's error as the cause", async () => {
    const store = memoryStore();
    const agent = agentThatResponds(
      [],
      after(() => store.close(), says("mine")),
    );
    const error: unknown = await openConversation({ agent, store, id: "c" })
      .run("q")
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "SAVE_FAILED", retryable: false, result: { text: "mine" } });
    expect(ThreadStoreError.is((error as Error).cause, "CLOSED")).toBe(true);
  });

  it("is not started if loading fails: the run rejects with the store's error", async () => {
    const store = memoryStore();
    await store.close();
    const agent = agentThatResponds([]);
    await expect(openConversation({ agent, store, id: "c" }).run("q")).rejects.toMatchObject({
      code: "CLOSED",
    });
  });
});

describe("a journal", () => {
  it("saves the input, each response with tool calls and each result before the next step", async () => {
    const store = memoryStore();
    const seen: unknown[][] = [];
    const look = async () => seen.push(await textsIn(store));
    const tool = defineTool({ name: "t", run: async () => (await look(), "result") });
    const agent = agentThatResponds([tool], after(look, calls(["1", "t", "{}"])), after(look, says("done")));
    await openConversation({ agent, store, id: "c", journal: true }).run("q");
    expect(seen).toEqual([["q"], ["q", null], ["q", null, "result"]]);
    expect(await textsIn(store)).toEqual(["q", null, "result", "done"]);
    expect((await store.load("c"))?.thread).not.toHaveProperty("turn");
  });

  it("restores the stored thread if the model does not respond at all", async () => {
    const store = memoryStore();
    const agent = agentThatResponds([], fails, says("one"), fails);
    const conversation = openConversation({ agent, store, id: "c", journal: true });
    await expect(conversation.run("1")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(await conversation.load()).toBeUndefined();
    const { stored } = await conversation.run("1");
    await expect(conversation.run("2")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect((await conversation.load())?.stored.json).toBe(stored.json);
  });

  it("keeps the tool results if the model fails later, and the next run continues from them", async () => {
    const store = memoryStore();
    let runs = 0;
    const tool = defineTool({ name: "t", run: () => (runs += 1) });
    const agent = agentThatResponds([tool], calls(["1", "t", "{}"]), fails, says("late"), says("next"));
    const conversation = openConversation({ agent, store, id: "c", journal: true });
    await expect(conversation.run("q")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    const result = await conversation.run("and?");
    expect(result.text).toBe("next");
    expect(await textsIn(store)).toEqual(["q", null, "1", "late", "and?", "next"]);
    expect(runs).toBe(1);
  });

  it("stops a turn that another process has taken over before its next step", async () => {
    const store = memoryStore();
    let runs = 0;
    const tool = defineTool({ name: "t", run: () => (runs += 1) });
    const takeOver = () => store.update("c", (current) => ({ ...current?.thread, taken: true }));
    const agent = agentThatResponds([tool], after(takeOver, calls(["1", "t", "{}"])));
    await expect(openConversation({ agent, store, id: "c", journal: true }).run("q")).rejects.toMatchObject({
      code: "CONVERSATION_CONFLICT",
    });
    expect(runs).toBe(0);
    expect((await store.load("c"))?.thread).toMatchObject({ taken: true });
  });
});

describe("a lease", () => {
  it("serializes concurrent runs", async () => {
    const store = memoryStore();
    const answers = Array.from({ length: 5 }, (_, index) => says(`${index}`));
    const agent = agentThatResponds([], ...answers);
    const runs = ["a", "b", "c", "d", "e"].map((input) =>
      openConversation({ agent, store, id: "c", lease: true, onConflict: "reject" }).run(input),
    );
    await Promise.all(runs);
    const texts = await textsIn(store);
    expect(texts.filter((_, index) => index % 2 === 1)).toEqual(["0", "1", "2", "3", "4"]);
    expect(
      texts
        .filter((_, index) => index % 2 === 0)
        .map(String)
        .toSorted(),
    ).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("rejects with CONVERSATION_BUSY if it is not released in time, and does not appear in listings", async () => {
    const store = memoryStore();
    const release = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const respond = after(async () => {
      asked.resolve();
      await release.promise;
    }, says("slow"));
    const agent = agentThatResponds([], respond);
    const first = openConversation({ agent, store, id: "c", lease: true }).run("1");
    await asked.promise;
    const second = openConversation({ agent, store, id: "c", lease: { waitMs: 60 } });
    await expect(second.run("2")).rejects.toMatchObject({ code: "CONVERSATION_BUSY", retryable: true });
    await expect(second.run("2", { signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
    expect((await store.listPage()).threads).toEqual([]);
    release.resolve();
    await first;
  });

  it("is renewed during the run and deleted afterwards", async () => {
    const store = memoryStore();
    const leases = store.namespace("threadstore-leases");
    const agent = agentThatResponds(
      [],
      after(async () => {
        const before = (await leases.load("c"))?.expiresAt?.getTime() ?? 0;
        while (((await leases.load("c"))?.expiresAt?.getTime() ?? 0) <= before + 200)
          await new Promise(setImmediate);
      }, says("slow")),
    );
    await openConversation({ agent, store, id: "c", lease: { durationMs: 1500 } }).run("1");
    expect(await leases.load("c")).toBeUndefined();
  });

  it("aborts the run with LEASE_LOST if it is lost", async () => {
    const store = memoryStore();
    const leases = store.namespace("threadstore-leases");
    const steal = () => leases.save("c", { holder: "thief" }, { overwrite: true });
    const agent = agentThatResponds([], after(steal, hangs("")));
    const conversation = openConversation({ agent, store, id: "c", lease: { durationMs: 600 } });
    await expect(conversation.run("1")).rejects.toMatchObject({ code: "LEASE_LOST" });
    expect(await store.load("c")).toBeUndefined();
    expect((await leases.load("c"))?.thread).toEqual({ holder: "thief" });
  });
});

describe("one approval", () => {
  it.each<[string, { journal?: boolean; lease?: boolean }]>([
    ["by default", {}],
    ["with a lease", { lease: true }],
    ["with a journal", { journal: true }],
  ])("runs a call once, however often it is given, %s", async (_name, options) => {
    const store = memoryStore();
    let runs = 0;
    const pay = defineTool({ name: "pay", needsApproval: true, run: () => (runs += 1) });
    const agent = agentThatResponds([pay], calls(["1", "pay", "{}"]), says("paid"));
    const open = (): ScriptedConversation => openScripted(agent, store, options);
    await open().run("pay");
    const approvals = await approvalOf(open());
    const clicks = await Promise.allSettled([1, 2, 3].map(async () => open().resume({ approvals })));
    expect(runs).toBe(1);
    expect(clicks.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const click of clicks) {
      if (click.status === "fulfilled") continue;
      expect(["APPROVAL_DECIDED", "APPROVAL_STALE", "CONVERSATION_CONFLICT"]).toContain(
        (click.reason as { code: unknown }).code,
      );
    }
    expect(await textsIn(store)).toEqual(["pay", null, "1", "paid"]);
  });

  it("runs a call once, although the model then fails, and the turn goes on from its result", async () => {
    const store = memoryStore();
    let runs = 0;
    const pay = defineTool({ name: "pay", needsApproval: true, run: () => (runs += 1) });
    const agent = agentThatResponds([pay], calls(["1", "pay", "{}"]), fails, says("paid"));
    const conversation = openConversation({ agent, store, id: "c" });
    await conversation.run("pay");
    const approvals = await approvalOf(conversation);
    await expect(conversation.resume({ approvals })).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    await expect(conversation.resume({ approvals })).rejects.toMatchObject({ code: "APPROVAL_STALE" });
    expect((await conversation.resume()).text).toBe("paid");
    expect(runs).toBe(1);
  });

  it("never runs a call again that had started when its process died", async () => {
    const store = memoryStore();
    let runs = 0;
    const pay = defineTool({
      name: "pay",
      needsApproval: true,
      run: () => {
        runs += 1;
        return runs === 1 ? new Promise(() => undefined) : "paid";
      },
    });
    const agent = agentThatResponds([pay], calls(["1", "pay", "{}"]), says("unknown"));
    const open = (): ScriptedConversation => openScripted(agent, store);
    await open().run("pay");
    // Its process dies while the tool runs: nothing comes after the start.
    void open()
      .resume({ approvals: await approvalOf(open()) })
      .catch(() => undefined);
    await vi.waitUntil(() => runs === 1);
    await store.namespace("threadstore-leases").delete("c");
    expect((await open().resume()).text).toBe("unknown");
    expect(runs).toBe(1);
    expect((await textsIn(store))[2]).toMatch(/^This call was interrupted/u);
  });

  it("runs in a namespace that has no space for the lease's", async () => {
    const store = memoryStore().namespace("n".repeat(512));
    const pay = defineTool({ name: "pay", needsApproval: true, run: () => "paid" });
    const agent = agentThatResponds([pay], calls(["1", "pay", "{}"]), says("done"));
    const open = (): ScriptedConversation => openScripted(agent, store, { journal: true });
    await open().run("go", { key: "m1" });
    const approvals = await approvalOf(open());
    const clicks = await Promise.allSettled([1, 2].map(async () => open().resume({ approvals })));
    expect(clicks.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await open().abandon()).toMatchObject({ turn: undefined });
    expect((await store.listPage()).threads.map(({ id }) => id)).toEqual(["c"]);
  });

  it("that comes too late is rejected with one load, and without the lease", async () => {
    const store = memoryStore();
    const pay = defineTool({ name: "pay", needsApproval: true, run: () => "paid" });
    const agent = agentThatResponds([pay], calls(["1", "pay", "{}"]), says("done"));
    const conversation = openScripted(agent, store, { lease: { waitMs: 0 } });
    await conversation.run("go");
    const approvals = await approvalOf(conversation);
    await conversation.resume({ approvals });
    // Another process works on the conversation.
    await store.namespace("threadstore-leases").save("c", { holder: "other" });
    const load = vi.spyOn(store, "load");
    await expect(conversation.resume({ approvals })).rejects.toMatchObject({ code: "APPROVAL_STALE" });
    await expect(conversation.resume()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("of one call does not disturb another call that runs", async () => {
    const store = memoryStore();
    const entered = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<string>();
    const tools = [
      defineTool({
        name: "slow",
        needsApproval: true,
        run: () => {
          entered.resolve();
          return finish.promise;
        },
      }),
      defineTool({ name: "fast", needsApproval: true, run: () => "fast" }),
    ];
    const agent = agentThatResponds(tools, calls(["1", "slow", "{}"], ["2", "fast", "{}"]), says("both"));
    const open = (): ScriptedConversation => openScripted(agent, store);
    await open().run("go");
    const [slow, fast] = await approvalOf(open());
    if (slow === undefined || fast === undefined) throw new Error("Two calls must wait.");
    const first = open().resume({ approvals: [slow] });
    await entered.promise;
    const second = open().resume({ approvals: [fast] });
    finish.resolve("slow");
    expect((await first).status).toBe("approval-needed");
    expect((await second).text).toBe("both");
    expect(await textsIn(store)).toEqual(["go", null, "slow", "fast", "both"]);
  });
});

describe("a turn", () => {
  it.each([{}, { journal: true }])(
    "is saved although its conversation is renamed meanwhile: %j",
    async (options) => {
      const store = memoryStore();
      let runs = 0;
      const rename = async (): Promise<unknown> =>
        store.touch("c", { metadata: { title: `${(runs += 1)}` } });
      const work = defineTool({ name: "work", run: rename });
      const agent = agentThatResponds([work], says("hi"), calls(["1", "work", "{}"]), says("done"));
      const conversation = openScripted(agent, store, options);
      await conversation.run("hello");
      expect((await conversation.run("work")).text).toBe("done");
      expect((await store.load("c"))?.metadata).toEqual({ title: "1" });
      expect(runs).toBe(1);
    },
  );

  it("whose progress does not fit into the store rejects with SAVE_FAILED", async () => {
    const store = memoryStore({ maxThreadBytes: 2000 });
    const work = defineTool({ name: "work", run: () => "x".repeat(3000) });
    const agent = agentThatResponds([work], calls(["1", "work", "{}"]), says("done"));
    await expect(openScripted(agent, store, { journal: true }).run("work")).rejects.toMatchObject({
      code: "SAVE_FAILED",
      cause: { code: "TOO_LARGE" },
    });
  });
});

describe("deleting a conversation", () => {
  const message = { role: "user", content: "late" };

  it("happens after appends that were not awaited", async () => {
    const store = memoryStore();
    const conversation = openConversation({ agent: scriptedAgent(scriptModel()), store, id: "c" });
    const appends = [conversation.append([message]), conversation.append([message])];
    expect(await conversation.delete()).toBe(true);
    await Promise.all(appends);
    expect(await store.load("c")).toBeUndefined();
  });

  it("stops waiting for an append if the signal aborts", async () => {
    const store = memoryStore();
    const conversation = openConversation({ agent: scriptedAgent(scriptModel()), store, id: "c" });
    vi.spyOn(store, "load").mockReturnValue(new Promise(() => undefined));
    void conversation.append([message]);
    const reason = new Error("the user left");
    await expect(conversation.delete({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it.each([true, false])("is not undone by an append or a run in progress (a run: %s)", async (isRun) => {
    const store = memoryStore();
    const model = scriptModel(says("1"), says("2"));
    const open = () => openConversation({ agent: scriptedAgent(model), store, id: "c" });
    await open().run("first");
    const load = store.load.bind(store);
    vi.spyOn(store, "load").mockImplementationOnce(async (...args) => {
      const loaded = await load(...args);
      await store.delete("c");
      return loaded;
    });
    const change = isRun ? open().run("second") : open().append([message]);
    await expect(change).rejects.toMatchObject({
      code: "CONVERSATION_CONFLICT",
      ...(isRun ? { result: { text: "2" } } : {}),
    });
    expect(await store.load("c")).toBeUndefined();
  });
});
