import type { CheckOptions, DamageCode } from "@threadstore/agent";
import { interruptedAnswer, interruptedResult } from "@threadstore/agent/provider";
import type { SerializedThread } from "@threadstore/core";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import {
  damageCodes,
  checkThread,
  repairThread,
  createChatAgent,
  defineTool,
  type ChatAgent,
} from "../index.ts";
import type { StrictServerKind } from "../strict-server/rules.test-helper.ts";
import { startStrictServer } from "../strict-server/strict-server.test-helper.ts";
import {
  answer,
  asks,
  call,
  messagesOf,
  result,
  thanks,
  threadOf,
  user,
  type Messages,
} from "./threads.test-helper.ts";

/** A thread with one damage, and what becomes of it. */
interface DamageCase {
  readonly code: DamageCode;
  readonly name: string;
  readonly messages: Messages;
  /** Members besides the messages. */
  readonly rest?: object;
  /** Where the damage is. */
  readonly path: string;
  /** The messages when they are mended in the way that loses least. */
  readonly mended: Messages;
  /** With the policy to drop, where that makes a difference. */
  readonly dropped?: Messages;
  /** Who refuses it; `agent` for what only an agent's own reader refuses. */
  readonly refusedBy: StrictServerKind | "agent";
  readonly refusal: string;
  readonly options?: CheckOptions;
}

const interrupted = (id: string): object => result(id, interruptedResult);
const turn = { id: "t1", start: 0, rounds: 1, calls: [{ callId: "c1", state: "approval-needed" }] };
const isUnanswered =
  "400 An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ";
const isUnasked =
  "400 Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
const longId = "fc_".padEnd(46, "0");
const gone = '[The tool forecast, which is no longer available, was called with {"city":"Rome"} and ';

const results: readonly DamageCase[] = [
  {
    code: "result-missing",
    name: "of a call at the end",
    messages: [user, asks(call("c1"))],
    path: "$.messages[1].tool_calls[0]",
    mended: [user, asks(call("c1")), interrupted("c1")],
    dropped: [user],
    refusedBy: "openai",
    refusal: `${isUnanswered}c1`,
  },
  {
    code: "result-missing",
    name: "of one of two calls, in mid-conversation",
    messages: [user, { ...asks(call("c1"), call("c2")), content: "Let me see." }, result("c2"), thanks],
    path: "$.messages[1].tool_calls[0]",
    mended: [
      user,
      { ...asks(call("c1"), call("c2")), content: "Let me see." },
      result("c2"),
      interrupted("c1"),
      thanks,
    ],
    dropped: [user, { ...asks(call("c2")), content: "Let me see." }, result("c2"), thanks],
    refusedBy: "openai",
    refusal: `${isUnanswered}c1`,
  },
  {
    code: "result-orphaned",
    name: "whose call was cut off",
    messages: [result("c1"), answer, thanks],
    path: "$.messages[0]",
    mended: [answer, thanks],
    refusedBy: "openai",
    refusal: isUnasked,
  },
  {
    code: "result-orphaned",
    name: "among the results of other calls",
    messages: [user, asks(call("c1")), result("c9"), result("c1"), answer],
    path: "$.messages[2]",
    mended: [user, asks(call("c1")), result("c1"), answer],
    refusedBy: "openai",
    refusal: isUnasked,
  },
  {
    code: "result-duplicated",
    name: "beside the first one",
    messages: [user, asks(call("c1")), result("c1"), result("c1", "rain"), answer],
    path: "$.messages[3]",
    mended: [user, asks(call("c1")), result("c1"), answer],
    refusedBy: "openai",
    refusal:
      "400 Invalid parameter: Duplicate value for 'tool_call_id' of 'c1', in messages[2] and messages[3].",
  },
  {
    code: "result-duplicated",
    name: "that came when the first had been made up",
    messages: [user, asks(call("c1")), interrupted("c1"), thanks, result("c1")],
    path: "$.messages[4]",
    mended: [user, asks(call("c1")), result("c1"), thanks],
    refusedBy: "openai",
    refusal: isUnasked,
  },
  {
    code: "result-misplaced",
    name: "behind what the user said meanwhile",
    messages: [user, asks(call("c1")), thanks, result("c1"), answer],
    path: "$.messages[3]",
    mended: [user, asks(call("c1")), result("c1"), thanks, answer],
    dropped: [user, thanks, answer],
    refusedBy: "openai",
    refusal: `${isUnanswered}c1`,
  },
  {
    code: "result-misplaced",
    name: "behind a system message",
    messages: [user, asks(call("c1")), { role: "system", content: "Be brief." }, result("c1"), answer],
    path: "$.messages[3]",
    mended: [user, asks(call("c1")), result("c1"), { role: "system", content: "Be brief." }, answer],
    dropped: [user, { role: "system", content: "Be brief." }, answer],
    refusedBy: "openai",
    refusal: `${isUnanswered}c1`,
  },
  {
    code: "result-misplaced",
    name: "before its call",
    messages: [user, result("c1"), asks(call("c1")), answer],
    path: "$.messages[1]",
    mended: [user, asks(call("c1")), result("c1"), answer],
    dropped: [user, answer],
    refusedBy: "openai",
    refusal: isUnasked,
  },
];

