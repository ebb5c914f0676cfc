import { interruptedResult } from "@threadstore/agent/provider";
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
import { checkAgentFrameworkThread, readAgentFrameworkThread, repairAgentFrameworkThread } from "../index.ts";
import { printNode, type JsonNode, type ObjectNode } from "../json/node.ts";
import { parseNode } from "../json/parse.ts";
import { findHistory, withMessages } from "../shapes/history.ts";
import { requireAgentFramework } from "../shapes/recognize.ts";

/** A thread with other messages, and everything else as it was. */
function edit(text: string, change: (messages: readonly JsonNode[]) => readonly JsonNode[]): string {
  const { root, shape } = requireAgentFramework(parseNode(text));
  const { key, messages = [] } = findHistory(root, shape);
  return printNode(withMessages(root, shape, key, change(messages)) as ObjectNode);
}

function pathOf(text: string): string {
  const { root, shape } = requireAgentFramework(parseNode(text));
  return findHistory(root, shape).path;
}

/** What stands in a message that only says that the call was interrupted. */
const interrupted: { readonly [shape: string]: string } = {
  csharp: `{"role":"tool","contents":[{"$type":"functionResult","callId":"call_1","result":"${interruptedResult}"}]}`,
  "python-session": `{"role":"tool","contents":[{"type":"function_result","call_id":"call_1","result":"${interruptedResult}","items":[{"type":"text","text":"${interruptedResult}","additional_properties":{}}],"additional_properties":{}}],"additional_properties":{},"type":"message"}`,
  "python-thread": `{"type":"chat_message","role":{"type":"role","value":"tool"},"contents":[{"type":"function_result","annotations":null,"call_id":"call_1","result":"${interruptedResult}","exception":null}],"author_name":null,"message_id":null,"additional_properties":{}}`,
};

function interruptedIn(name: string): JsonNode {
  const found = Object.entries(interrupted).find(([shape]) => name.startsWith(shape));
  return parseNode(found?.[1] ?? "");
}

const conversations = goldenNames.filter((name) => name.includes("tool-call"));

describe.each(conversations)(
  "%s, damaged, is reported in its own words and mended in its own shape",
  (name) => {
    const whole = canonical(golden(name));
    const path = pathOf(whole);
    const [user, ask, result, answer] = requireMessages(whole);

    test.each<[string, readonly JsonNode[], string, string, readonly JsonNode[], readonly JsonNode[]]>([
      [
        "a result that was lost",
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
        "a call that was cut off",
        [result, answer, user],
        "result-orphaned",
        "[0].contents[0]",
        [answer, user],
        [answer, user],
      ],
      [
        "a result that was written twice",
        [user, ask, result, result, answer],
        "result-duplicated",
        "[3].contents[0]",
        [user, ask, result, answer],
        [user, ask, result, answer],
      ],
      [
        "a call that was written twice",
        [user, ask, ask, result, answer],
        "message-duplicated",
        "[2]",
        [user, ask, result, answer],
        [user, ask, result, answer],
      ],
      [
        "what somebody else wrote",
        [user, ask, result, parseNode('{"role":5}'), answer],
        "message-invalid",
        "[3].role",
        [user, ask, result, answer],
        [user, ask, result, answer],
      ],
    ])("%s", async (_name, damaged, code, place, mended, dropped) => {
      const text = edit(whole, () => damaged);
      expect(checkAgentFrameworkThread(text)).toMatchObject([{ code, path: path + place }]);
      const repaired = repairAgentFrameworkThread(text, "synthesize");
      expect(repaired.text).toBe(edit(whole, () => mended));
      expect(repaired.changes).toMatchObject([{ code, path: path + place }]);
      expect(checkAgentFrameworkThread(repaired.text)).toEqual([]);
      expect(repairAgentFrameworkThread(text, "drop").text).toBe(edit(whole, () => dropped));
      expect(() => repairAgentFrameworkThread(text, "stop")).toThrow(
        expect.objectContaining({
          name: "InterchangeError",
          code: "THREAD_INVALID",
          path: path + place,
        }) as Error,
      );
      expect(await throughAgent(readAgentFrameworkThread(repaired.text).thread)).toBeDefined();
    });

    test("a result that came too late is moved, to the byte as it was", () => {
      const text = edit(whole, () => [user, ask, answer, result]);
      expect(checkAgentFrameworkThread(text)).toMatchObject([
        { code: "result-misplaced", path: `${path}[3].contents[0]` },
      ]);
      const { text: mended, changes } = repairAgentFrameworkThread(text, "synthesize");
      expect(changes).toMatchObject([{ action: "move", counterpart: `${path}[1].contents[0]` }]);
      const moved = messagesIn(mended)[2]?.["contents"];
      expect(JSON.stringify(moved)).toBe(JSON.stringify(messagesIn(whole)[2]?.["contents"]));
      expect(messagesOf(readAgentFrameworkThread(mended).thread)).toEqual(
        messagesOf(readAgentFrameworkThread(whole).thread),
      );
    });

    test("an id that occurs twice is renamed, with the result's", () => {
      const text = edit(whole, (messages) => [...messages, user, ask, result, answer]);
      const place = `${path}[5].contents[0]`;
      expect(checkAgentFrameworkThread(text)).toMatchObject([
        { code: "call-id-duplicated", path: `${place}.${name.startsWith("csharp") ? "callId" : "call_id"}` },
      ]);
      const { text: mended, changes } = repairAgentFrameworkThread(text, "synthesize");
      expect(changes).toMatchObject([{ id: "call_repaired_1", counterpart: `${path}[6].contents[0]` }]);
      const renamed = [ask, result].map((node) => printNode(node).replace('"call_1"', '"call_repaired_1"'));
      expect(mended).toBe(
        edit(whole, (messages) => [...messages, user, ...renamed.map((node) => parseNode(node)), answer]),
      );
    });

    test("a tool that is gone is told of in text", () => {
      const { text, changes } = repairAgentFrameworkThread(whole, "synthesize", { tools: [] });
      expect(changes).toMatchObject([
        { code: "tool-gone", path: `${path}[1].contents[0]`, action: "rewrite" },
      ]);
      expect(messagesOf(readAgentFrameworkThread(text).thread)).toMatchObject([
        { role: "user" },
        {
          content:
            '[The tool get_weather, which is no longer available, was called with {"city":"Oslo"} and answered: 12C, rain]',
        },
        { role: "assistant", content: "It is 12C and raining." },
      ]);
      const { contents, ...rest } = messagesIn(text)[1] ?? {};
      expect(contents).toHaveLength(1);
      expect({ ...messagesIn(whole)[1], contents: undefined }).toEqual({ ...rest, contents: undefined });
    });

    test("and whole, is left alone", () => {
      expect(checkAgentFrameworkThread(golden(name))).toEqual([]);
      const { text, changes } = repairAgentFrameworkThread(golden(name), "drop", { openTurn: "close" });
      expect(text).toBe(whole);
      expect(changes).toEqual([]);
    });
  },
);

