import { type CheckOptions, type FindingCode, FINDING_CODES } from "@threadstore/agent";
import { INTERRUPTED_ANSWER, INTERRUPTED_RESULT } from "@threadstore/agent/provider";
import type { SerializedThread } from "@threadstore/core";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
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
} from "../../../agent/dist/repair/threads.test-helper.js";
import { checkThread, repairThread, createChatAgent, defineTool, type ChatAgent } from "../index.ts";
import type { StrictServerKind } from "../strict-server/rules.test-helper.ts";
import { startStrictServer } from "../strict-server/strict-server.test-helper.ts";

/** A thread with one finding, and its repairs. */
interface RepairCase {
  readonly code: FindingCode;
  readonly name: string;
  readonly messages: Messages;
  /** Members other than the messages. */
  readonly members?: object;
  /** The path of the finding. */
  readonly path: string;
  /** The messages after the repair that loses the least. */
  readonly repaired: Messages;
  /** The messages after a repair by the policy `drop`, if they differ. */
  readonly dropped?: Messages;
  /** The server that rejects the thread; `agent` if only deserializeThread does. */
  readonly rejectedBy: StrictServerKind | "agent";
  readonly rejection: string;
  readonly options?: CheckOptions;
}

const interrupted = (id: string): object => result(id, INTERRUPTED_RESULT);
const turn = { id: "t1", start: 0, rounds: 1, calls: [{ callId: "c1", state: "approval-needed" }] };
const MISSING_RESULT =
  "400 An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ";
const ORPHANED_RESULT =
  "400 Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
const longId = "fc_".padEnd(46, "0");
const removed = '[Called the tool forecast, which is no longer available, with {"city":"Rome"}. ';

