import { INTERRUPTED_RESULT } from "@threadstore/agent/provider";
import { describe, expect, test } from "vitest";
import {
  canonical,
  csharpSession,
  golden,
  goldenNames,
  messagesIn,
  messagesOf,
  pythonSession,
  throughAgent,
} from "../golden.test-helper.ts";
import {
  checkAgentFrameworkThread,
  InterchangeError,
  readAgentFrameworkThread,
  repairAgentFrameworkThread,
} from "../index.ts";
import { printNode, type JsonNode, type ObjectNode } from "../json/node.ts";
import { parseNode } from "../json/parse.ts";
import { findHistory, withMessages } from "../shapes/history.ts";
import { requireAgentFramework } from "../shapes/recognize.ts";

/** Replaces the messages of a thread. */
function edit(text: string, change: (messages: readonly JsonNode[]) => readonly JsonNode[]): string {
  const { root, shape } = requireAgentFramework(parseNode(text));
  const { key, messages = [] } = findHistory(root, shape);
  return printNode(withMessages(root, shape, key, change(messages)) as ObjectNode);
}

function pathOf(text: string): string {
  const { root, shape } = requireAgentFramework(parseNode(text));
  return findHistory(root, shape).path;
}

/** A message with the result of an interrupted call, by the start of the golden file's name. */
const INTERRUPTED: { readonly [shape: string]: string } = {
  csharp: `{"role":"tool","contents":[{"$type":"functionResult","callId":"call_1","result":"${INTERRUPTED_RESULT}"}]}`,
  "python-session": `{"role":"tool","contents":[{"type":"function_result","call_id":"call_1","result":"${INTERRUPTED_RESULT}","items":[{"type":"text","text":"${INTERRUPTED_RESULT}","additional_properties":{}}],"additional_properties":{}}],"additional_properties":{},"type":"message"}`,
  "python-thread": `{"type":"chat_message","role":{"type":"role","value":"tool"},"contents":[{"type":"function_result","annotations":null,"call_id":"call_1","result":"${INTERRUPTED_RESULT}","exception":null}],"author_name":null,"message_id":null,"additional_properties":{}}`,
};

function interruptedIn(name: string): JsonNode {
  const entry = Object.entries(INTERRUPTED).find(([shape]) => name.startsWith(shape));
  return parseNode(entry?.[1] ?? "");
}

const conversations = goldenNames.filter((name) => name.includes("tool-call"));