function requireMessages(text: string): [JsonNode, JsonNode, JsonNode, JsonNode] {
  const { root, shape } = requireAgentFramework(parseNode(text));
  const [first, second, third, fourth] = findHistory(root, shape).messages ?? [];
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) {
    throw new Error("not the conversation of four messages");
  }
  return [first, second, third, fourth];
}

test.each(goldenNames)("%s is whole", (name) => {
  expect(checkAgentFrameworkThread(golden(name))).toEqual([]);
  expect(repairAgentFrameworkThread(golden(name), "stop").text).toBe(canonical(golden(name)));
});

const csharpPath = "$.stateBag.InMemoryChatHistoryProvider.messages";
const pythonPath = "$.state.in_memory.messages";

/** A content of C# of today, a message with such, and a thread of these. */
function csharp($type: string, rest: object): object {
  return { $type, ...rest };
}

function say(role: string, ...contents: object[]): object {
  return { role, contents };
}

const asked = csharp("functionCall", { callId: "c1", name: "f", arguments: { a: 1 } });
const text = (said: string): object => csharp("text", { text: said });
const hello = say("user", text("Hello?"));
const goOn = say("user", text("And now?"));
const cancelled = csharp("functionResult", { callId: "c1", result: interruptedResult });

describe("what only Agent Framework has", () => {
  test("results within the assistant's own message come before what it says of them", () => {
    const other = csharp("functionCall", { callId: "c2", name: "f" });
    const done = csharp("functionResult", { callId: "c2", result: "x" });
    const thread = csharpSession(hello, say("assistant", asked, other, done, text("There.")), goOn);
    expect(checkAgentFrameworkThread(thread)).toMatchObject([
      { code: "result-missing", path: `${csharpPath}[1].contents[0]` },
    ]);
    expect(repairAgentFrameworkThread(thread, "synthesize").text).toBe(
      csharpSession(hello, say("assistant", asked, other, done, cancelled, text("There.")), goOn),
    );
  });

  test("what providers are not sent stays when a call beside it goes", () => {
    const usage = csharp("usage", { details: { inputTokenCount: 1 } });
    const thread = csharpSession(hello, say("assistant", usage, asked), goOn);
    expect(repairAgentFrameworkThread(thread, "drop").text).toBe(
      csharpSession(hello, say("assistant", usage), goOn),
    );
    expect(repairAgentFrameworkThread(thread, "synthesize").text).toBe(
      csharpSession(hello, say("assistant", usage, asked), say("tool", cancelled), goOn),
    );
  });

  test("copies are messages with the same ids and times; others may say the same", () => {
    const yes = (messageId: string): object => ({ ...say("user", text("Yes.")), messageId });
    const answer = say("assistant", text("Once more?"));
    const thread = csharpSession(yes("1"), yes("2"), answer, answer);
    expect(checkAgentFrameworkThread(thread)).toMatchObject([
      { code: "message-duplicated", path: `${csharpPath}[3]` },
    ]);
    expect(repairAgentFrameworkThread(thread, "synthesize").text).toBe(
      csharpSession(yes("1"), yes("2"), answer),
    );
  });

  test("an answer between results and what the user says to them, in one message", () => {
    const result = csharp("functionResult", { callId: "c1", result: "x" });
    const thread = csharpSession(say("assistant", asked), say("user", result, text("Well?")));
    expect(checkAgentFrameworkThread(thread)).toEqual([]);
    expect(checkAgentFrameworkThread(thread, { strictOrder: true })).toMatchObject([
      { code: "answer-missing", path: `${csharpPath}[1]` },
    ]);
    const { text: mended } = repairAgentFrameworkThread(thread, "synthesize", { strictOrder: true });
    expect(messagesIn(mended)).toMatchObject([
      { role: "assistant" },
      { role: "user", contents: [result] },
      { role: "assistant", contents: [{ text: "(This turn was interrupted before it was answered.)" }] },
      { role: "user", contents: [text("Well?")] },
    ]);
  });

  test.each<[string, string, string, string, unknown]>([
    [
      "arguments of Python that break off",
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
      "arguments of C# that are text",
      csharpSession(
        say("assistant", { ...asked, arguments: "[1]" }),
        say("tool", csharp("functionResult", { callId: "c1" })),
      ),
      "arguments-invalid",
      `${csharpPath}[0].contents[0].arguments`,
      [{ ...asked, arguments: { raw: [1] } }],
    ],
    [
      "a tool's name that providers refuse",
      csharpSession(
        say("assistant", { ...asked, name: "a.b" }),
        say("tool", csharp("functionResult", { callId: "c1" })),
      ),
      "call-invalid",
      `${csharpPath}[0].contents[0]`,
      [{ ...asked, name: "a_b" }],
    ],
    [
      "an answer of nothing, beside what was used",
      csharpSession(say("assistant", text(""), csharp("usage", { details: {} })), goOn),
      "message-empty",
      `${csharpPath}[0]`,
      [csharp("usage", { details: {} })],
    ],
    [
      "a content that is none",
      csharpSession(say("user", text("x"), { $type: "functionCall", name: "f" })),
      "content-invalid",
      `${csharpPath}[0].contents[1].callId`,
      [text("x")],
    ],
    [
      "half of a character",
      csharpSession(say("user", text("x\ud83c"))),
      "text-malformed",
      `${csharpPath}[0].contents[0].text`,
      [text("x\ufffd")],
    ],
    [
      "a system message in mid-conversation",
      csharpSession(hello, say("system", text("x"))),
      "system-misplaced",
      `${csharpPath}[1]`,
      [text("Hello?")],
    ],
  ])("%s", (_name, thread, code, path, contents) => {
    const options = { strictOrder: true };
    expect(checkAgentFrameworkThread(thread, options)).toMatchObject([{ code, path }]);
    const { text: mended, changes } = repairAgentFrameworkThread(thread, {}, options);
    expect(changes).toMatchObject([{ code, path }]);
    expect(messagesIn(mended)[0]?.["contents"]).toEqual(contents);
    expect(checkAgentFrameworkThread(mended, options)).toEqual([]);
    expect(() => repairAgentFrameworkThread(thread, { [code]: "stop" }, options)).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path }) as Error,
    );
  });

  test("roles in objects stay objects", () => {
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
    const { text: mended } = repairAgentFrameworkThread(thread, "synthesize", { strictOrder: true });
    expect(messagesIn(mended)[1]).toEqual({ role: { ...role, value: "user" }, contents: ["y"] });
  });
});