const results: readonly RepairCase[] = [
  {
    code: "result-missing",
    name: "of a call at the end",
    messages: [user, asks(call("c1"))],
    path: "$.messages[1].tool_calls[0]",
    repaired: [user, asks(call("c1")), interrupted("c1")],
    dropped: [user],
    rejectedBy: "openai",
    rejection: `${MISSING_RESULT}c1`,
  },
  {
    code: "result-missing",
    name: "of one of two calls, within the conversation",
    messages: [user, { ...asks(call("c1"), call("c2")), content: "Let me see." }, result("c2"), thanks],
    path: "$.messages[1].tool_calls[0]",
    repaired: [
      user,
      { ...asks(call("c1"), call("c2")), content: "Let me see." },
      result("c2"),
      interrupted("c1"),
      thanks,
    ],
    dropped: [user, { ...asks(call("c2")), content: "Let me see." }, result("c2"), thanks],
    rejectedBy: "openai",
    rejection: `${MISSING_RESULT}c1`,
  },
  {
    code: "result-orphaned",
    name: "whose call was cut off",
    messages: [result("c1"), answer, thanks],
    path: "$.messages[0]",
    repaired: [answer, thanks],
    rejectedBy: "openai",
    rejection: ORPHANED_RESULT,
  },
  {
    code: "result-orphaned",
    name: "among the results of other calls",
    messages: [user, asks(call("c1")), result("c9"), result("c1"), answer],
    path: "$.messages[2]",
    repaired: [user, asks(call("c1")), result("c1"), answer],
    rejectedBy: "openai",
    rejection: ORPHANED_RESULT,
  },
  {
    code: "result-duplicated",
    name: "after the first one",
    messages: [user, asks(call("c1")), result("c1"), result("c1", "rain"), answer],
    path: "$.messages[3]",
    repaired: [user, asks(call("c1")), result("c1"), answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid parameter: Duplicate value for 'tool_call_id' of 'c1', in messages[2] and messages[3].",
  },
  {
    code: "result-duplicated",
    name: "after the placeholder of an earlier repair",
    messages: [user, asks(call("c1")), interrupted("c1"), thanks, result("c1")],
    path: "$.messages[4]",
    repaired: [user, asks(call("c1")), result("c1"), thanks],
    rejectedBy: "openai",
    rejection: ORPHANED_RESULT,
  },
  {
    code: "result-misplaced",
    name: "after a user message",
    messages: [user, asks(call("c1")), thanks, result("c1"), answer],
    path: "$.messages[3]",
    repaired: [user, asks(call("c1")), result("c1"), thanks, answer],
    dropped: [user, thanks, answer],
    rejectedBy: "openai",
    rejection: `${MISSING_RESULT}c1`,
  },
  {
    code: "result-misplaced",
    name: "after a system message",
    messages: [user, asks(call("c1")), { role: "system", content: "Be brief." }, result("c1"), answer],
    path: "$.messages[3]",
    repaired: [user, asks(call("c1")), result("c1"), { role: "system", content: "Be brief." }, answer],
    dropped: [user, { role: "system", content: "Be brief." }, answer],
    rejectedBy: "openai",
    rejection: `${MISSING_RESULT}c1`,
  },
  {
    code: "result-misplaced",
    name: "before its call",
    messages: [user, result("c1"), asks(call("c1")), answer],
    path: "$.messages[1]",
    repaired: [user, asks(call("c1")), result("c1"), answer],
    dropped: [user, answer],
    rejectedBy: "openai",
    rejection: ORPHANED_RESULT,
  },
];

const calls: readonly RepairCase[] = [
  {
    code: "call-id-duplicated",
    name: "within a message",
    messages: [user, asks(call("c1"), call("c1", "time")), result("c1"), result("c1", "noon"), answer],
    path: "$.messages[1].tool_calls[1].id",
    repaired: [
      user,
      asks(call("c1"), call("call_repaired_1", "time")),
      result("c1"),
      result("call_repaired_1", "noon"),
      answer,
    ],
    dropped: [user, asks(call("c1")), result("c1"), answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid parameter: Duplicate value for 'tool_call_id' of 'c1', in messages[2] and messages[3].",
  },
  {
    code: "call-id-duplicated",
    name: "in a later turn",
    messages: [user, asks(call("c1")), result("c1"), answer, thanks, asks(call("c1")), result("c1"), answer],
    path: "$.messages[5].tool_calls[0].id",
    repaired: [
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
    rejectedBy: "anthropic",
    rejection: "400 messages.5.content.0: `tool_use` ids must be unique",
  },
  {
    code: "call-id-invalid",
    name: "that is missing",
    messages: [user, asks({ ...call("x"), id: null }), result("c1"), answer],
    path: "$.messages[1].tool_calls[0].id",
    repaired: [user, asks(call("call_repaired_1")), result("call_repaired_1"), answer],
    dropped: [user, answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid type for 'messages[1].tool_calls[0].id': expected a string, but got null instead.",
  },
  {
    code: "call-id-invalid",
    name: "that is too long",
    messages: [user, asks(call(longId)), result(longId), answer],
    path: "$.messages[1].tool_calls[0].id",
    repaired: [user, asks(call("call_repaired_1")), result("call_repaired_1"), answer],
    dropped: [user, answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 46 instead.",
  },
  {
    code: "call-id-invalid",
    name: "missing in the result",
    messages: [user, asks(call("c1")), { role: "tool", content: "blue sky" }, answer],
    path: "$.messages[2].tool_call_id",
    repaired: [user, asks(call("c1")), { role: "tool", content: "blue sky", tool_call_id: "c1" }, answer],
    rejectedBy: "openai",
    rejection: "400 Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
  },
  {
    code: "call-invalid",
    name: "that is null",
    messages: [user, asks(call("c1"), null), result("c1"), answer],
    path: "$.messages[1].tool_calls[1]",
    repaired: [user, asks(call("c1")), result("c1"), answer],
    rejectedBy: "openai",
    rejection: "400 Invalid type for 'messages[1].tool_calls[1]': expected an object, but got null instead.",
  },
  {
    code: "call-invalid",
    name: "without a tool name",
    messages: [user, asks(call("c1", "")), result("c1"), answer],
    path: "$.messages[1].tool_calls[0]",
    repaired: [user, answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid 'messages[1].tool_calls[0].function.name': empty string. Expected a string with minimum length 1, but got an empty string instead.",
  },
  {
    code: "call-invalid",
    name: "with a tool name that providers reject",
    messages: [user, asks(call("c1", "weather.today")), result("c1"), answer],
    path: "$.messages[1].tool_calls[0]",
    repaired: [user, asks(call("c1", "weather_today")), result("c1"), answer],
    dropped: [user, answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid 'messages[1].tool_calls[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
  },
  {
    code: "call-invalid",
    name: "without a type",
    messages: [user, asks({ id: "c1", function: { name: "f", arguments: "{}" } }), result("c1"), answer],
    path: "$.messages[1].tool_calls[0]",
    repaired: [
      user,
      asks({ id: "c1", function: { name: "f", arguments: "{}" }, type: "function" }),
      result("c1"),
      answer,
    ],
    dropped: [user, answer],
    rejectedBy: "openai",
    rejection: "400 Missing required parameter: 'messages[1].tool_calls[0].type'.",
  },
  {
    code: "call-invalid",
    name: "in an object instead of an array",
    messages: [user, { ...answer, tool_calls: { c1: "weather" } }],
    path: "$.messages[1].tool_calls",
    repaired: [user, answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid type for 'messages[1].tool_calls': expected an array of objects, but got an object instead.",
  },
  {
    code: "calls-empty",
    name: "next to an answer",
    messages: [user, { ...answer, tool_calls: [] }],
    path: "$.messages[1].tool_calls",
    repaired: [user, answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid 'messages[1].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  },
  {
    code: "arguments-invalid",
    name: "that are not a string",
    messages: [user, asks(call("c1", "weather", { city: "Rome" })), result("c1"), answer],
    path: "$.messages[1].tool_calls[0].function.arguments",
    repaired: [user, asks(call("c1")), result("c1"), answer],
    dropped: [user, answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid type for 'messages[1].tool_calls[0].function.arguments': expected a string, but got an object instead.",
  },
  {
    code: "arguments-invalid",
    name: "that are truncated",
    messages: [user, asks(call("c1", "weather", '{"city":"Ro')), result("c1", "Invalid arguments"), answer],
    path: "$.messages[1].tool_calls[0].function.arguments",
    repaired: [
      user,
      asks(call("c1", "weather", '{"raw":"{\\"city\\":\\"Ro"}')),
      result("c1", "Invalid arguments"),
      answer,
    ],
    dropped: [user, answer],
    rejectedBy: "vllm",
    rejection: "400 Expecting ',' delimiter: line 1 column 54 (char 53)",
  },
  {
    code: "arguments-invalid",
    name: "that are empty",
    messages: [user, asks(call("c1", "now", "")), result("c1", "noon"), answer],
    path: "$.messages[1].tool_calls[0].function.arguments",
    repaired: [user, asks(call("c1", "now", "{}")), result("c1", "noon"), answer],
    dropped: [user, answer],
    rejectedBy: "llamaCpp",
    rejection: "500 Failed to parse tool call arguments as JSON",
  },
  {
    code: "tool-gone",
    name: "with its result",
    messages: [user, asks(call("c1", "forecast"), call("c2")), result("c1", "rain"), result("c2"), answer],
    path: "$.messages[1].tool_calls[0]",
    repaired: [
      user,
      { role: "assistant", content: `${removed}It returned: rain]`, tool_calls: [call("c2")] },
      result("c2"),
      answer,
    ],
    dropped: [user, asks(call("c2")), result("c2"), answer],
    rejectedBy: "gemini",
    rejection: "400 Request contains an invalid argument.",
    options: { tools: ["weather"] },
  },
  {
    code: "tool-gone",
    name: "if no tools are left",
    messages: [user, { ...asks(call("c1", "forecast")), content: "Let me see." }, result("c1", ""), answer],
    path: "$.messages[1].tool_calls[0]",
    repaired: [
      user,
      { role: "assistant", content: `Let me see.\n\n${removed}It did not return anything.]` },
      answer,
    ],
    dropped: [user, { role: "assistant", content: "Let me see." }, answer],
    rejectedBy: "anthropic",
    rejection: "400 litellm.UnsupportedParamsError: Anthropic doesn't support tool calling without `tools=`",
    options: { tools: [] },
  },
];

const FUNCTION = { name: "weather", arguments: "{}" };
const noon = { role: "function", name: "weather", content: "noon" };
const asksFunction = (functionCall: unknown): object => ({
  role: "assistant",
  content: "Let me see.",
  function_call: functionCall,
});
const letMeSee = { role: "assistant", content: "Let me see." };

const callTypes: readonly RepairCase[] = ["func", "", "mcp", "Function"].map((type) => ({
  code: "call-invalid",
  name: `of the type "${type}"`,
  messages: [user, asks({ ...call("c1"), type }), result("c1"), answer],
  path: "$.messages[1].tool_calls[0]",
  repaired: [user, asks({ ...call("c1"), type: "function" }), result("c1"), answer],
  dropped: [user, answer],
  rejectedBy: "openai",
  rejection: `400 Invalid value: '${type}'. Supported values are: 'function' and 'custom'.`,
}));

const invalidFunctions: readonly RepairCase[] = ["weather", [], {}, { ...FUNCTION, name: "" }].map(
  (functionCall, index) => ({
    code: "call-invalid",
    name: `of a function, malformed in the way ${index + 1}`,
    messages: [user, asksFunction(functionCall), noon, answer],
    path: "$.messages[1].function_call",
    repaired: [user, letMeSee, noon, answer],
    rejectedBy: "openai",
    rejection: "messages[1].function_call",
  }),
);

const functionArguments: readonly RepairCase[] = [
  [undefined, "{}"],
  [null, "{}"],
  [{ a: 1 }, '{"a":1}'],
  [7, '{"raw":7}'],
].map(([value, text]) => ({
  code: "arguments-invalid",
  name: `of a function: ${JSON.stringify(value)}`,
  messages: [user, asksFunction({ ...FUNCTION, arguments: value }), noon, answer],
  path: "$.messages[1].function_call.arguments",
  repaired: [user, asksFunction({ ...FUNCTION, arguments: text }), noon, answer],
  dropped: [user, letMeSee, noon, answer],
  rejectedBy: "openai",
  rejection: "messages[1].function_call.arguments'",
}));

const legacyCalls: readonly RepairCase[] = [
  ...callTypes,
  ...invalidFunctions,
  ...functionArguments,
  {
    code: "call-invalid",
    name: "of an unknown type, of a custom tool",
    messages: [user, asks({ id: "c1", type: "x", custom: { name: "sql", input: "" } }), result("c1"), answer],
    path: "$.messages[1].tool_calls[0]",
    repaired: [
      user,
      asks({ id: "c1", type: "custom", custom: { name: "sql", input: "" } }),
      result("c1"),
      answer,
    ],
    dropped: [user, answer],
    rejectedBy: "openai",
    rejection: "400 Invalid value: 'x'.",
  },
  {
    code: "call-invalid",
    name: "of an unknown type, without a tool",
    messages: [user, asks({ id: "c1", type: "x" }), result("c1"), answer],
    path: "$.messages[1].tool_calls[0]",
    repaired: [user, answer],
    rejectedBy: "openai",
    rejection: "400 Invalid value: 'x'.",
  },
  {
    code: "call-invalid",
    name: "of a function with a name that providers reject",
    messages: [user, asksFunction({ ...FUNCTION, name: "a b" }), noon, answer],
    path: "$.messages[1].function_call",
    repaired: [user, asksFunction({ ...FUNCTION, name: "a_b" }), noon, answer],
    dropped: [user, letMeSee, noon, answer],
    rejectedBy: "openai",
    rejection: "string does not match pattern",
  },
];

const singleMessages: readonly RepairCase[] = [
  {
    code: "message-invalid",
    name: "null",
    messages: [user, null, answer],
    path: "$.messages[1]",
    repaired: [user, answer],
    rejectedBy: "openai",
    rejection: "400 Invalid type for 'messages[1]': expected an object, but got null instead.",
  },
  {
    code: "message-invalid",
    name: "a function result without a name",
    messages: [user, { role: "function", content: "noon" }, answer],
    path: "$.messages[1]",
    repaired: [user, answer],
    rejectedBy: "openai",
    rejection: "400 Missing parameter 'name': messages with role 'function' must have a 'name'.",
  },
  {
    code: "role-unknown",
    name: "of another framework",
    messages: [{ role: "human", content: "Hello?" }, user, answer],
    path: "$.messages[0].role",
    repaired: [user, answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid value: 'human'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
  },
  {
    code: "content-invalid",
    name: "a part of the Responses API",
    messages: [
      {
        role: "user",
        content: [
          { type: "input_text", text: "Rome?" },
          { type: "text", text: "Now." },
        ],
      },
      answer,
    ],
    path: "$.messages[0].content[0]",
    repaired: [
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
    rejectedBy: "openai",
    rejection: "400 Invalid value: 'input_text'.",
  },
  {
    code: "content-invalid",
    name: "an object",
    messages: [user, asks(call("c1")), result("c1", { sky: "blue" }), answer],
    path: "$.messages[2].content",
    repaired: [user, asks(call("c1")), result("c1", '{"sky":"blue"}'), answer],
    dropped: [user, answer],
    rejectedBy: "openai",
    rejection:
      "400 Invalid type for 'messages[2].content': expected one of a string or array of objects, but got an object instead.",
  },
  {
    code: "content-invalid",
    name: "null, of a tool",
    messages: [user, asks(call("c1")), result("c1", null), answer],
    path: "$.messages[2].content",
    repaired: [user, asks(call("c1")), result("c1", ""), answer],
    dropped: [user, answer],
    rejectedBy: "openai",
    rejection: "400 Invalid value for 'content': expected a string, got null.",
  },
  {
    code: "content-invalid",
    name: "missing, of the user",
    messages: [{ role: "user" }, user, answer],
    path: "$.messages[0].content",
    repaired: [user, answer],
    rejectedBy: "openai",
    rejection: "400 Missing required parameter: 'messages[0].content'.",
  },
  {
    code: "content-invalid",
    name: "a part that is a string",
    messages: [{ role: "user", content: ["Rome?", { type: "text", text: "Now." }] }, answer],
    path: "$.messages[0].content[0]",
    repaired: [
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
    rejectedBy: "openai",
    rejection: "400 Invalid type for 'messages[0].content[0]': expected an object, but got a string instead.",
  },
  {
    code: "message-empty",
    name: "neither content nor calls",
    messages: [user, { role: "assistant", content: null, rejection: null }, thanks, answer],
    path: "$.messages[1]",
    repaired: [user, thanks, answer],
    rejectedBy: "openai",
    rejection: "400 Invalid value for 'content': expected a string, got null.",
  },
  {
    code: "message-empty",
    name: "an empty string",
    messages: [user, { role: "assistant", content: "", reasoning_content: "Hm." }, thanks, answer],
    path: "$.messages[1]",
    repaired: [user, thanks, answer],
    rejectedBy: "anthropic",
    rejection: "400 messages: text content blocks must be non-empty",
  },
  {
    code: "message-duplicated",
    name: "a call that was saved twice",
    messages: [user, asks(call("c1")), asks(call("c1")), result("c1"), answer],
    path: "$.messages[2]",
    repaired: [user, asks(call("c1")), result("c1"), answer],
    rejectedBy: "openai",
    rejection: `${MISSING_RESULT}c1`,
  },
  {
    code: "message-duplicated",
    name: "a user message that was sent twice",
    messages: [user, user, answer],
    path: "$.messages[1]",
    repaired: [user, answer],
    rejectedBy: "gemma",
    rejection: "400 Conversation roles must alternate user/assistant/user/assistant/...",
  },
  {
    code: "text-malformed",
    name: "a lone surrogate",
    messages: [{ role: "user", content: "cut \ud83c" }, answer],
    path: "$.messages[0].content",
    repaired: [{ role: "user", content: "cut \ufffd" }, answer],
    rejectedBy: "openai",
    rejection: "400 We could not parse the JSON body of your request.",
  },
  {
    code: "system-misplaced",
    name: "within the conversation",
    messages: [
      { role: "system", content: "Be kind." },
      user,
      { role: "developer", content: "Be brief." },
      answer,
    ],
    path: "$.messages[2]",
    repaired: [{ role: "system", content: "Be kind." }, user, { role: "user", content: "Be brief." }, answer],
    dropped: [{ role: "system", content: "Be kind." }, user, answer],
    rejectedBy: "qwen",
    rejection: "400 System message must be at the beginning.",
    options: { strictOrder: true },
  },
  {
    code: "answer-missing",
    name: "to a result",
    messages: [user, asks(call("c1")), result("c1"), thanks, answer],
    path: "$.messages[3]",
    repaired: [
      user,
      asks(call("c1")),
      result("c1"),
      { role: "assistant", content: INTERRUPTED_ANSWER },
      thanks,
      answer,
    ],
    rejectedBy: "mistral",
    rejection: "400 Unexpected role 'user' after role 'tool'",
    options: { strictOrder: true },
  },
];

const turns: readonly RepairCase[] = [
  {
    code: "turn-open",
    name: "that must be closed",
    messages: [user],
    members: { turn: { id: "t1", start: 0, rounds: 0 } },
    path: "$.turn",
    repaired: [user],
    rejectedBy: "agent",
    rejection: "TURN_OPEN",
    options: { openTurn: "close" },
  },
  {
    code: "turn-invalid",
    name: "with nothing left to do",
    messages: [user, asks(call("c1")), result("c1"), answer],
    members: { turn: { ...turn, calls: [] } },
    path: "$.turn",
    repaired: [user, asks(call("c1")), result("c1"), answer],
    rejectedBy: "agent",
    rejection: "THREAD_INVALID",
  },
  {
    code: "turn-invalid",
    name: "that is null",
    messages: [user, answer],
    members: { turn: "t1" },
    path: "$.turn",
    repaired: [user, answer],
    rejectedBy: "agent",
    rejection: "THREAD_INVALID",
  },
  {
    code: "approval-dangling",
    name: "of a call that has a result",
    messages: [user, asks(call("c1"), call("c2")), result("c2")],
    members: { turn: { ...turn, calls: [...turn.calls, { callId: "c2", state: "approval-needed" }] } },
    path: "$.turn.calls[1]",
    repaired: [user, asks(call("c1"), call("c2")), result("c2")],
    rejectedBy: "agent",
    rejection: "THREAD_INVALID",
  },
];

const repairCases: readonly RepairCase[] = [
  ...results,
  ...calls,
  ...legacyCalls,
  ...singleMessages,
  ...turns,
];

function clientOf(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "k", maxRetries: 0 });
}

/** An agent with these tools. */
function agentOf(url: string, { tools = ["weather"] }: CheckOptions = {}): ChatAgent {
  return createChatAgent({
    client: clientOf(url),
    model: "m",
    tools: tools.map((name) => defineTool({ name, run: () => "blue sky" })),
  });
}

/** Sends the messages and the next user message without checking them. */
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

async function continueThread(agent: ChatAgent, thread: SerializedThread): Promise<string> {
  return (await agent.run("And now?", await agent.deserializeThread(thread))).text;
}

const named = repairCases.map((each) => [each.code, each.name, each] as const);

describe("a provider rejects a corrupt thread and accepts the repaired one", () => {
  const rejected = named.filter(([, , { rejectedBy }]) => rejectedBy !== "agent");
  test.each(rejected)("%s: %s", async (code, _name, each) => {
    const { path, repaired, dropped = repaired, rejectedBy, rejection, options } = each;
    const thread = threadOf(each.messages);
    const before = JSON.stringify(thread);
    const server = await startStrictServer(rejectedBy as StrictServerKind);
    await expect(send(server.url, each.messages, options)).rejects.toThrow(rejection);
    expect(checkThread(thread, options)).toMatchObject([{ code, path }]);

    const synthesized = repairThread(thread, "synthesize", options);
    expect(JSON.stringify(messagesOf(synthesized.thread))).toBe(JSON.stringify(repaired));
    expect(synthesized.changes).toMatchObject([{ code, path }]);
    expect(checkThread(synthesized.thread, options)).toEqual([]);
    const agent = agentOf(server.url, options);
    expect(await continueThread(agent, synthesized.thread)).toBe("ok");

    const dropping = repairThread(thread, "drop", options);
    expect(messagesOf(dropping.thread)).toEqual(dropped);
    expect(dropping.changes[0]).toMatchObject({ code, path });
    expect(await continueThread(agent, dropping.thread)).toBe("ok");

    expect(() => repairThread(thread, { [code]: "stop" }, options)).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path }) as Error,
    );
    expect(JSON.stringify(thread)).toBe(before);
  });
});

describe("an agent rejects a corrupt thread and accepts the repaired one", () => {
  const rejected = named.filter(([, , { rejectedBy }]) => rejectedBy === "agent");
  test.each(rejected)(
    "%s: %s",
    async (code, _name, { messages, members, path, repaired, rejection, options }) => {
      const thread = threadOf(messages, members);
      const server = await startStrictServer();
      const agent = agentOf(server.url);
      await expect(continueThread(agent, thread)).rejects.toMatchObject({ code: rejection });
      expect(checkThread(thread, options)).toMatchObject([{ code, path }]);
      const synthesized = repairThread(thread, "synthesize", options);
      expect(messagesOf(synthesized.thread)).toEqual(repaired);
      expect(synthesized.changes).toMatchObject([{ code, path, action: "drop" }]);
      const deserialized = await agent.deserializeThread(synthesized.thread);
      expect(deserialized.openTurn?.approvals.map(({ callId }) => callId)).toEqual(
        code === "approval-dangling" ? ["c1"] : undefined,
      );
      expect(() => repairThread(thread, "stop", options)).toThrow(
        expect.objectContaining({ code: "THREAD_INVALID", path }) as Error,
      );
    },
  );
});

test("deserializeThread repairs calls of removed tools and keeps a turn that can be resumed", async () => {
  const server = await startStrictServer("gemini");
  const agent = agentOf(server.url);
  const thread = threadOf([user, asks(call("c0", "forecast")), result("c0", "rain"), asks(call("c1"))], {
    turn: { ...turn, rounds: 2 },
  });
  const codes: string[] = [];
  const deserialized = await agent.deserializeThread(thread, {
    repair: { "tool-gone": "rewrite" },
    onRepair: (changes) => codes.push(...changes.map(({ code }) => code)),
  });
  expect(codes).toEqual(["tool-gone"]);
  expect(deserialized.openTurn?.approvals).toMatchObject([{ callId: "c1" }]);
  const waiting = deserialized.openTurn?.approvals ?? [];
  const approvals = waiting.map((shown) => ({ ...shown, approved: true }));
  const { text } = await agent.resume(deserialized, { approvals });
  expect(text).toBe("ok");
});

test("a thread can be checked without serializing it", async () => {
  const server = await startStrictServer();
  const { thread } = await agentOf(server.url).run("Hi");
  expect(checkThread(thread)).toEqual([]);
  expect(repairThread(thread, "stop").thread).toEqual(await thread.serialize());
});

test("there is a case for every kind of finding", () => {
  const tested = new Set(repairCases.map(({ code }) => code));
  // See responses-repair.test.ts for the service, damage.test.ts for other members, and limits.test.ts for limits.
  const elsewhere = [
    "envelope-invalid",
    "service-invalid",
    "service-outdated",
    "state-invalid",
    "calls-too-many",
    "member-missing",
    "member-unsupported",
    "name-invalid",
    "part-unsupported",
    "reasoning-dangling",
    "text-too-long",
  ];
  expect([...tested, ...elsewhere].toSorted()).toEqual(FINDING_CODES.toSorted());
});