describe.each(conversations)("%s, when it is corrupt, is reported and repaired in its own shape:", (name) => {
  const whole = canonical(golden(name));
  const path = pathOf(whole);
  const [user, ask, result, answer] = requireMessages(whole);

  test.each<[string, readonly JsonNode[], string, string, readonly JsonNode[], readonly JsonNode[]]>([
    [
      "a lost result",
      [user, ask, answer],
      "result-missing",
      "[1].contents[0]",
      [user, ask, interruptedIn(name), answer],
      [user, answer],
    ],
    [
      "a call at the end",
      [user, ask],
      "result-missing",
      "[1].contents[0]",
      [user, ask, interruptedIn(name)],
      [user],
    ],
    [
      "a lost call",
      [result, answer, user],
      "result-orphaned",
      "[0].contents[0]",
      [answer, user],
      [answer, user],
    ],
    [
      "a repeated result",
      [user, ask, result, result, answer],
      "result-duplicated",
      "[3].contents[0]",
      [user, ask, result, answer],
      [user, ask, result, answer],
    ],
    [
      "a repeated call",
      [user, ask, ask, result, answer],
      "message-duplicated",
      "[2]",
      [user, ask, result, answer],
      [user, ask, result, answer],
    ],
    [
      "an invalid message",
      [user, ask, result, parseNode('{"role":5}'), answer],
      "message-invalid",
      "[3].role",
      [user, ask, result, answer],
      [user, ask, result, answer],
    ],
  ])("%s", async (_name, corrupt, code, position, repaired, dropped) => {
    const text = edit(whole, () => corrupt);
    expect(checkAgentFrameworkThread(text)).toMatchObject([{ code, path: path + position }]);
    const repair = repairAgentFrameworkThread(text, "synthesize");
    expect(repair.text).toBe(edit(whole, () => repaired));
    expect(repair.changes).toMatchObject([{ code, path: path + position }]);
    expect(checkAgentFrameworkThread(repair.text)).toEqual([]);
    expect(repairAgentFrameworkThread(text, "drop").text).toBe(edit(whole, () => dropped));
    expect(() => repairAgentFrameworkThread(text, "stop")).toThrow(
      expect.objectContaining({
        name: "InterchangeError",
        code: "THREAD_INVALID",
        path: path + position,
      }) as Error,
    );
    expect(await throughAgent(readAgentFrameworkThread(repair.text).thread)).toBeDefined();
  });

  test("a misplaced result is moved, unchanged byte for byte", () => {
    const text = edit(whole, () => [user, ask, answer, result]);
    expect(checkAgentFrameworkThread(text)).toMatchObject([
      { code: "result-misplaced", path: `${path}[3].contents[0]` },
    ]);
    const { text: repaired, changes } = repairAgentFrameworkThread(text, "synthesize");
    expect(changes).toMatchObject([{ action: "move", counterpart: `${path}[1].contents[0]` }]);
    const moved = messagesIn(repaired)[2]?.["contents"];
    expect(JSON.stringify(moved)).toBe(JSON.stringify(messagesIn(whole)[2]?.["contents"]));
    expect(messagesOf(readAgentFrameworkThread(repaired).thread)).toEqual(
      messagesOf(readAgentFrameworkThread(whole).thread),
    );
  });

  test("a repeated call id is renamed together with its result's", () => {
    const text = edit(whole, (messages) => [...messages, user, ask, result, answer]);
    const callPath = `${path}[5].contents[0]`;
    expect(checkAgentFrameworkThread(text)).toMatchObject([
      { code: "call-id-duplicated", path: `${callPath}.${name.startsWith("csharp") ? "callId" : "call_id"}` },
    ]);
    const { text: repaired, changes } = repairAgentFrameworkThread(text, "synthesize");
    expect(changes).toMatchObject([{ id: "call_repaired_1", counterpart: `${path}[6].contents[0]` }]);
    const renamed = [ask, result].map((node) => printNode(node).replace('"call_1"', '"call_repaired_1"'));
    expect(repaired).toBe(
      edit(whole, (messages) => [...messages, user, ...renamed.map((node) => parseNode(node)), answer]),
    );
  });

  test("calls of a removed tool are rewritten as text", () => {
    const { text, changes } = repairAgentFrameworkThread(whole, "synthesize", { tools: [] });
    expect(changes).toMatchObject([{ code: "tool-gone", path: `${path}[1].contents[0]`, action: "rewrite" }]);
    expect(messagesOf(readAgentFrameworkThread(text).thread)).toMatchObject([
      { role: "user" },
      {
        content:
          '[Called the tool get_weather, which is no longer available, with {"city":"Oslo"}. It returned: 12C, rain]',
      },
      { role: "assistant", content: "It is 12C and raining." },
    ]);
    const { contents, ...rest } = messagesIn(text)[1] ?? {};
    expect(contents).toHaveLength(1);
    expect({ ...messagesIn(whole)[1], contents: undefined }).toEqual({ ...rest, contents: undefined });
  });

  test("a valid conversation is left unchanged", () => {
    expect(checkAgentFrameworkThread(golden(name))).toEqual([]);
    const { text, changes } = repairAgentFrameworkThread(golden(name), "drop", { openTurn: "close" });
    expect(text).toBe(whole);
    expect(changes).toEqual([]);
  });
});

function requireMessages(text: string): [JsonNode, JsonNode, JsonNode, JsonNode] {
  const { root, shape } = requireAgentFramework(parseNode(text));
  const [first, second, third, fourth] = findHistory(root, shape).messages ?? [];
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) {
    throw new Error("The conversation must have four messages.");
  }
  return [first, second, third, fourth];
}

test.each(goldenNames)("%s is valid", (name) => {
  expect(checkAgentFrameworkThread(golden(name))).toEqual([]);
  expect(repairAgentFrameworkThread(golden(name), "stop").text).toBe(canonical(golden(name)));
});

const csharpPath = "$.stateBag.InMemoryChatHistoryProvider.messages";
const pythonPath = "$.state.in_memory.messages";

/** Creates a content item in the current shape of C#. */
function csharp($type: string, rest: object): object {
  return { $type, ...rest };
}

/** Creates a message in the current shape of C#. */
function message(role: string, ...contents: object[]): object {
  return { role, contents };
}

