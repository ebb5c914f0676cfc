import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type SerializedThread, type ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { openConversation } from "../conversation/open-conversation.ts";
import { repairThread } from "../repair/repair-thread.ts";
import {
  after,
  calls,
  decisionsOn,
  fails,
  SCRIPTED_KIND,
  scriptedAgent,
  type ScriptedAgent,
  type ScriptedResponse,
  scriptModel,
  says,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";
import { storedHistory, type StoredHistoryOptions } from "./stored-history.ts";

const stores: readonly (readonly [name: string, open: () => ThreadStore])[] = [
  ["memory", () => memoryStore()],
  ["SQLite", () => sqliteStore({ path: ":memory:" })],
];

function newStore(open: () => ThreadStore): ThreadStore {
  const store = open();
  onTestFinished(async () => store.close());
  return store;
}

function newAgent(
  options: StoredHistoryOptions,
  ...script: readonly ScriptedResponse[]
): { agent: ScriptedAgent; model: ReturnType<typeof scriptModel> } {
  const model = scriptModel(...script);
  const tools = [
    defineTool({ name: "pay", needsApproval: true, run: () => "paid" }),
    defineTool({ name: "look", run: () => "seen" }),
  ];
  return { agent: scriptedAgent(model, { tools, history: storedHistory(options) }), model };
}

function contentsOf(messages: readonly object[]): unknown[] {
  return messages.map((message) => (message as { content: unknown }).content);
}

async function historyIn(store: ThreadStore, id: string): Promise<unknown[]> {
  const stored = await store.load(id);
  return contentsOf((stored?.thread["messages"] ?? []) as unknown as object[]);
}

describe.each(stores)("a thread with its history in %s", (_name, open) => {
  it("serializes to the id of its history, before, between and after runs", async () => {
    const store = newStore(open);
    const { agent } = newAgent({ store, createId: () => "h1" }, says("1"), says("2"));
    const thread = agent.getNewThread();
    const reference = {
      format: "threadstore.thread",
      version: 1,
      kind: "scripted",
      agent: "Assistant",
      history: { id: "h1" },
    };
    expect(() => thread.toJSON()).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path: "thread" }) as Error,
    );
    expect(await thread.serialize()).toEqual(reference);
    const { text, thread: same } = await agent.run("a", thread);
    expect([text, same]).toEqual(["1", thread]);
    expect(await thread.serialize()).toEqual(reference);
    const later = await agent.deserializeThread(JSON.stringify({ ...reference, note: 1 }));
    expect(contentsOf(later.messages)).toEqual(["a", "1"]);
    await agent.run("b", later);
    expect(later.toJSON()).toEqual({ ...reference, note: 1 });
    expect(await historyIn(store, "h1")).toEqual(["a", "1", "b", "2"]);
  });

  it("sends the last turns, and keeps all of them", async () => {
    const store = newStore(open);
    const script = Array.from({ length: 4 }, (_, index) => says(`answer ${index}`));
    const { agent, model } = newAgent({ store, lastTurns: 1, createId: () => "h" }, ...script);
    const thread = agent.getNewThread();
    for (const input of ["0", "1", "2", "3"]) await agent.run(input, thread);
    expect(contentsOf(model.requests[3]?.messages ?? [])).toEqual(["2", "answer 2", "3"]);
    expect(await historyIn(store, "h")).toHaveLength(8);
  });

  it("loses no turn of concurrent runs of one reference", async () => {
    const store = newStore(open);
    const inputs = ["a", "b", "c", "d"];
    const { agent } = newAgent({ store, createId: () => "h" }, ...inputs.map(() => says("ok")));
    const reference = await agent.getNewThread().serialize();
    await Promise.all(
      inputs.map(async (input) => agent.run(input, await agent.deserializeThread(reference))),
    );
    const history = await historyIn(store, "h");
    expect(new Set(history)).toEqual(new Set([...inputs, "ok"]));
    expect(history).toHaveLength(8);
  });

  it("continues an approval in another process, once", async () => {
    const store = newStore(open);
    const { agent } = newAgent({ store }, calls(["1", "pay", "{}"]), says("paid"));
    const thread = agent.getNewThread();
    expect((await agent.run("pay", thread)).status).toBe("approval-needed");
    const approvals = decisionsOn(thread, { 1: true });
    const reference = await thread.serialize();
    const other = await agent.deserializeThread(reference);
    expect((await agent.resume(other, { approvals })).text).toBe("paid");
    await expect(agent.resume(thread, { approvals })).rejects.toMatchObject({ code: "APPROVAL_STALE" });
    expect(other.openTurn).toBeUndefined();
  });

  it("can be streamed, and its open turn abandoned", async () => {
    const store = newStore(open);
    const { agent } = newAgent({ store, createId: () => "h" }, calls(["1", "pay", "{}"]), says("next"));
    const thread = agent.getNewThread();
    await agent.runStream("pay", thread).result;
    await expect(agent.run("x", thread)).rejects.toMatchObject({ code: "TURN_OPEN" });
    expect((await agent.abandon(thread)).turn?.state).toBe("waiting");
    expect(thread.openTurn).toBeUndefined();
    const events: object[] = [];
    const stream = agent.runStream("next", thread);
    for await (const event of stream) events.push(event);
    expect(events).toContainEqual({ type: "text", delta: "next" });
    expect((await stream.result).thread).toBe(thread);
    expect((await historyIn(store, "h")).slice(-2)).toEqual(["next", "next"]);
  });

  it("closes its open turn if a run asks for it, which an agent without a history rejects", async () => {
    const store = newStore(open);
    const { agent } = newAgent({ store, createId: () => "h" }, calls(["1", "pay", "{}"]), says("next"));
    const thread = agent.getNewThread();
    await agent.run("pay", thread);
    expect((await agent.run("next", thread, { openTurn: "close" })).text).toBe("next");
    expect(thread.openTurn).toBeUndefined();
    const plain = scriptedAgent(scriptModel(says("never")));
    const rejected = { code: "INVALID_ARGUMENT", path: "openTurn" };
    await expect(plain.run("a", undefined, { openTurn: "close" })).rejects.toMatchObject(rejected);
    await expect(agent.resume(thread, { openTurn: "close" })).rejects.toMatchObject(rejected);
  });

  it("does not repeat the tools of a turn with a key that failed", async () => {
    const store = newStore(open);
    const { agent, model } = newAgent({ store }, calls(["1", "look", "{}"]), fails, says("done"));
    const reference = await agent.getNewThread().serialize();
    const deliver = async () =>
      agent.run("a", await agent.deserializeThread(reference), { key: "message 1" });
    await expect(deliver()).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(await deliver()).toMatchObject({ text: "done", repeated: true });
    expect(model.requests.map(({ messages }) => messages.length)).toEqual([1, 3, 3]);
  });

  it("runs one turn for a key, whichever process repeats it", async () => {
    const store = newStore(open);
    const { agent, model } = newAgent({ store, createId: () => "h" }, says("1"), says("2"));
    const reference = await agent.getNewThread().serialize();
    const deliver = async (): Promise<string> =>
      (await agent.run("a", await agent.deserializeThread(reference), { key: "message 1" })).text;
    expect(await Promise.all([deliver(), deliver()])).toEqual(["1", "1"]);
    expect(model.requests).toHaveLength(1);
    expect(await historyIn(store, "h")).toEqual(["a", "1"]);
  });

  it("is unchanged by a run that fails", async () => {
    const store = newStore(open);
    const { agent } = newAgent({ store, createId: () => "h" }, says("1"), fails, says("2"));
    const thread = agent.getNewThread();
    await agent.run("a", thread);
    await expect(agent.run("b", thread)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    await agent.run("c", thread);
    expect(await historyIn(store, "h")).toEqual(["a", "1", "c", "2"]);
  });

  it.each([true, false])("shows its open turn after a failure, streamed: %s", async (streamed) => {
    const store = newStore(open);
    const { agent } = newAgent(
      { store, createId: () => "h", journal: true },
      calls(["1", "look", "{}"]),
      fails,
      calls(["2", "pay", "{}"]),
      fails,
      says("paid"),
    );
    const run = async (thread: ReturnType<typeof agent.getNewThread>): Promise<unknown> =>
      streamed ? agent.runStream("a", thread).result : agent.run("a", thread);
    const thread = agent.getNewThread();
    await expect(run(thread)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(thread.messages).toHaveLength(3);
    expect(thread.openTurn?.state).toBe("open");
    await agent.resume(thread);
    expect(thread.openTurn?.approvals).toHaveLength(1);
    const decided = { approvals: decisionsOn(thread, { 2: true }) };
    const resumed = streamed ? agent.resumeStream(thread, decided).result : agent.resume(thread, decided);
    await expect(resumed).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(thread.openTurn?.approvals).toEqual([]);
    expect((await agent.resume(thread)).text).toBe("paid");
  });

  it("is never continued as an empty conversation if its history is lost", async () => {
    const store = newStore(open);
    const { agent } = newAgent({ store, createId: () => "h" }, says("1"), says("2"));
    const missing = { code: "THREAD_INVALID", path: "$.history.id" };
    const thread = agent.getNewThread();
    const reference = await thread.serialize();
    await store.delete("h");
    await expect(agent.deserializeThread(reference)).rejects.toMatchObject(missing);
    await expect(agent.run("a", thread)).rejects.toMatchObject(missing);
    expect(await store.load("h")).toBeUndefined();
  });

  it("can be repaired in the store, or when it is deserialized", async () => {
    const store = newStore(open);
    const { agent } = newAgent({ store, createId: () => "h" }, says("1"), says("2"));
    const thread = agent.getNewThread();
    await agent.run("a", thread);
    const reference = await thread.serialize();
    const stored = await store.load("h");
    const messages = (stored?.thread["messages"] ?? []) as SerializedThread[];
    const broken = [...messages, { role: "tool", tool_call_id: "x", content: "?" }];
    await store.save("h", { ...stored?.thread, messages: broken }, { previous: stored });
    await expect(agent.deserializeThread(reference)).rejects.toMatchObject({ code: "THREAD_INVALID" });
    const repaired = await agent.deserializeThread(reference, { repair: "synthesize" });
    await agent.run("b", repaired);
    expect(await historyIn(store, "h")).toEqual(["a", "1", "b", "2"]);
  });

  it("belongs to the agent that its reference names, whichever agent ran last", async () => {
    const store = newStore(open);
    const { agent } = newAgent({ store, createId: () => "h" }, says("1"), says("4"));
    const original = agent.getNewThread();
    await agent.run("a", original);
    const model = scriptModel(says("2"), says("3"));
    const renamed = scriptedAgent(model, { name: "Renamed", history: storedHistory({ store }) });
    const old = await original.serialize();
    await expect(renamed.deserializeThread(old)).rejects.toMatchObject({ code: "THREAD_MISMATCH" });
    const accepted = await renamed.deserializeThread(old, { acceptOtherAgent: true });
    const reference = await accepted.serialize();
    expect(reference["agent"]).toBe("Renamed");
    // Neither before its first run nor after it does the new agent need the option again.
    await renamed.run("b", await renamed.deserializeThread(reference));
    await renamed.run("c", await renamed.deserializeThread(reference));
    expect((await store.load("h"))?.thread["agent"]).toBe("Renamed");
    await expect(agent.deserializeThread(reference)).rejects.toMatchObject({ code: "THREAD_MISMATCH" });
    // As for a thread that contains its messages, the old agent can continue the old reference.
    await agent.run("d", await agent.deserializeThread(old));
    expect(await historyIn(store, "h")).toEqual(["a", "1", "b", "2", "c", "3", "d", "4"]);
  });

  it("can take over a thread that contained its messages", async () => {
    const store = newStore(open);
    const plain = scriptedAgent(scriptModel(says("1")));
    const { thread } = await plain.run("a");
    await store.save("moved", await thread.serialize());
    const { agent } = newAgent({ store }, says("2"));
    const { messages: _messages, ...members } = await thread.serialize();
    const moved = await agent.deserializeThread({ ...members, history: { id: "moved" } });
    await agent.run("b", moved);
    expect(await historyIn(store, "moved")).toEqual(["a", "1", "b", "2"]);
  });
});