const calls: readonly DamageCase[] = [
  {
    code: "call-id-duplicated",
    name: "within a message",
    messages: [user, asks(call("c1"), call("c1", "time")), result("c1"), result("c1", "noon"), answer],
    path: "$.messages[1].tool_calls[1].id",
    mended: [
      user,
      asks(call("c1"), call("call_repaired_1", "time")),
      result("c1"),
      result("call_repaired_1", "noon"),
      answer,
    ],
    dropped: [user, asks(call("c1")), result("c1"), answer],
    refusedBy: "openai",
    refusal:
      "400 Invalid parameter: Duplicate value for 'tool_call_id' of 'c1', in messages[2] and messages[3].",
  },
  {
    code: "call-id-duplicated",
    name: "in a later turn",
    messages: [user, asks(call("c1")), result("c1"), answer, thanks, asks(call("c1")), result("c1"), answer],
    path: "$.messages[5].tool_calls[0].id",
    mended: [
      user,
      asks(call("c1")),
      result("c1"),
      answer,
      thanks,
      asks(call("call_repaired_1")),
      result("call_repaired_1"),
      answer,
    ],
    dropped: [user, asks(call("c1")), result("c1"), answer, thanks, answer],
    refusedBy: "anthropic",
    refusal: "400 messages.5.content.0: `tool_use` ids must be unique",
  },
  {
    code: "call-id-invalid",
    name: "as it is missing",
    messages: [user, asks({ ...call("x"), id: null }), result("c1"), answer],
    path: "$.messages[1].tool_calls[0].id",
    mended: [user, asks(call("call_repaired_1")), result("call_repaired_1"), answer],
    dropped: [user, answer],
    refusedBy: "openai",
    refusal: "400 Invalid type for 'messages[1].tool_calls[0].id': expected a string, but got null instead.",
  },
  {
    code: "call-id-invalid",
    name: "as it is too long",
    messages: [user, asks(call(longId)), result(longId), answer],
    path: "$.messages[1].tool_calls[0].id",
    mended: [user, asks(call("call_repaired_1")), result("call_repaired_1"), answer],
    dropped: [user, answer],
    refusedBy: "openai",
    refusal:
      "400 Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 46 instead.",
  },
  {
    code: "call-id-invalid",
    name: "of the result alone",
    messages: [user, asks(call("c1")), { role: "tool", content: "blue sky" }, answer],
    path: "$.messages[2].tool_call_id",
    mended: [user, asks(call("c1")), { role: "tool", content: "blue sky", tool_call_id: "c1" }, answer],
    refusedBy: "openai",
    refusal: "400 Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
  },
  {
    code: "call-invalid",
    name: "as it is none",
    messages: [user, asks(call("c1"), null), result("c1"), answer],
    path: "$.messages[1].tool_calls[1]",
    mended: [user, asks(call("c1")), result("c1"), answer],
    refusedBy: "openai",
    refusal: "400 Invalid type for 'messages[1].tool_calls[1]': expected an object, but got null instead.",
  },
  {
    code: "call-invalid",
    name: "as it names no tool",
    messages: [user, asks(call("c1", "")), result("c1"), answer],
    path: "$.messages[1].tool_calls[0]",
    mended: [user, answer],
    refusedBy: "openai",
    refusal:
      "400 Invalid 'messages[1].tool_calls[0].function.name': empty string. Expected a string with minimum length 1, but got an empty string instead.",
  },
  {
    code: "call-invalid",
    name: "as no provider takes the name",
    messages: [user, asks(call("c1", "weather.today")), result("c1"), answer],
    path: "$.messages[1].tool_calls[0]",
    mended: [user, asks(call("c1", "weather_today")), result("c1"), answer],
    dropped: [user, answer],
    refusedBy: "openai",
    refusal:
      "400 Invalid 'messages[1].tool_calls[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
  },
  {
    code: "call-invalid",
    name: "as it has no type",
    messages: [user, asks({ id: "c1", function: { name: "f", arguments: "{}" } }), result("c1"), answer],
    path: "$.messages[1].tool_calls[0]",
    mended: [
      user,
      asks({ id: "c1", function: { name: "f", arguments: "{}" }, type: "function" }),
      result("c1"),
      answer,
    ],
    dropped: [user, answer],
    refusedBy: "openai",
    refusal: "400 Missing required parameter: 'messages[1].tool_calls[0].type'.",
  },
  {
    code: "call-invalid",
    name: "as the list is none",
    messages: [user, { ...answer, tool_calls: { c1: "weather" } }],
    path: "$.messages[1].tool_calls",
    mended: [user, answer],
    refusedBy: "openai",
    refusal:
      "400 Invalid type for 'messages[1].tool_calls': expected an array of objects, but got an object instead.",
  },
  {
    code: "calls-empty",
    name: "beside an answer",
    messages: [user, { ...answer, tool_calls: [] }],
    path: "$.messages[1].tool_calls",
    mended: [user, answer],
    refusedBy: "openai",
    refusal:
      "400 Invalid 'messages[1].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  },
  {
    code: "arguments-invalid",
    name: "as they are no text",
    messages: [user, asks(call("c1", "weather", { city: "Rome" })), result("c1"), answer],
    path: "$.messages[1].tool_calls[0].function.arguments",
    mended: [user, asks(call("c1")), result("c1"), answer],
    dropped: [user, answer],
    refusedBy: "openai",
    refusal:
      "400 Invalid type for 'messages[1].tool_calls[0].function.arguments': expected a string, but got an object instead.",
  },
  {
    code: "arguments-invalid",
    name: "as they break off",
    messages: [user, asks(call("c1", "weather", '{"city":"Ro')), result("c1", "Invalid arguments"), answer],
    path: "$.messages[1].tool_calls[0].function.arguments",
    mended: [
      user,
      asks(call("c1", "weather", '{"raw":"{\\"city\\":\\"Ro"}')),
      result("c1", "Invalid arguments"),
      answer,
    ],
    dropped: [user, answer],
    refusedBy: "vllm",
    refusal: "400 Expecting ',' delimiter: line 1 column 54 (char 53)",
  },
  {
    code: "arguments-invalid",
    name: "as there are none",
    messages: [user, asks(call("c1", "now", "")), result("c1", "noon"), answer],
    path: "$.messages[1].tool_calls[0].function.arguments",
    mended: [user, asks(call("c1", "now", "{}")), result("c1", "noon"), answer],
    dropped: [user, answer],
    refusedBy: "llamaCpp",
    refusal: "500 Failed to parse tool call arguments as JSON",
  },
  {
    code: "tool-gone",
    name: "with its result",
    messages: [user, asks(call("c1", "forecast"), call("c2")), result("c1", "rain"), result("c2"), answer],
    path: "$.messages[1].tool_calls[0]",
    mended: [
      user,
      { role: "assistant", content: `${gone}answered: rain]`, tool_calls: [call("c2")] },
      result("c2"),
      answer,
    ],
    dropped: [user, asks(call("c2")), result("c2"), answer],
    refusedBy: "gemini",
    refusal: "400 Request contains an invalid argument.",
    options: { tools: ["weather"] },
  },
  {
    code: "tool-gone",
    name: "and with it all tools",
    messages: [user, { ...asks(call("c1", "forecast")), content: "Let me see." }, result("c1", ""), answer],
    path: "$.messages[1].tool_calls[0]",
    mended: [user, { role: "assistant", content: `Let me see.\n\n${gone}gave no answer]` }, answer],
    dropped: [user, { role: "assistant", content: "Let me see." }, answer],
    refusedBy: "anthropic",
    refusal: "400 litellm.UnsupportedParamsError: Anthropic doesn't support tool calling without `tools=`",
    options: { tools: [] },
  },
];

const singleMessages: readonly DamageCase[] = [
  {
    code: "message-invalid",
    name: "null",
    messages: [user, null, answer],
    path: "$.messages[1]",
    mended: [user, answer],
    refusedBy: "openai",
    refusal: "400 Invalid type for 'messages[1]': expected an object, but got null instead.",
  },
  {
    code: "message-invalid",
    name: "a result of an unnamed function",
    messages: [user, { role: "function", content: "noon" }, answer],
    path: "$.messages[1]",
    mended: [user, answer],
    refusedBy: "openai",
    refusal: "400 Missing parameter 'name': messages with role 'function' must have a 'name'.",
  },
  {
    code: "role-unknown",
    name: "of another framework",
    messages: [{ role: "human", content: "Hello?" }, user, answer],
    path: "$.messages[0].role",
    mended: [user, answer],
    refusedBy: "openai",
    refusal:
      "400 Invalid value: 'human'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
  },
  {
    code: "content-invalid",
    name: "an object",
    messages: [user, asks(call("c1")), result("c1", { sky: "blue" }), answer],
    path: "$.messages[2].content",
    mended: [user, asks(call("c1")), result("c1", '{"sky":"blue"}'), answer],
    dropped: [user, answer],
    refusedBy: "openai",
    refusal:
      "400 Invalid type for 'messages[2].content': expected one of a string or array of objects, but got an object instead.",
  },
  {
    code: "content-invalid",
    name: "none, of a tool",
    messages: [user, asks(call("c1")), result("c1", null), answer],
    path: "$.messages[2].content",
    mended: [user, asks(call("c1")), result("c1", ""), answer],
    dropped: [user, answer],
    refusedBy: "openai",
    refusal: "400 Invalid value for 'content': expected a string, got null.",
  },
  {
    code: "content-invalid",
    name: "none, of the user",
    messages: [{ role: "user" }, user, answer],
    path: "$.messages[0].content",
    mended: [user, answer],
    refusedBy: "openai",
    refusal: "400 Missing required parameter: 'messages[0].content'.",
  },
  {
    code: "content-invalid",
    name: "a part that is none",
    messages: [{ role: "user", content: ["Rome?", { type: "text", text: "Now." }] }, answer],
    path: "$.messages[0].content[0]",
    mended: [
      {
        role: "user",
        content: [
          { type: "text", text: "Rome?" },
          { type: "text", text: "Now." },
        ],
      },
      answer,
    ],
    dropped: [{ role: "user", content: [{ type: "text", text: "Now." }] }, answer],
    refusedBy: "openai",
    refusal: "400 Invalid type for 'messages[0].content[0]': expected an object, but got a string instead.",
  },
  {
    code: "message-empty",
    name: "neither content nor calls",
    messages: [user, { role: "assistant", content: null, refusal: null }, thanks, answer],
    path: "$.messages[1]",
    mended: [user, thanks, answer],
    refusedBy: "openai",
    refusal: "400 Invalid value for 'content': expected a string, got null.",
  },
  {
    code: "message-empty",
    name: "an empty text",
    messages: [user, { role: "assistant", content: "", reasoning_content: "Hm." }, thanks, answer],
    path: "$.messages[1]",
    mended: [user, thanks, answer],
    refusedBy: "anthropic",
    refusal: "400 messages: text content blocks must be non-empty",
  },
  {
    code: "message-duplicated",
    name: "a call that was written twice",
    messages: [user, asks(call("c1")), asks(call("c1")), result("c1"), answer],
    path: "$.messages[2]",
    mended: [user, asks(call("c1")), result("c1"), answer],
    refusedBy: "openai",
    refusal: `${isUnanswered}c1`,
  },
  {
    code: "message-duplicated",
    name: "what the user said, after a failure",
    messages: [user, user, answer],
    path: "$.messages[1]",
    mended: [user, answer],
    refusedBy: "gemma",
    refusal: "400 Conversation roles must alternate user/assistant/user/assistant/...",
  },
  {
    code: "text-malformed",
    name: "half of a character",
    messages: [{ role: "user", content: "cut \ud83c" }, answer],
    path: "$.messages[0].content",
    mended: [{ role: "user", content: "cut \ufffd" }, answer],
    refusedBy: "openai",
    refusal: "400 We could not parse the JSON body of your request.",
  },
  {
    code: "system-misplaced",
    name: "in mid-conversation",
    messages: [
      { role: "system", content: "Be kind." },
      user,
      { role: "developer", content: "Be brief." },
      answer,
    ],
    path: "$.messages[2]",
    mended: [{ role: "system", content: "Be kind." }, user, { role: "user", content: "Be brief." }, answer],
    dropped: [{ role: "system", content: "Be kind." }, user, answer],
    refusedBy: "qwen",
    refusal: "400 System message must be at the beginning.",
    options: { strictOrder: true },
  },
  {
    code: "answer-missing",
    name: "to a result",
    messages: [user, asks(call("c1")), result("c1"), thanks, answer],
    path: "$.messages[3]",
    mended: [
      user,
      asks(call("c1")),
      result("c1"),
      { role: "assistant", content: interruptedAnswer },
      thanks,
      answer,
    ],
    refusedBy: "mistral",
    refusal: "400 Unexpected role 'user' after role 'tool'",
    options: { strictOrder: true },
  },
];

const turns: readonly DamageCase[] = [
  {
    code: "turn-open",
    name: "that is not to be gone on with",
    messages: [user],
    rest: { turn: { id: "t1", start: 0, rounds: 0 } },
    path: "$.turn",
    mended: [user],
    refusedBy: "agent",
    refusal: "TURN_OPEN",
    options: { openTurn: "close" },
  },
  {
    code: "turn-invalid",
    name: "as nothing is left to do in it",
    messages: [user, asks(call("c1")), result("c1"), answer],
    rest: { turn: { ...turn, calls: [] } },
    path: "$.turn",
    mended: [user, asks(call("c1")), result("c1"), answer],
    refusedBy: "agent",
    refusal: "THREAD_INVALID",
  },
  {
    code: "turn-invalid",
    name: "as it is none",
    messages: [user, answer],
    rest: { turn: "t1" },
    path: "$.turn",
    mended: [user, answer],
    refusedBy: "agent",
    refusal: "THREAD_INVALID",
  },
  {
    code: "approval-dangling",
    name: "of a call that has its result",
    messages: [user, asks(call("c1"), call("c2")), result("c2")],
    rest: { turn: { ...turn, calls: [...turn.calls, { callId: "c2", state: "approval-needed" }] } },
    path: "$.turn.calls[1]",
    mended: [user, asks(call("c1"), call("c2")), result("c2")],
    refusedBy: "agent",
    refusal: "THREAD_INVALID",
  },
];

const damageCases: readonly DamageCase[] = [...results, ...calls, ...singleMessages, ...turns];

function clientOf(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "k", maxRetries: 0 });
}

