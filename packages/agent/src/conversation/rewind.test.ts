import { memoryStore, type ThreadStore } from "@threadstore/core";
import { withHistory } from "@threadstore/history";
import { describe, expect, it } from "vitest";
import { summarize } from "../context/summarize.ts";
import {
  calls,
  hangs,
  says,
  scriptedAgent,
  scriptModel,
  type ScriptedAgent,
  type ScriptedMessage,
  type ScriptedModel,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";
import { openConversation } from "./open-conversation.ts";

function open(store: ThreadStore, agent: ScriptedAgent, id = "c") {
  return openConversation({ agent, store, id });
}

function textsOf(thread: { readonly messages?: unknown } | undefined): unknown[] {
  return ((thread?.messages ?? []) as { content: unknown }[]).map(({ content }) => content);
}

function requestTexts({ requests }: ScriptedModel): unknown[][] {
  return requests.map((request) => textsOf(request));
}

describe("rewind", () => {
  it("removes the last turn, so that the question can be answered again or edited", async () => {
    const store = memoryStore();
    const model = scriptModel(says("1a"), says("2a"), says("2b"), says("3a"));
    const conversation = open(store, scriptedAgent(model));
    await conversation.run("1");
    await conversation.run("2");
    const { removed, stored, thread } = await conversation.rewind();
    expect(removed).toEqual([
      { role: "user", content: "2" },
      { role: "assistant", content: "2a" },
    ]);
    expect(textsOf(stored?.thread)).toEqual(["1", "1a"]);
    expect(textsOf(thread)).toEqual(["1", "1a"]);
    await conversation.run(removed[0] ?? "");
    expect(textsOf((await store.load("c"))?.thread)).toEqual(["1", "1a", "2", "2b"]);
    await conversation.rewind({ turns: 2 });
    await conversation.run("edited");
    expect(textsOf((await store.load("c"))?.thread)).toEqual(["edited", "3a"]);
    expect(requestTexts(model)).toEqual([["1"], ["1", "1a", "2"], ["1", "1a", "2"], ["edited"]]);
  });

  it("keeps the old branch in the history of the store", async () => {
    const store = withHistory(memoryStore());
    const agent = scriptedAgent(scriptModel(says("1a"), says("2a"), says("2b"), says("3a")));
    const conversation = open(store, agent);
    await conversation.run("1");
    const { stored: old } = await conversation.run("2");
    await conversation.rewind();
    await conversation.run("2");
    const branches = await Promise.all(
      (await store.versions("c")).map(async ({ version }) => {
        return textsOf((await store.loadVersion("c", version))?.thread);
      }),
    );
    expect(branches).toEqual([
      ["1", "1a", "2", "2b"],
      ["1", "1a"],
      ["1", "1a", "2", "2a"],
      ["1", "1a"],
    ]);
    await store.fork("c", old, "old branch");
    await open(store, agent, "old branch").run("3");
    expect(textsOf((await store.load("old branch"))?.thread)).toEqual(["1", "1a", "2", "2a", "3", "3a"]);
    await store.restore("c", old);
    expect(textsOf((await conversation.load())?.thread)).toEqual(["1", "1a", "2", "2a"]);
  });

  it("removes calls with their results, and keeps the messages before the first question", async () => {
    const store = memoryStore();
    const system = { role: "system", content: "Be brief." };
    const tool = defineTool({ name: "t", run: () => "done" });
    const agent = scriptedAgent(scriptModel(calls(["1", "t", "{}"]), says("ok")), { tools: [tool] });
    const conversation = open(store, agent);
    await conversation.append([system]);
    await conversation.run("go");
    const { removed } = await conversation.rewind({ turns: 9 });
    expect(textsOf({ messages: removed })).toEqual(["go", null, "done", "ok"]);
    expect(textsOf((await store.load("c"))?.thread)).toEqual(["Be brief."]);
    const version = (await store.load("c"))?.version;
    expect(await conversation.rewind()).toMatchObject({ removed: [], stored: { version } });
  });

  it("does nothing if there is no conversation", async () => {
    const store = memoryStore();
    const conversation = open(store, scriptedAgent(scriptModel()));
    expect(await conversation.rewind()).toMatchObject({ removed: [], stored: undefined });
    expect(await store.load("c")).toBeUndefined();
  });

  it("forgets the keys of removed turns only", async () => {
    const store = memoryStore();
    const model = scriptModel(says("1a"), says("2a"), says("2b"));
    const conversation = open(store, scriptedAgent(model));
    await conversation.run("1", { key: "k1" });
    await conversation.run("2", { key: "k2" });
    await conversation.rewind();
    expect(await conversation.run("2", { key: "k2" })).toMatchObject({ text: "2b" });
    expect(await conversation.run("1", { key: "k1" })).toMatchObject({ text: "1a" });
    expect(model.requests).toHaveLength(3);
  });

  it("forgets the summary, which may contain removed messages, and the service's copy", async () => {
    const store = memoryStore();
    const model = scriptModel(says("1a"), says("2a"), says("3a"), says("2b"));
    const reduceHistory = summarize<ScriptedMessage>({
      keepTurns: 0,
      maximumTurns: 1,
      summarizer: (messages) => `about ${textsOf({ messages }).join(" ")}`,
    });
    const conversation = open(store, scriptedAgent(model, { reduceHistory }));
    for (const question of ["1", "2", "3"]) await conversation.run(question);
    const stored = await store.load("c");
    expect(stored?.thread["state"]).toBeDefined();
    await store.save("c", { ...stored?.thread, service: { conversation: "conv_1" } }, { previous: stored });
    await conversation.rewind({ turns: 2 });
    const { state, service } = (await store.load("c"))?.thread ?? {};
    expect([state, service]).toEqual([undefined, undefined]);
    await conversation.run("2");
    expect(requestTexts(model).at(-1)).toEqual(["1", "1a", "2"]);
  });

  it("closes a turn that was stopped, and rejects while a turn waits", async () => {
    const store = memoryStore();
    const tool = defineTool({ name: "t", needsApproval: true, run: () => "done" });
    const agent = scriptedAgent(scriptModel(hangs("partial"), calls(["1", "t", "{}"])), { tools: [tool] });
    const conversation = openConversation({ agent, store, id: "c", onStop: "keep" });
    const controller = new AbortController();
    const stop = async (): Promise<void> => {
      const stream = conversation.runStream("stopped", { signal: controller.signal });
      for await (const { type } of stream) if (type === "text") controller.abort();
    };
    await expect(stop()).rejects.toMatchObject({ name: "AbortError" });
    const { removed } = await conversation.rewind();
    expect(textsOf({ messages: removed })[0]).toBe("stopped");
    expect(textsOf((await store.load("c"))?.thread)).toEqual([]);
    await conversation.run("wait");
    await expect(conversation.rewind()).rejects.toMatchObject({
      code: "CONVERSATION_CONFLICT",
      message: expect.stringContaining("abandon"),
    });
    await conversation.abandon();
    expect((await conversation.rewind()).removed).not.toEqual([]);
  });

  it("removes the last turn of those that other processes have saved meanwhile", async () => {
    const store = memoryStore();
    const model = scriptModel(says("1a"), says("2a"));
    const conversation = open(store, scriptedAgent(model));
    await conversation.run("1");
    const other = open(store, scriptedAgent(scriptModel(says("2a"))));
    let raced = false;
    const racing: ThreadStore = Object.assign(Object.create(store) as ThreadStore, {
      save: async (...parameters: Parameters<ThreadStore["save"]>) => {
        if (!raced) {
          raced = true;
          await other.run("2");
        }
        return store.save(...parameters);
      },
      load: (...parameters: Parameters<ThreadStore["load"]>) => store.load(...parameters),
    });
    const { removed } = await open(racing, scriptedAgent(scriptModel())).rewind();
    expect(textsOf({ messages: removed })).toEqual(["2", "2a"]);
    expect(textsOf((await store.load("c"))?.thread)).toEqual(["1", "1a"]);
  });

  it.each([0, -1, 1.5, "1", null])("rejects %j turns", async (turns) => {
    const conversation = open(memoryStore(), scriptedAgent(scriptModel()));
    await expect(conversation.rewind({ turns: turns as number })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path: "turns",
    });
  });
});