const call = csharp("functionCall", { callId: "c1", name: "f", arguments: { a: 1 } });
const text = (value: string): object => csharp("text", { text: value });
const hello = message("user", text("Hello?"));
const next = message("user", text("And now?"));
const interrupted = csharp("functionResult", { callId: "c1", result: INTERRUPTED_RESULT });

describe("threads of Agent Framework", () => {
  test("results in an assistant message are inserted before the text that follows the calls", () => {
    const other = csharp("functionCall", { callId: "c2", name: "f" });
    const done = csharp("functionResult", { callId: "c2", result: "x" });
    const thread = csharpSession(hello, message("assistant", call, other, done, text("There.")), next);
    expect(checkAgentFrameworkThread(thread)).toMatchObject([
      { code: "result-missing", path: `${csharpPath}[1].contents[0]` },
    ]);
    expect(repairAgentFrameworkThread(thread, "synthesize").text).toBe(
      csharpSession(hello, message("assistant", call, other, done, interrupted, text("There.")), next),
    );
  });

  test("content items that are not sent to providers remain when a call in their message is dropped", () => {
    const usage = csharp("usage", { details: { inputTokenCount: 1 } });
    const thread = csharpSession(hello, message("assistant", usage, call), next);
    expect(repairAgentFrameworkThread(thread, "drop").text).toBe(
      csharpSession(hello, message("assistant", usage), next),
    );
    expect(repairAgentFrameworkThread(thread, "synthesize").text).toBe(
      csharpSession(hello, message("assistant", usage, call), message("tool", interrupted), next),
    );
  });

  test("only messages with the same ids and times are copies", () => {
    const yes = (messageId: string): object => ({ ...message("user", text("Yes.")), messageId });
    const answer = message("assistant", text("Once more?"));
    const thread = csharpSession(yes("1"), yes("2"), answer, answer);
    expect(checkAgentFrameworkThread(thread)).toMatchObject([
      { code: "message-duplicated", path: `${csharpPath}[3]` },
    ]);
    expect(repairAgentFrameworkThread(thread, "synthesize").text).toBe(
      csharpSession(yes("1"), yes("2"), answer),
    );
  });

  test("a message with results and user text is split to insert a missing answer", () => {
    const result = csharp("functionResult", { callId: "c1", result: "x" });
    const thread = csharpSession(message("assistant", call), message("user", result, text("Well?")));
    expect(checkAgentFrameworkThread(thread)).toEqual([]);
    expect(checkAgentFrameworkThread(thread, { strictOrder: true })).toMatchObject([
      { code: "answer-missing", path: `${csharpPath}[1]` },
    ]);
    const { text: repaired } = repairAgentFrameworkThread(thread, "synthesize", { strictOrder: true });
    expect(messagesIn(repaired)).toMatchObject([
      { role: "assistant" },
      { role: "user", contents: [result] },
      {
        role: "assistant",
        contents: [{ text: "(This turn was interrupted before the assistant answered.)" }],
      },
      { role: "user", contents: [text("Well?")] },
    ]);
  });

  test.each<[string, string, string, string, unknown]>([
    [
      "truncated arguments in Python",
      pythonSession(
        {
          role: "assistant",
          contents: [{ type: "function_call", call_id: "c1", name: "f", arguments: "{" }],
        },
        { role: "tool", contents: [{ type: "function_result", call_id: "c1", result: "x" }] },
      ),
      "arguments-invalid",
      `${pythonPath}[0].contents[0].arguments`,
      [{ type: "function_call", call_id: "c1", name: "f", arguments: '{"raw":"{"}' }],
    ],
    [
      "arguments that are text in C#",
      csharpSession(
        message("assistant", { ...call, arguments: "[1]" }),
        message("tool", csharp("functionResult", { callId: "c1" })),
      ),
      "arguments-invalid",
      `${csharpPath}[0].contents[0].arguments`,
      [{ ...call, arguments: { raw: [1] } }],
    ],
    [
      "a tool name that providers reject",
      csharpSession(
        message("assistant", { ...call, name: "a.b" }),
        message("tool", csharp("functionResult", { callId: "c1" })),
      ),
      "call-invalid",
      `${csharpPath}[0].contents[0]`,
      [{ ...call, name: "a_b" }],
    ],
    [
      "an empty answer with usage",
      csharpSession(message("assistant", text(""), csharp("usage", { details: {} })), next),
      "message-empty",
      `${csharpPath}[0]`,
      [csharp("usage", { details: {} })],
    ],
    [
      "an invalid content item",
      csharpSession(message("user", text("x"), { $type: "functionCall", name: "f" })),
      "content-invalid",
      `${csharpPath}[0].contents[1].callId`,
      [text("x")],
    ],
    [
      "a lone surrogate",
      csharpSession(message("user", text("x\ud83c"))),
      "text-malformed",
      `${csharpPath}[0].contents[0].text`,
      [text("x\ufffd")],
    ],
    [
      "a system message in the middle of a conversation",
      csharpSession(hello, message("system", text("x"))),
      "system-misplaced",
      `${csharpPath}[1]`,
      [text("Hello?")],
    ],
  ])("%s", (_name, thread, code, path, contents) => {
    const options = { strictOrder: true };
    expect(checkAgentFrameworkThread(thread, options)).toMatchObject([{ code, path }]);
    const { text: repaired, changes } = repairAgentFrameworkThread(thread, {}, options);
    expect(changes).toMatchObject([{ code, path }]);
    expect(messagesIn(repaired)[0]?.["contents"]).toEqual(contents);
    expect(checkAgentFrameworkThread(repaired, options)).toEqual([]);
    expect(() => repairAgentFrameworkThread(thread, { [code]: "stop" }, options)).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path }) as Error,
    );
  });

  test("roles that are objects stay objects", () => {
    const role = { type: "role", value: "system", odd: 1 };
    const thread = JSON.stringify({
      type: "agent_thread_state",
      chat_message_store_state: {
        messages: [
          { role: { value: "user" }, contents: ["x"] },
          { role, contents: ["y"] },
        ],
      },
    });
    const { text: repaired } = repairAgentFrameworkThread(thread, "synthesize", { strictOrder: true });
    expect(messagesIn(repaired)[1]).toEqual({ role: { ...role, value: "user" }, contents: ["y"] });
  });
});