describe("a reference is rejected", () => {
  const reference = {
    format: "threadstore.thread",
    version: 1,
    kind: "scripted",
    agent: "Assistant",
    history: { id: "h" },
  };
  const { agent } = newAgent({ store: memoryStore() });

  it.each<[name: string, value: object, code: string, path: string | undefined]>([
    ["messages beside the history", { ...reference, messages: [] }, "THREAD_INVALID", "$.messages"],
    [
      "a thread with its messages",
      { ...reference, history: undefined, messages: [] },
      "THREAD_INVALID",
      "$.messages",
    ],
    ["no history", { ...reference, history: undefined }, "THREAD_INVALID", "$.history"],
    ["a history that is text", { ...reference, history: "h" }, "THREAD_INVALID", "$.history"],
    ["an empty id", { ...reference, history: { id: "" } }, "THREAD_INVALID", "$.history.id"],
    ["a long id", { ...reference, history: { id: "x".repeat(5000) } }, "THREAD_INVALID", "$.history.id"],
    ["another agent", { ...reference, agent: "Other" }, "THREAD_MISMATCH", "$.agent"],
    ["another kind", { ...reference, kind: "chat" }, "THREAD_MISMATCH", "$.kind"],
    ["a later version", { ...reference, version: 2 }, "THREAD_TOO_NEW", "$.version"],
  ])("%s", async (_name, value, code, path) => {
    await expect(agent.deserializeThread(value as SerializedThread)).rejects.toMatchObject({ code, path });
  });

  it("by an agent without a history, and by a repair", async () => {
    const plain = scriptedAgent(scriptModel());
    const rejected = { code: "THREAD_INVALID", path: "$.history" };
    await expect(plain.deserializeThread(reference)).rejects.toMatchObject(rejected);
    await expect(plain.deserializeThread(reference, { repair: "synthesize" })).rejects.toMatchObject(
      rejected,
    );
    expect(() => repairThread(reference, [SCRIPTED_KIND], "synthesize")).toThrow(
      expect.objectContaining(rejected) as Error,
    );
  });
});

