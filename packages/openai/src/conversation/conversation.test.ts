import { memoryStore, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { type ChatAgent, createChatAgent, defineTool, openConversation, type Tool } from "../index.ts";
import { calling, clientOf, completion, deltas, startWireServer } from "../model-server.test-helper.ts";

type Answer = ReturnType<typeof completion>;

const answering = (content: string): Answer => completion({ role: "assistant", content });

/** An agent whose model gives these answers, with what happens while it thinks. */
async function agentThatAnswers(tools: readonly Tool[], ...answers: Answer[]): Promise<ChatAgent> {
  const server = await startWireServer(...answers);
  return createChatAgent({ client: clientOf(server), model: "m", tools });
}

const saying = (content: string): Answer => deltas({ role: "assistant", content });

function thinking(during: () => Promise<unknown>, answer: Answer): Answer {
  return (response) => void during().then(() => answer(response));
}

async function textsIn(store: ThreadStore, id = "c"): Promise<unknown[]> {
  const thread = (await store.load(id))?.thread as { messages: { content: unknown }[] } | undefined;
  return (thread?.messages ?? []).map(({ content }) => content);
}

const other = { role: "user", content: "other" };

describe("a conversation", () => {
  it("keeps its thread in the store from run to run", async () => {
    const store = memoryStore();
    const agent = await agentThatAnswers([], answering("one"), answering("two"));
    const first = await openConversation({ agent, store, id: "c" }).run("1");
    expect(first).toMatchObject({ text: "one", status: "completed", stored: { id: "c" } });
    const conversation = openConversation({ agent, store, id: "c", save: { metadata: { title: "T" } } });
    const second = await conversation.run("2");
    expect(second.stored.version).not.toBe(first.stored.version);
    expect(second.stored.json).toBe(second.thread.serializeText());
    expect(second.stored.metadata).toEqual({ title: "T" });
    expect(await textsIn(store)).toEqual(["1", "one", "2", "two"]);
    expect((await conversation.load())?.thread.messages).toHaveLength(4);
    expect(await conversation.delete()).toBe(true);
    expect(await conversation.load()).toBeUndefined();
  });

  it("is streamed", async () => {
    const store = memoryStore();
    const tool = defineTool({ name: "t", needsApproval: true, run: () => "done" });
    const agent = await agentThatAnswers(
      [tool],
      deltas({
        role: "assistant",
        tool_calls: [{ index: 0, id: "1", type: "function", function: { name: "t", arguments: "{}" } }],
      }),
      answering("ok"),
    );
    const stream = openConversation({ agent, store, id: "c" }).runStream("go");
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(["message", "approval-needed"]);
    expect(await stream.result).toMatchObject({ status: "approval-needed", stored: { id: "c" } });
    // Another process answers.
    const elsewhere = openConversation({ agent, store, id: "c" });
    await expect(elsewhere.run("and?")).rejects.toMatchObject({ code: "TURN_OPEN" });
    const result = await elsewhere.resume({ approvals: [{ callId: "1", approved: true }] });
    expect(result).toMatchObject({ status: "completed", text: "ok" });
    expect(await textsIn(store)).toEqual(["go", null, "done", "ok"]);
  });

  it("of another agent, or a newer format, or damaged, is refused, and stays as it was", async () => {
    const store = memoryStore();
    const agent = await agentThatAnswers([]);
    for (const thread of [
      { format: "threadstore.thread", version: 1, kind: "chat", agent: "Other", messages: [] },
      { format: "threadstore.thread", version: 99, kind: "chat", agent: "Assistant", messages: [] },
      { messages: [{ role: "nobody" }] },
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
    ["no agent", { agent: {} }, "agent"],
    ["no store", { store: {} }, "store"],
    ["no id", { id: "" }, "id"],
    ["an unknown policy", { onConflict: "hope" }, "onConflict"],
    ["a journal without lease", { journal: true, lease: false }, "lease"],
    ["a lease that is too short", { lease: { durationMs: 1 } }, "lease.durationMs"],
  ])("cannot be opened with %s", async (_name, wrong, path) => {
    const good = { agent: await agentThatAnswers([]), store: memoryStore(), id: "c" };
    expect(() => openConversation({ ...good, ...wrong })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error,
    );
  });
});

describe("when somebody else saves while a turn runs", () => {
  /** A store with a conversation, and an agent during whose first answer another message is added. */
  async function racing(mine: Answer, ...more: Answer[]) {
    const store = memoryStore();
    const begun = await agentThatAnswers([], answering("hello"));
    await openConversation({ agent: begun, store, id: "c" }).run("hi");
    const interfere = () =>
      store.update("c", (current) => {
        const thread = current?.thread as { messages: object[] };
        return { ...thread, messages: [...thread.messages, other] };
      });
    const agent = await agentThatAnswers([], thinking(interfere, mine), ...more);
    return { store, agent };
  }

  it("rebase puts the turn behind the other's", async () => {
    const { store, agent } = await racing(answering("mine"));
    const result = await openConversation({ agent, store, id: "c" }).run("q");
    expect(await textsIn(store)).toEqual(["hi", "hello", "other", "q", "mine"]);
    expect(result.text).toBe("mine");
    expect(result.thread.messages).toHaveLength(5);
    expect(result.stored.json).toBe((await store.load("c"))?.json);
  });

  it("retry runs the turn again on what is there now, and a stream says so", async () => {
    const { store, agent } = await racing(saying("mine"), saying("mine, knowing"));
    const stream = openConversation({ agent, store, id: "c", onConflict: "retry" }).runStream("q");
    const events: object[] = [];
    for await (const event of stream) events.push(event);
    expect(events).toContainEqual({ type: "retry", attempt: 2 });
    expect(await textsIn(store)).toEqual(["hi", "hello", "other", "q", "mine, knowing"]);
  });

  it("reject hands over the finished turn, which can be appended", async () => {
    const { store, agent } = await racing(answering("mine"));
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

  it("a turn that waits for approval is rebased with its question", async () => {
    const { store } = await racing(answering("mine"));
    let runs = 0;
    const tool = defineTool({ name: "t", needsApproval: true, run: () => (runs += 1) });
    const interfere = () => openConversation({ agent: chatty, store, id: "c" }).run("first");
    const chatty = await agentThatAnswers([], answering("quick"));
    const agent = await agentThatAnswers(
      [tool],
      thinking(interfere, completion(calling(["1", "t", "{}"]))),
      answering("done"),
    );
    const conversation = openConversation({ agent, store, id: "c" });
    expect(await conversation.run("q")).toMatchObject({ status: "approval-needed" });
    expect(runs).toBe(0);
    await conversation.resume({ approvals: [{ callId: "1", approved: true }] });
    expect(runs).toBe(1);
    expect((await textsIn(store)).slice(-6)).toEqual(["first", "quick", "q", null, "1", "done"]);
  });

  it("what cannot be put behind an open turn is handed over", async () => {
    const store = memoryStore();
    const tool = defineTool({ name: "t", needsApproval: true, run: () => "" });
    const waiting = await agentThatAnswers([tool], completion(calling(["1", "t", "{}"])));
    const interfere = () => openConversation({ agent: waiting, store, id: "c" }).run("first");
    const agent = await agentThatAnswers([tool], thinking(interfere, answering("mine")));
    await expect(openConversation({ agent, store, id: "c" }).run("q")).rejects.toMatchObject({
      code: "CONVERSATION_CONFLICT",
      result: { text: "mine" },
    });
    expect(await textsIn(store)).toEqual(["first", null]);
  });
});

describe("a turn that cannot be saved", () => {
  it("is handed over with the store's error as the cause", async () => {
    const store = memoryStore();
    const agent = await agentThatAnswers(
      [],
      thinking(() => store.close(), answering("mine")),
    );
    const error: unknown = await openConversation({ agent, store, id: "c" })
      .run("q")
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "SAVE_FAILED", retryable: false, result: { text: "mine" } });
    expect(ThreadStoreError.is((error as Error).cause, "CLOSED")).toBe(true);
  });

  it("cannot be begun either: the store's own error says why", async () => {
    const store = memoryStore();
    await store.close();
    const agent = await agentThatAnswers([]);
    await expect(openConversation({ agent, store, id: "c" }).run("q")).rejects.toMatchObject({
      code: "CLOSED",
    });
  });
});

describe("a journal", () => {
  it("saves the input, each answer that calls tools and each result before the next step", async () => {
    const store = memoryStore();
    const seen: unknown[][] = [];
    const look = async () => seen.push(await textsIn(store));
    const tool = defineTool({ name: "t", run: async () => (await look(), "result") });
    const agent = await agentThatAnswers(
      [tool],
      thinking(look, completion(calling(["1", "t", "{}"]))),
      thinking(look, answering("done")),
    );
    await openConversation({ agent, store, id: "c", journal: true }).run("q");
    expect(seen).toEqual([["q"], ["q", null], ["q", null, "result"]]);
    expect(await textsIn(store)).toEqual(["q", null, "result", "done"]);
    expect((await store.load("c"))?.thread).not.toHaveProperty("turn");
  });

  it("puts the stored thread back when the model does not answer at all", async () => {
    const store = memoryStore();
    const failing: Answer = (response) => response.writeHead(500).end();
    const agent = await agentThatAnswers([], failing, answering("one"), failing);
    const conversation = openConversation({ agent, store, id: "c", journal: true });
    await expect(conversation.run("1")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(await conversation.load()).toBeUndefined();
    const { stored } = await conversation.run("1");
    await expect(conversation.run("2")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect((await conversation.load())?.stored.json).toBe(stored.json);
  });

  it("keeps what tools have done when the model fails later, and the next run goes on from there", async () => {
    const store = memoryStore();
    let runs = 0;
    const tool = defineTool({ name: "t", run: () => (runs += 1) });
    const agent = await agentThatAnswers(
      [tool],
      completion(calling(["1", "t", "{}"])),
      (response) => response.writeHead(500).end(),
      answering("late"),
      answering("next"),
    );
    const conversation = openConversation({ agent, store, id: "c", journal: true });
    await expect(conversation.run("q")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    const result = await conversation.run("and?");
    expect(result.text).toBe("next");
    expect(await textsIn(store)).toEqual(["q", null, "1", "late", "and?", "next"]);
    expect(runs).toBe(1);
  });

  it("gives up a turn that another process has taken over, before it does more", async () => {
    const store = memoryStore();
    let runs = 0;
    const tool = defineTool({ name: "t", run: () => (runs += 1) });
    const takeOver = () => store.update("c", (current) => ({ ...current?.thread, taken: true }));
    const agent = await agentThatAnswers([tool], thinking(takeOver, completion(calling(["1", "t", "{}"]))));
    await expect(openConversation({ agent, store, id: "c", journal: true }).run("q")).rejects.toMatchObject({
      code: "CONVERSATION_CONFLICT",
    });
    expect(runs).toBe(0);
    expect((await store.load("c"))?.thread).toMatchObject({ taken: true });
  });
});

describe("a lease", () => {
  it("makes runs take turns, each on what the one before left", async () => {
    const store = memoryStore();
    const answers = Array.from({ length: 5 }, (_, index) => answering(`${index}`));
    const agent = await agentThatAnswers([], ...answers);
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

  it("that is not to be had in time is CONVERSATION_BUSY, and is in no listing", async () => {
    const store = memoryStore();
    const release = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const answer: Answer = (response) => {
      asked.resolve();
      void release.promise.then(() => answering("slow")(response));
    };
    const agent = await agentThatAnswers([], answer);
    const first = openConversation({ agent, store, id: "c", lease: true }).run("1");
    await asked.promise;
    const second = openConversation({ agent, store, id: "c", lease: { waitMs: 60 } });
    await expect(second.run("2")).rejects.toMatchObject({ code: "CONVERSATION_BUSY", retryable: true });
    await expect(second.run("2", { signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
    expect((await store.listPage()).threads).toEqual([]);
    release.resolve();
    await first;
  });

  it("is renewed for as long as the run takes, and is gone afterwards", async () => {
    const store = memoryStore();
    const leases = store.namespace("threadstore-leases");
    const agent = await agentThatAnswers(
      [],
      thinking(async () => {
        const before = (await leases.load("c"))?.expiresAt?.getTime() ?? 0;
        while (((await leases.load("c"))?.expiresAt?.getTime() ?? 0) <= before + 200)
          await new Promise(setImmediate);
      }, answering("slow")),
    );
    await openConversation({ agent, store, id: "c", lease: { durationMs: 6_000 } }).run("1");
    expect(await leases.load("c")).toBeUndefined();
  });

  it("that is taken away ends the run with LEASE_LOST", async () => {
    const store = memoryStore();
    const leases = store.namespace("threadstore-leases");
    const steal = () => leases.save("c", { holder: "thief" }, { overwrite: true });
    const agent = await agentThatAnswers([], (_response) => void steal());
    const conversation = openConversation({ agent, store, id: "c", lease: { durationMs: 600 } });
    await expect(conversation.run("1")).rejects.toMatchObject({ code: "LEASE_LOST" });
    expect(await store.load("c")).toBeUndefined();
    expect((await leases.load("c"))?.thread).toEqual({ holder: "thief" });
  });
});