describe("approvals", () => {
  const request = csharp("toolApprovalRequest", { toolCall: call, requestId: "r1" });
  const response = csharp("toolApprovalResponse", { toolCall: call, approved: true, requestId: "r1" });
  const olderRequest = csharp("functionApprovalRequest", {
    id: "r1",
    functionCall: { callId: "c1", name: "f", arguments: { a: 1 } },
  });
  const pythonCall = { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}' };
  const pythonRequest = { type: "function_approval_request", id: "r1", function_call: pythonCall };

  test.each<[name: string, thread: string, closed: readonly string[]]>([
    ["of C#", csharpSession(hello, message("assistant", request)), ["[1]"]],
    ["of the first C# version", csharpSession(hello, message("assistant", olderRequest)), ["[1]"]],
    [
      "of Python",
      pythonSession(
        message("user", { type: "text", text: "x" }),
        message("assistant", pythonCall, pythonRequest),
      ),
      ["[1]"],
    ],
    [
      "with a response",
      csharpSession(hello, message("assistant", request), message("user", response)),
      ["[1]", "[2]"],
    ],
    [
      "with two responses",
      csharpSession(
        hello,
        message("assistant", request),
        message("user", response),
        message("user", { ...response, approved: false }),
      ),
      ["[1]", "[2]", "[3]"],
    ],
    [
      "with a response before the request",
      csharpSession(hello, message("user", response), message("assistant", request)),
      ["[2]", "[1]"],
    ],
  ])("pending at the end are kept, or closed if asked: %s", (_name, thread, positions) => {
    expect(checkAgentFrameworkThread(thread)).toEqual([]);
    expect(repairAgentFrameworkThread(thread, "drop").text).toBe(thread);
    const { text: closed, changes } = repairAgentFrameworkThread(thread, "synthesize", { openTurn: "close" });
    expect(changes.map(({ code }) => code)).toEqual([...positions.map(() => "turn-open"), "result-missing"]);
    expect(changes.slice(0, -1).map(({ path }) => /messages(\[\d+\])/.exec(path)?.[1])).toEqual(positions);
    expect(JSON.stringify(messagesIn(closed))).toContain(INTERRUPTED_RESULT);
    expect(closed).not.toMatch(/[aA]pproval/);
    expect(checkAgentFrameworkThread(closed, { openTurn: "close" })).toEqual([]);
  });

  test("that were never answered although the conversation continued become interrupted calls", () => {
    for (const unanswered of [request, olderRequest]) {
      const thread = csharpSession(hello, message("assistant", unanswered), next);
      const path = `${csharpPath}[1].contents[0]`;
      expect(checkAgentFrameworkThread(thread)).toMatchObject([
        { code: "approval-dangling", path },
        { code: "result-missing", path },
      ]);
      expect(repairAgentFrameworkThread(thread, "synthesize").text).toBe(
        csharpSession(hello, message("assistant", call), message("tool", interrupted), next),
      );
      expect(repairAgentFrameworkThread(thread, "drop").text).toBe(csharpSession(hello, next));
      expect(() => repairAgentFrameworkThread(thread, { "approval-dangling": "stop" })).toThrow(
        expect.objectContaining({ code: "THREAD_INVALID", path }) as Error,
      );
    }
  });

  test("that respond to no request are removed", () => {
    const thread = csharpSession(hello, message("user", response), next);
    expect(checkAgentFrameworkThread(thread)).toMatchObject([
      { code: "approval-dangling", path: `${csharpPath}[1].contents[0]` },
    ]);
    expect(repairAgentFrameworkThread(thread, "synthesize").text).toBe(csharpSession(hello, next));
  });
});