describe("approvals", () => {
  const request = csharp("toolApprovalRequest", { toolCall: asked, requestId: "r1" });
  const response = csharp("toolApprovalResponse", { toolCall: asked, approved: true, requestId: "r1" });
  const older = csharp("functionApprovalRequest", {
    id: "r1",
    functionCall: { callId: "c1", name: "f", arguments: { a: 1 } },
  });
  const pythonCall = { type: "function_call", call_id: "c1", name: "f", arguments: '{"a":1}' };
  const pythonRequest = { type: "function_approval_request", id: "r1", function_call: pythonCall };

  test.each([
    ["of C#", csharpSession(hello, say("assistant", request))],
    ["of the first C#", csharpSession(hello, say("assistant", older))],
    [
      "of Python",
      pythonSession(say("user", { type: "text", text: "x" }), say("assistant", pythonCall, pythonRequest)),
    ],
    ["that was answered", csharpSession(hello, say("assistant", request), say("user", response))],
  ])("that wait at the end are left, and closed if that is wanted: %s", (name, thread) => {
    expect(checkAgentFrameworkThread(thread)).toEqual([]);
    expect(repairAgentFrameworkThread(thread, "drop").text).toBe(thread);
    const isAnswered = name === "that was answered";
    const { text: closed, changes } = repairAgentFrameworkThread(thread, "synthesize", { openTurn: "close" });
    expect(changes.map(({ code }) => code)).toEqual(isAnswered ? [] : ["turn-open", "result-missing"]);
    expect(JSON.stringify(messagesIn(closed)).includes(interruptedResult)).toBe(!isAnswered);
    expect(/[aA]pproval/.test(closed)).toBe(isAnswered);
    expect(checkAgentFrameworkThread(closed, { openTurn: "close" })).toEqual([]);
  });

  test("that nobody answered though the conversation went on leave the call, and that it was interrupted", () => {
    for (const unanswered of [request, older]) {
      const thread = csharpSession(hello, say("assistant", unanswered), goOn);
      const path = `${csharpPath}[1].contents[0]`;
      expect(checkAgentFrameworkThread(thread)).toMatchObject([
        { code: "approval-dangling", path },
        { code: "result-missing", path },
      ]);
      expect(repairAgentFrameworkThread(thread, "synthesize").text).toBe(
        csharpSession(hello, say("assistant", asked), say("tool", cancelled), goOn),
      );
      expect(repairAgentFrameworkThread(thread, "drop").text).toBe(csharpSession(hello, goOn));
      expect(() => repairAgentFrameworkThread(thread, { "approval-dangling": "stop" })).toThrow(
        expect.objectContaining({ code: "THREAD_INVALID", path }) as Error,
      );
    }
  });

  test("that answer nothing are taken out", () => {
    const thread = csharpSession(hello, say("user", response), goOn);
    expect(checkAgentFrameworkThread(thread)).toMatchObject([
      { code: "approval-dangling", path: `${csharpPath}[1].contents[0]` },
    ]);
    expect(repairAgentFrameworkThread(thread, "synthesize").text).toBe(csharpSession(hello, goOn));
  });
});

