import { memoryStore, type SerializedThread } from "@threadstore/core";
import { createChatAgent, storedHistory } from "@threadstore/openai";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import { marksOf } from "./golden.test-helper.ts";
import {
  detectShape,
  InterchangeError,
  readAgentFrameworkThread,
  writeAgentFrameworkThread,
} from "./index.ts";

const python = (id: string, state: object): object => ({
  type: "session",
  session_id: id,
  service_session_id: null,
  state,
});
const reference: SerializedThread = {
  format: "threadstore.thread",
  version: 1,
  kind: "chat",
  agent: "Assistant",
  history: { id: "c1" },
};

describe("a session that only has the id of its history", () => {
  test.each<[value: object, id: string]>([
    [{ stateBag: { CosmosChatHistoryProvider: { conversationId: "c1", tenantId: "t" } } }, "c1"],
    [{ stateBag: { Memory: { a: 1 }, ValkeyChatHistoryProvider: { conversationId: "c1" } } }, "c1"],
    [{ stateBag: { VectorChatHistoryProvider: "c1" } }, "c1"],
    [python("s1", { redis_memory: {} }), "s1"],
    [python("s1", { file_history: {}, memory: { a: 1 } }), "s1"],
  ])("%j is a reference to a history with the same id, there and back", async (value, id) => {
    const text = JSON.stringify(value);
    const { thread } = readAgentFrameworkThread(text, { asReference: true });
    expect(thread["history"]).toEqual({ id });
    expect(detectShape(thread)).toEqual({ shape: "threadstore", messagesAt: "store" });
    const store = memoryStore();
    const client = new OpenAI({ apiKey: "k", fetch: () => Promise.resolve(Response.json(answer)) });
    const agent = createChatAgent({ client, model: "m", history: storedHistory({ store }) });
    await expect(agent.deserializeThread(thread)).rejects.toMatchObject({ path: "$.history.id" });
    await store.save(id, { ...reference, history: null, messages: [{ role: "user", content: "a" }] });
    const moved = await agent.deserializeThread(thread);
    await agent.run("b", moved);
    expect(moved.messages).toHaveLength(3);
    expect(writeAgentFrameworkThread(await moved.serialize(), { strict: true })).toMatchObject({
      text,
      report: [],
    });
  });

  test.each<[value: object]>([
    [{ stateBag: { OtherHistoryProvider: { table: "a", key: "b" } } }],
    [{ contextId: "c", taskId: "t", stateBag: {} }],
    [{ stateBag: {} }],
  ])("%j is not a reference without one id", (value) => {
    expect(readAgentFrameworkThread(value, { asReference: true }).thread["messages"]).toEqual([]);
  });
});

describe("a reference of one language, written to the other", () => {
  const cosmos = "CosmosChatHistoryProvider";
  const elsewhere = "elsewhere $.history";

  test.each<[stateBag: object, marks: readonly string[], lost: string | undefined]>([
    [{ [cosmos]: { conversationId: "c1" } }, [`replaced $.stateBag.${cosmos}`, elsewhere], undefined],
    [
      { [cosmos]: { conversationId: "c1", tenantId: "t", userId: null } },
      [`replaced $.stateBag.${cosmos}`, `lost $.stateBag.${cosmos}.tenantId`, elsewhere],
      `$.stateBag.${cosmos}.tenantId`,
    ],
    [{ "My-HistoryProvider": "c1" }, ['replaced $.stateBag["My-HistoryProvider"]', elsewhere], undefined],
    [
      { [cosmos]: { conversationId: "c1" }, Memory: { a: 1 } },
      [`replaced $.stateBag.${cosmos}`, "lost $.stateBag.Memory", elsewhere],
      "$.stateBag.Memory",
    ],
  ])("%j loses only what is not the id", (stateBag, marks, lost) => {
    const { thread } = readAgentFrameworkThread(JSON.stringify({ stateBag }), { asReference: true });
    const options = { to: "python-session", historyKey: "redis_memory" } as const;
    const { text, report } = writeAgentFrameworkThread(thread, options);
    expect(marksOf(report)).toEqual(marks);
    expect(JSON.parse(text)).toEqual(python("c1", { redis_memory: {} }));
    expect(refusedPath(() => writeAgentFrameworkThread(thread, { ...options, strict: true }))).toBe(lost);
  });

  test("loses the id if the thread refers to another history now", () => {
    const text = JSON.stringify({ stateBag: { [cosmos]: { conversationId: "c1" } } });
    const { thread } = readAgentFrameworkThread(text, { asReference: true });
    const moved = { ...thread, history: { id: "c2" } };
    const { report } = writeAgentFrameworkThread(moved, { to: "python-session", historyKey: "redis_memory" });
    expect(marksOf(report)).toEqual([`lost $.stateBag.${cosmos}`, elsewhere]);
  });

  test("moves from Python to C# without a loss", () => {
    const text = JSON.stringify(python("s1", { redis_memory: {} }));
    const { thread } = readAgentFrameworkThread(text, { asReference: true });
    const options = { to: "csharp-session", historyKey: cosmos, strict: true } as const;
    const { text: written } = writeAgentFrameworkThread(thread, options);
    expect(JSON.parse(written)).toEqual({ stateBag: { [cosmos]: { conversationId: "s1" } } });
  });
});

describe("a reference that started in this project", () => {
  test("is written as the state of a history provider", () => {
    const csharp = writeAgentFrameworkThread(reference, {
      to: "csharp-session",
      historyKey: "CosmosChatHistoryProvider",
    });
    expect(csharp.text).toBe('{"stateBag":{"CosmosChatHistoryProvider":{"conversationId":"c1"}}}');
    expect(marksOf(csharp.report)).toEqual(["elsewhere $.history"]);
    const { text } = writeAgentFrameworkThread(reference, {
      to: "python-session",
      historyKey: "redis_memory",
    });
    expect(JSON.parse(text)).toEqual(python("c1", { redis_memory: {} }));
  });

  test.each<[options: Parameters<typeof writeAgentFrameworkThread>[1], path: string]>([
    [{ to: "csharp-session" }, "historyKey"],
    [{ to: "python-session" }, "historyKey"],
    [{ to: "python-history", historyKey: "file_history" }, "to"],
  ])("needs the provider, or its messages: %j", (options, path) => {
    expect(() => writeAgentFrameworkThread(reference, options)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error,
    );
  });
});

/** Returns the path of the part that would be lost, or `undefined` if the thread is written. */
function refusedPath(write: () => unknown): string | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    if (InterchangeError.is(error, "NOT_REPRESENTABLE")) return error.path;
    throw error;
  }
}

const answer = {
  id: "x",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "c" } }],
};