test("invalid options and threads in this project's format are rejected", () => {
  const errorWith = (code: string, path: string): Error => expect.objectContaining({ code, path }) as Error;
  const thread = csharpSession(hello);
  expect(() => repairAgentFrameworkThread(thread, "fix" as never)).toThrow(
    errorWith("INVALID_ARGUMENT", "policy"),
  );
  expect(() => checkAgentFrameworkThread(thread, { tools: "f" as never })).toThrow(
    errorWith("INVALID_ARGUMENT", "tools"),
  );
  expect(() => checkAgentFrameworkThread(thread, { historyKey: "" })).toThrow(
    errorWith("INVALID_ARGUMENT", "historyKey"),
  );
  // They are rejected whatever the thread is like: valid, corrupt, or not a thread.
  const corrupt = csharpSession({ role: 5 });
  for (const source of [thread, corrupt, '{"type":"session","session_id":"s"}', "{"]) {
    const misspelled = { openTurn: "closed" as never };
    const other = { strictOrder: "yes" as never };
    expect(() => checkAgentFrameworkThread(source, misspelled)).toThrow(
      errorWith("INVALID_ARGUMENT", "openTurn"),
    );
    expect(() => repairAgentFrameworkThread(source, "stop", misspelled)).toThrow(
      errorWith("INVALID_ARGUMENT", "openTurn"),
    );
    expect(() => repairAgentFrameworkThread(source, "stop", other)).toThrow(
      errorWith("INVALID_ARGUMENT", "strictOrder"),
    );
    expect(() => checkAgentFrameworkThread(source, misspelled)).toThrow(InterchangeError);
  }
  expect(() => checkAgentFrameworkThread({ format: "threadstore.thread" })).toThrow(
    errorWith("SHAPE_UNKNOWN", "$"),
  );
  expect(() => checkAgentFrameworkThread("{")).toThrow(errorWith("THREAD_INVALID", "$"));
  expect(checkAgentFrameworkThread(golden("csharp-thread-third-party-store.json"))).toEqual([]);
});

test("a history with a custom name is found with an option", () => {
  const state = { Mine: { messages: [message("tool", interrupted)] }, Other: { messages: [] } };
  const thread = JSON.stringify({ stateBag: state });
  expect(() => checkAgentFrameworkThread(thread)).toThrow(/historyKey/);
  expect(repairAgentFrameworkThread(thread, "drop", { historyKey: "Mine" }).text).toBe(
    JSON.stringify({ stateBag: { ...state, Mine: { messages: [] } } }),
  );
});

test("content does not appear in messages", () => {
  const secret = "hunter2";
  const thread = csharpSession(
    { role: 5, contents: secret },
    message("assistant", csharp("functionCall", { callId: secret, name: secret, arguments: secret })),
    message("tool", csharp("functionResult", { callId: `${secret}3`, result: secret })),
  );
  const output = [checkAgentFrameworkThread(thread), repairAgentFrameworkThread(thread, "drop").changes];
  expect(JSON.stringify(output)).not.toContain(secret);
  expect(() => repairAgentFrameworkThread(thread, { "arguments-invalid": "stop" })).toThrow(
    /^(?!.*hunter2).*arguments-invalid/,
  );
});