test("options that are none are refused, and so is this project's own thread", () => {
  const refusal = (code: string, path: string): Error => expect.objectContaining({ code, path }) as Error;
  const thread = csharpSession(hello);
  expect(() => repairAgentFrameworkThread(thread, "mend" as never)).toThrow(
    refusal("INVALID_ARGUMENT", "policy"),
  );
  expect(() => checkAgentFrameworkThread(thread, { tools: "f" as never })).toThrow(
    refusal("INVALID_ARGUMENT", "tools"),
  );
  expect(() => checkAgentFrameworkThread(thread, { historyKey: "" })).toThrow(
    refusal("INVALID_ARGUMENT", "historyKey"),
  );
  expect(() => checkAgentFrameworkThread({ format: "threadstore.thread" })).toThrow(
    refusal("SHAPE_UNKNOWN", "$"),
  );
  expect(() => checkAgentFrameworkThread("{")).toThrow(refusal("THREAD_INVALID", "$"));
  expect(checkAgentFrameworkThread(golden("csharp-thread-third-party-store.json"))).toEqual([]);
});

test("a history of another name is found, or said", () => {
  const state = { Mine: { messages: [say("tool", cancelled)] }, Other: { messages: [] } };
  const thread = JSON.stringify({ stateBag: state });
  expect(() => checkAgentFrameworkThread(thread)).toThrow(/historyKey/);
  expect(repairAgentFrameworkThread(thread, "drop", { historyKey: "Mine" }).text).toBe(
    JSON.stringify({ stateBag: { ...state, Mine: { messages: [] } } }),
  );
});

test("damage does not come into what is said of it", () => {
  const secret = "hunter2";
  const thread = csharpSession(
    { role: 5, contents: secret },
    say("assistant", csharp("functionCall", { callId: secret, name: secret, arguments: secret })),
    say("tool", csharp("functionResult", { callId: `${secret}3`, result: secret })),
  );
  const said = [checkAgentFrameworkThread(thread), repairAgentFrameworkThread(thread, "drop").changes];
  expect(JSON.stringify(said)).not.toContain(secret);
  expect(() => repairAgentFrameworkThread(thread, { "arguments-invalid": "stop" })).toThrow(
    /^(?!.*hunter2).*arguments-invalid/,
  );
});