/** An agent with such tools on a server. */
function agentOf(url: string, { tools = ["weather"] }: CheckOptions = {}): ChatAgent {
  return createChatAgent({
    client: clientOf(url),
    model: "m",
    tools: tools.map((name) => defineTool({ name, run: () => "blue sky" })),
  });
}

/** Sends the messages, and the user's next one, as an agent would that looked at nothing. */
async function send(
  url: string,
  messages: Messages,
  { tools = ["weather"] }: CheckOptions = {},
): Promise<void> {
  await clientOf(url).chat.completions.create({
    model: "m",
    messages: [...messages, { role: "user", content: "And now?" }] as never,
    ...(tools.length === 0
      ? {}
      : { tools: tools.map((name) => ({ type: "function" as const, function: { name } })) }),
  });
}

async function goOn(agent: ChatAgent, thread: SerializedThread): Promise<string> {
  return (await agent.run("And now?", await agent.deserializeThread(thread))).text;
}

const named = damageCases.map((each) => [each.code, each.name, each] as const);

describe("what a provider refuses, it takes when it is mended", () => {
  const refused = named.filter(([, , { refusedBy }]) => refusedBy !== "agent");
  test.each(refused)("%s: %s", async (code, _name, each) => {
    const { path, mended, dropped = mended, refusedBy, refusal, options } = each;
    const thread = threadOf(each.messages);
    const before = JSON.stringify(thread);
    const server = await startStrictServer(refusedBy as StrictServerKind);
    await expect(send(server.url, each.messages, options)).rejects.toThrow(refusal);
    expect(checkThread(thread, options)).toMatchObject([{ code, path }]);

    const repaired = repairThread(thread, "synthesize", options);
    expect(JSON.stringify(messagesOf(repaired.thread))).toBe(JSON.stringify(mended));
    expect(repaired.changes).toMatchObject([{ code, path }]);
    expect(checkThread(repaired.thread, options)).toEqual([]);
    const agent = agentOf(server.url, options);
    expect(await goOn(agent, repaired.thread)).toBe("ok");

    const without = repairThread(thread, "drop", options);
    expect(messagesOf(without.thread)).toEqual(dropped);
    expect(without.changes[0]).toMatchObject({ code, path });
    expect(await goOn(agent, without.thread)).toBe("ok");

    expect(() => repairThread(thread, { [code]: "stop" }, options)).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path }) as Error,
    );
    expect(JSON.stringify(thread)).toBe(before);
  });
});

