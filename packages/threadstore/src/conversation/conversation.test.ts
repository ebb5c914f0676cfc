import type { SerializedThread } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { conversationLines } from "./format-conversation.ts";
import { readConversation } from "./read-conversation.ts";

function linesOf(thread: object): string[] | undefined {
  const conversation = readConversation(thread as SerializedThread);
  return (
    conversation && conversationLines(conversation.entries, (_, text) => text).filter((line) => line !== "")
  );
}

const own = (kind: string, members: object): object => ({
  format: "threadstore.thread",
  version: 1,
  kind,
  ...members,
});

const EXPECTED = [
  "user",
  "  How warm is it?",
  "assistant",
  '  → weather({"city":"Rome"})',
  "    ← 30 °C",
  "  30 °C.",
];

const user = { role: "user", content: "How warm is it?" };
const answer = { role: "assistant", content: "30 °C." };
const call = { name: "weather", arguments: '{"city":"Rome"}' };
const items = [
  user,
  { type: "function_call", call_id: "c1", ...call },
  { type: "function_call_output", call_id: "c1", output: "30 °C" },
  { type: "message", role: "assistant", content: [{ type: "output_text", text: "30 °C." }] },
];

describe("a conversation", () => {
  it.each<[string, object]>([
    [
      "Chat Completions",
      own("chat", {
        messages: [
          user,
          { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: call }] },
          { role: "tool", tool_call_id: "c1", content: "30 °C" },
          answer,
        ],
      }),
    ],
    ["the Responses API", own("responses", { messages: items })],
    [
      "the Agents SDK",
      own("openai-agents-items", {
        items: [
          user,
          { type: "function_call", callId: "c1", ...call },
          { type: "function_call_result", callId: "c1", output: { type: "text", text: "30 °C" } },
          items[3],
        ],
      }),
    ],
    [
      "useChat",
      own("ai-sdk-ui-messages", {
        messages: [
          { id: "1", role: "user", parts: [{ type: "text", text: "How warm is it?" }] },
          {
            id: "2",
            role: "assistant",
            parts: [
              { type: "step-start" },
              { type: "tool-weather", toolCallId: "c1", input: { city: "Rome" }, output: "30 °C" },
              { type: "text", text: "30 °C." },
            ],
          },
        ],
      }),
    ],
    [
      "model messages of the AI SDK",
      own("ai-sdk-model-messages", {
        messages: [
          user,
          {
            role: "assistant",
            content: [{ type: "tool-call", toolCallId: "c1", toolName: "weather", input: { city: "Rome" } }],
          },
          { role: "tool", content: [{ type: "tool-result", toolCallId: "c1", output: "30 °C" }] },
          answer,
        ],
      }),
    ],
    [
      "LangChain",
      {
        messages: [
          { type: "human", content: "How warm is it?" },
          { type: "ai", content: "", tool_calls: [{ id: "c1", name: "weather", args: { city: "Rome" } }] },
          { type: "tool", tool_call_id: "c1", content: "30 °C" },
          {
            lc: 1,
            type: "constructor",
            id: ["langchain_core", "messages", "AIMessage"],
            kwargs: { content: "30 °C." },
          },
        ],
      },
    ],
  ])("of %s is readable, with results next to their calls", (_, thread) => {
    expect(linesOf(thread)).toEqual(EXPECTED);
  });

  it("shows calls without results, results without calls, and repeated ids", () => {
    const messages = [
      { type: "function_call", call_id: "c1", ...call },
      { type: "function_call_output", call_id: "c1", output: "first" },
      { type: "function_call", call_id: "c1", ...call },
      { type: "function_call_output", call_id: "c2", output: "second" },
    ];
    expect(linesOf(own("responses", { messages }))).toEqual([
      "assistant",
      '  → weather({"city":"Rome"})',
      "    ← first",
      '  → weather({"city":"Rome"})',
      "    no result",
      "    ← without a call second",
    ]);
  });

  it("escapes what a terminal would interpret, in every place", () => {
    const evil = "a\u001b[2J\u202eb\rc";
    const messages = [
      {
        role: evil,
        content: [{ type: evil }, { type: "text", text: evil }],
        tool_calls: [{ id: evil, function: { name: evil, arguments: evil } }],
      },
      { role: "tool", tool_call_id: evil, content: evil },
    ];
    const text = (linesOf({ messages }) ?? []).join("");
    expect(text).toContain(String.raw`a\u001b[2J\u202eb\u000dc`);
    expect(["\u001b", "\u202e", "\r"].filter((character) => text.includes(character))).toEqual([]);
  });

  it.each<[string, object]>([
    ["another object", { state: 1 }],
    ["messages of unknown forms", { messages: [{ text: "hello" }] }],
    ["messages that are not objects", { messages: ["hello"] }],
    ["an unknown kind", own("mystery", { messages: [user] })],
  ])("is not guessed from %s", (_, thread) => {
    expect(linesOf(thread)).toBeUndefined();
  });

  it.each([{ role: "assistant", tool_calls: "x" }, { role: "user", content: 7 }, { role: "tool" }])(
    "is shown although a message is damaged: %j",
    (message) => {
      expect(linesOf({ messages: [message] })).toBeDefined();
    },
  );
});