describe("an agent with a history rejects", () => {
  const store = memoryStore();
  const { agent } = newAgent({ store });

  it.each<[name: string, act: () => unknown, path: string]>([
    ["a store that is missing", () => storedHistory({} as StoredHistoryOptions), "history.store"],
    ["a negative number of turns", () => storedHistory({ store, lastTurns: -1 }), "history.lastTurns"],
    ["another value", () => scriptedAgent(scriptModel(), { history: {} as never }), "history"],
    [
      "two reducers",
      () =>
        scriptedAgent(scriptModel(), {
          reduceHistory: ({ messages }) => messages,
          history: storedHistory({ store, lastTurns: 1 }),
        }),
      "reduceHistory",
    ],
    ["a journal without a lease", () => newAgent({ store, journal: true, lease: false }), "lease"],
    ["a conversation", () => openConversation({ agent, store, id: "x" }), "agent"],
    ["a conversation of a copy", () => openConversation({ agent: { ...agent }, store, id: "x" }), "agent"],
    [
      "a conversation of a derived agent",
      () => openConversation({ agent: Object.create(agent) as typeof agent, store, id: "x" }),
      "agent",
    ],
  ])("%s", (_name, act, path) => {
    expect(act).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error);
  });

  it("threads of other agents, onProgress and concurrent runs of one thread", async () => {
    const plain = scriptedAgent(scriptModel());
    await expect(agent.run("x", plain.getNewThread())).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path: "thread",
    });
    await expect(plain.run("x", agent.getNewThread())).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path: "thread",
    });
    const onProgress = async (): Promise<void> => undefined;
    await expect(agent.run("x", undefined, { onProgress })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path: "onProgress",
    });
    const slow = newAgent(
      { store },
      after(async () => new Promise((resolve) => void setTimeout(resolve, 20)), says("1")),
    );
    const thread = slow.agent.getNewThread();
    const first = slow.agent.run("x", thread);
    await expect(slow.agent.run("y", thread)).rejects.toMatchObject({ code: "THREAD_BUSY" });
    await first;
  });
});

describe("a process that is killed", () => {
  it.each([
    ["before the thread is saved", 1],
    ["in the tool", 2],
    ["after the run", 1],
  ])("%s loses nothing and adds nothing twice: the request is repeated with its key", async (step, runs) => {
    const folder = await mkdtemp(join(tmpdir(), "threadstore-history-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [file, log] = [join(folder, "threads.db"), join(folder, "log")];
    const run = async (killAt: string): Promise<unknown> => {
      const helper = new URL("history-child.test-helper.ts", import.meta.url);
      const child = fork(helper, [file, log, killAt], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
      return signal ?? code;
    };
    expect(await run(step)).toBe("SIGKILL");
    expect(await run("none")).toBe(0);
    await using store = sqliteStore({ path: file });
    expect(await historyIn(store, "h")).toEqual(["go", null, "worked", "done"]);
    expect((await store.namespace("threads").load("t"))?.thread["history"]).toEqual({ id: "h" });
    expect((await readFile(log, "utf8")).trim().split("\n")).toHaveLength(runs);
  });
});
