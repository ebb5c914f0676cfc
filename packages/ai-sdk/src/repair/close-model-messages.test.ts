import { memoryStore } from "@threadstore/core";
import { generateText, type ModelMessage } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { expect, test } from "vitest";
import { modelMessageStore } from "../index.ts";

const question: ModelMessage = { role: "user", content: "Question" };
const next: ModelMessage = { role: "user", content: "Next" };
const providerOptions = { openai: { itemId: "rs_1" } };
const reasoning = { type: "reasoning", text: "Thinking", providerOptions } as const;
const call = { type: "tool-call", toolCallId: "c", toolName: "look", input: {} } as const;
const result: ModelMessage = {
  role: "tool",
  content: [{ type: "tool-result", toolCallId: "c", toolName: "look", output: { type: "text", value: "x" } }],
};

function answer(...content: object[]): ModelMessage {
  return { role: "assistant", content } as ModelMessage;
}

test.each<[string, ModelMessage[], string[]]>([
  ["nothing", [question, answer(reasoning, call), result, answer({ type: "text", text: "Hi" }), next], []],
  ["a call without a result", [question, answer(reasoning, call), next], ["result-missing"]],
  [
    "one of two calls without a result",
    [question, answer(call, { ...call, toolCallId: "d" }), result, next],
    ["result-missing"],
  ],
  [
    "a call that was never approved",
    [question, answer(call, { type: "tool-approval-request", approvalId: "a", toolCallId: "c" }), next],
    ["result-missing"],
  ],
  [
    "a provider's call without a result",
    [question, answer(reasoning, { ...call, providerExecuted: true }), next],
    ["result-missing", "reasoning-dangling"],
  ],
  ["reasoning alone", [question, answer(reasoning), next], ["reasoning-dangling"]],
  ["an empty question", [{ role: "user", content: [] }], ["message-empty"]],
  ["an empty answer", [question, answer(), next], ["message-empty"]],
])("a conversation of an agent with %s goes on", async (_name, messages, codes) => {
  const store = memoryStore();
  const agents = modelMessageStore({ store });
  const saved = await agents.save("a", messages);
  const loaded = await agents.load("a");
  expect(loaded?.findings.map(({ code }) => code)).toEqual(codes);
  expect(saved.messages).toEqual(loaded?.messages);
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  };
  const model = new MockLanguageModelV4({
    doGenerate: {
      content: [{ type: "text", text: "Fine." }],
      finishReason: { unified: "stop", raw: "stop" },
      usage,
      warnings: [],
    },
  });
  const { text, responseMessages } = await generateText({ model, messages: loaded?.messages ?? [] });
  expect(text).toBe("Fine.");
  const after = await agents.append("a", responseMessages);
  expect(after.messages).toHaveLength(messages.length + 1);
  // Reading does not change the stored messages.
  expect((await store.load("a"))?.thread["messages"]).toMatchObject([...messages, {}]);
});

test("a call stays open while its result can still arrive", async () => {
  const agents = modelMessageStore({ store: memoryStore() });
  const messages = [question, answer(reasoning, call)];
  expect(await agents.save("a", messages)).toMatchObject({ messages, findings: [] });
});