describe("what an agent refuses, it takes when it is mended", () => {
  const refused = named.filter(([, , { refusedBy }]) => refusedBy === "agent");
  test.each(refused)("%s: %s", async (code, _name, { messages, rest, path, mended, refusal, options }) => {
    const thread = threadOf(messages, rest);
    const server = await startStrictServer();
    const agent = agentOf(server.url);
    await expect(goOn(agent, thread)).rejects.toMatchObject({ code: refusal });
    expect(checkThread(thread, options)).toMatchObject([{ code, path }]);
    const repaired = repairThread(thread, "synthesize", options);
    expect(messagesOf(repaired.thread)).toEqual(mended);
    expect(repaired.changes).toMatchObject([{ code, path, action: "drop" }]);
    const taken = await agent.deserializeThread(repaired.thread);
    expect(taken.openTurn?.approvals.map(({ callId }) => callId)).toEqual(
      code === "approval-dangling" ? ["c1"] : undefined,
    );
    expect(() => repairThread(thread, "stop", options)).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path }) as Error,
    );
  });
});

test("on the way in, an agent knows which tools are gone, and leaves a turn open that it can resume", async () => {
  const server = await startStrictServer("gemini");
  const agent = agentOf(server.url);
  const thread = threadOf([user, asks(call("c0", "forecast")), result("c0", "rain"), asks(call("c1"))], {
    turn: { ...turn, rounds: 2 },
  });
  const told: string[] = [];
  const taken = await agent.deserializeThread(thread, {
    repair: { "tool-gone": "rewrite" },
    onRepair: (changes) => told.push(...changes.map(({ code }) => code)),
  });
  expect(told).toEqual(["tool-gone"]);
  expect(taken.openTurn?.approvals).toMatchObject([{ callId: "c1" }]);
  const { text } = await agent.resume(taken, { approvals: [{ callId: "c1", approved: true }] });
  expect(text).toBe("ok");
});

test("a thread that an agent has can be checked as it is", async () => {
  const server = await startStrictServer();
  const { thread } = await agentOf(server.url).run("Hi");
  expect(checkThread(thread)).toEqual([]);
  expect(repairThread(thread, "stop").thread).toEqual(await thread.serialize());
});

test("there is a case of every kind of damage", () => {
  const tested = new Set(damageCases.map(({ code }) => code));
  // Threads of chat agents have no service: responses.test.ts tells of it.
  expect([...tested, "service-outdated"].toSorted()).toEqual(damageCodes.toSorted());
});
