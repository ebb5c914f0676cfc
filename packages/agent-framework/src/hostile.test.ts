import type { SerializedThread } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { canonical, csharpSession, golden, messagesOf, pythonSession } from "./golden.test-helper.ts";
import { InterchangeError, readAgentFrameworkThread, writeAgentFrameworkThread } from "./index.ts";

function errorOf(act: () => unknown): InterchangeError {
  try {
    act();
  } catch (error) {
    if (InterchangeError.is(error)) return error;
    throw error;
  }
  throw new Error("No error was thrown.");
}

const csharpPath = "$.stateBag.InMemoryChatHistoryProvider.messages";
const pythonPath = "$.state.in_memory.messages";
const secret = "hunter2";

describe("a corrupt thread is rejected with the path, and not quoted", () => {
  const csharpContent = (content: unknown): string => csharpSession({ role: "user", contents: [content] });
  const pythonContent = (content: unknown): string => pythonSession({ role: "user", contents: [content] });
  const content = `${csharpPath}[0].contents[0]`;

  test.each<[name: string, text: string, path: string]>([
    ["an invalid message", csharpSession(secret), `${csharpPath}[0]`],
    ["an invalid role", csharpSession({ role: 1 }), `${csharpPath}[0].role`],
    ["a missing role in Python", pythonSession({ contents: [] }), `${pythonPath}[0].role`],
    ["a role object without a value", pythonSession({ role: { type: secret } }), `${pythonPath}[0].role`],
    ["a role object in C#", csharpSession({ role: { value: "user" } }), `${csharpPath}[0].role`],
    ["invalid content items", csharpSession({ role: "user", contents: secret }), `${csharpPath}[0].contents`],
    ["an invalid author", csharpSession({ authorName: [secret] }), `${csharpPath}[0].authorName`],
    [
      "invalid properties",
      pythonSession({ role: "user", additional_properties: [] }),
      `${pythonPath}[0].additional_properties`,
    ],
    ["a content item that is a number", csharpContent(0), content],
    ["a content item that is a string in C#", csharpContent(secret), content],
    ["a content item that is null in C#", csharpContent(null), content],
    ["invalid text", csharpContent({ $type: "text", text: 1 }), `${content}.text`],
    ["a call without an id", csharpContent({ $type: "functionCall", name: secret }), `${content}.callId`],
    [
      "a call whose name is null",
      csharpContent({ $type: "functionCall", callId: "1", name: null }),
      `${content}.name`,
    ],
    [
      "a result without an id",
      csharpContent({ $type: "functionResult", result: secret }),
      `${content}.callId`,
    ],
    ["data without a URI", csharpContent({ $type: "data" }), `${content}.uri`],
    [
      "invalid annotations",
      csharpContent({ $type: "text", text: "x", annotations: 1 }),
      `${content}.annotations`,
    ],
    [
      "an approval without a call",
      csharpContent({ $type: "toolApprovalRequest", requestId: "1", toolCall: 1 }),
      `${content}.toolCall`,
    ],
    [
      "invalid items",
      pythonContent({ type: "function_result", call_id: "1", items: 1 }),
      `${pythonPath}[0].contents[0].items`,
    ],
    ["malformed JSON", `{"storeState": ${secret}}`, "$"],
  ])("%s", (_name, text, path) => {
    const error = errorOf(() => readAgentFrameworkThread(text));
    expect(error).toMatchObject({ code: "THREAD_INVALID", path });
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(secret);
  });

  test("invalid names", () => {
    for (const name of ["", 5, null, "\ud83c"] as string[]) {
      const thread = { stateBag: {} };
      const own = readAgentFrameworkThread(thread).thread;
      const errors = {
        agent: errorOf(() => readAgentFrameworkThread(thread, { agent: name })),
        historyKey: errorOf(() => readAgentFrameworkThread(thread, { historyKey: name })),
        sessionId: errorOf(() => writeAgentFrameworkThread(own, { sessionId: name })),
      };
      for (const [path, error] of Object.entries(errors)) {
        expect(error).toMatchObject({ code: "INVALID_ARGUMENT", path });
      }
    }
  });
});

describe("malicious input is handled:", () => {
  const deepText = (levels: number): string =>
    `{"stateBag":{"a":${"[".repeat(levels)}${"]".repeat(levels)}}}`;

  test("deep nesting", () => {
    expect(errorOf(() => readAgentFrameworkThread(deepText(1_000_000)))).toMatchObject({
      code: "THREAD_INVALID",
    });
    let value: object = {};
    for (let level = 0; level < 100_000; level += 1) value = { value };
    expect(errorOf(() => readAgentFrameworkThread({ stateBag: value }))).toMatchObject({
      code: "THREAD_INVALID",
    });
    const { thread } = readAgentFrameworkThread(deepText(900));
    expect(writeAgentFrameworkThread(thread).text).toBe(deepText(900));
  });

  test("arguments that are nested too deeply to be parsed", () => {
    const args = "[".repeat(5000) + "]".repeat(5000);
    const call = { type: "function_call", call_id: "1", name: "f", arguments: args };
    const { thread } = readAgentFrameworkThread(pythonSession({ role: "assistant", contents: [call] }));
    const { text } = writeAgentFrameworkThread(thread, { to: "csharp-session" });
    expect(text).toContain(`"arguments":{"raw":"${args}"}`);
  });

  test("cycles and values that are not JSON", () => {
    const cycle: { stateBag: object } = { stateBag: {} };
    cycle.stateBag = { cycle, again: cycle };
    expect(errorOf(() => readAgentFrameworkThread(cycle))).toMatchObject({ code: "THREAD_INVALID" });
    for (const odd of [new Date(0), Number.NaN, 1n, () => {}, new Map(), Symbol("x")]) {
      const error = errorOf(() => readAgentFrameworkThread({ stateBag: { "not json": odd } }));
      expect(error).toMatchObject({ code: "THREAD_INVALID", path: '$.stateBag["not json"]' });
    }
  });

  test("names with a meaning in JavaScript", () => {
    const odd = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"toString":1}';
    const text = `{"__proto__":{"a":1},"stateBag":{"InMemoryChatHistoryProvider":{"messages":[{"role":"user","__proto__":{"role":"system"},"contents":[{"$type":"text","text":"x","additionalProperties":${odd}},{"$type":"toString"},{"$type":"__proto__"}]}]},"__proto__":${odd}}}`;
    const { thread } = readAgentFrameworkThread(text);
    expect(messagesOf(thread)).toEqual([{ role: "user", content: "x" }]);
    expect(writeAgentFrameworkThread(thread).text).toBe(text);
    const python = writeAgentFrameworkThread(thread, { to: "python-session", sessionId: "s" }).text;
    expect(python).toContain(`"additional_properties":${odd}`);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    const parsed = JSON.parse(text) as object;
    expect(writeAgentFrameworkThread(readAgentFrameworkThread(parsed).thread).text).toBe(text);
  });

  test("roles and types with the names of inherited members", () => {
    const messages = ["toString", "__proto__", "constructor"].map((role) => ({
      role,
      contents: [{ $type: role }],
    }));
    const text = csharpSession(...messages);
    const { thread } = readAgentFrameworkThread(text);
    expect(messagesOf(thread)).toEqual([]);
    expect(writeAgentFrameworkThread(thread).text).toBe(text);
  });

  test("a large image is stored once and read in a short time", () => {
    const uri = `data:image/png;base64,${"A".repeat(8_000_000)}`;
    const message = { authorName: "ann", messageId: "1", role: "user", contents: [{ $type: "data", uri }] };
    const text = csharpSession(message);
    const { thread } = readAgentFrameworkThread(text);
    expect(JSON.stringify(thread).length).toBeLessThan(text.length + 2000);
    expect(writeAgentFrameworkThread(thread).text).toBe(text);
  });
});

describe("a long thread is read and written in a short time:", () => {
  const count = 10_000;
  const text = { $type: "text", text: "x" };
  const session = (messages: unknown[]): string =>
    JSON.stringify({ stateBag: { InMemoryChatHistoryProvider: { messages } } });
  const listOf = (item: (index: number) => unknown): unknown[] =>
    Array.from({ length: count }, (_item, index) => item(index));

  test.each<[name: string, source: string]>([
    ["equal content items", session([{ messageId: "1", role: "user", contents: listOf(() => text) }])],
    ["equal messages", session(listOf(() => ({ role: "user", contents: [text] })))],
    [
      "calls, and their results in another order",
      session([
        {
          role: "assistant",
          contents: listOf((index) => ({
            $type: "functionCall",
            callId: String(index),
            name: "f",
            arguments: {},
          })),
        },
        {
          role: "tool",
          contents: listOf((index) => ({
            $type: "functionResult",
            callId: String(count - 1 - index),
            result: "x",
          })),
        },
      ]),
    ],
    [
      "calls in separate messages",
      session(
        listOf((index) => ({
          role: "assistant",
          contents: [{ $type: "functionCall", callId: String(index), name: "f" }],
        })),
      ),
    ],
    ["empty messages", session(listOf(() => ({ role: "assistant", contents: [] })))],
  ])("%s", (_name, source) => {
    const { thread } = readAgentFrameworkThread(source);
    expect(writeAgentFrameworkThread(thread).text === source).toBe(true);
    const foreign = { ...thread, agentFramework: undefined } as unknown as SerializedThread;
    expect(writeAgentFrameworkThread(foreign, { to: "python-session" }).text.length).toBeGreaterThan(100);
  });
});

describe("a manipulated thread in this project's format is rejected:", () => {
  const { thread } = readAgentFrameworkThread(golden("python-session-tool-call.json"));
  const state = thread["agentFramework"] as { [member: string]: unknown };
  const withState = (change: object): SerializedThread =>
    ({ ...thread, agentFramework: { ...state, ...change } }) as SerializedThread;
  const group = (change: object): object => ({ messages: [{ fingerprints: [], ...change }] });

  test.each<[name: string, value: unknown, code: string, path: string | undefined]>([
    ["another format", {}, "THREAD_INVALID", "$.format"],
    ["a list", [], "THREAD_INVALID", "$.format"],
    ["another kind", { ...thread, kind: "responses" }, "THREAD_INVALID", "$.kind"],
    ["an invalid version", { ...thread, version: "1" }, "THREAD_INVALID", "$.version"],
    ["a newer version", { ...thread, version: 2 }, "THREAD_TOO_NEW", "$.version"],
    ["invalid messages", { ...thread, messages: {} }, "THREAD_INVALID", "$.messages"],
    ["an invalid message", { ...thread, messages: [1] }, "THREAD_INVALID", "$.messages[0]"],
    [
      "an unknown role",
      { ...thread, messages: [{ role: "critic" }] },
      "THREAD_INVALID",
      "$.messages[0].role",
    ],
    [
      "invalid content",
      { ...thread, messages: [{ role: "user", content: 1 }] },
      "THREAD_INVALID",
      "$.messages[0].content",
    ],
    [
      "an invalid part",
      { ...thread, messages: [{ role: "user", content: [1] }] },
      "THREAD_INVALID",
      "$.messages[0].content[0]",
    ],
    [
      "invalid calls",
      { ...thread, messages: [{ role: "assistant", tool_calls: 1 }] },
      "THREAD_INVALID",
      "$.messages[0].tool_calls",
    ],
    [
      "a call without an id",
      { ...thread, messages: [{ role: "assistant", tool_calls: [{}] }] },
      "THREAD_INVALID",
      "$.messages[0].tool_calls[0].id",
    ],
    [
      "a result without an id",
      { ...thread, messages: [{ role: "tool" }] },
      "THREAD_INVALID",
      "$.messages[0].tool_call_id",
    ],
    [
      "invalid preserved parts",
      { ...thread, agentFramework: 1 },
      "THREAD_INVALID",
      "$.agentFramework.version",
    ],
    ["newer preserved parts", withState({ version: 2 }), "THREAD_TOO_NEW", "$.agentFramework.version"],
    ["an unknown shape", withState({ shape: "toString" }), "THREAD_INVALID", "$.agentFramework.shape"],
    ["another shape", withState({ shape: "csharp-session" }), "THREAD_INVALID", "$.agentFramework.thread"],
    ["an invalid preserved thread", withState({ thread: {} }), "THREAD_INVALID", "$.agentFramework.thread"],
    [
      "a preserved thread that is not JSON",
      withState({ thread: "{" }),
      "THREAD_INVALID",
      "$.agentFramework.thread",
    ],
    ["invalid groups", withState({ messages: 1 }), "THREAD_INVALID", "$.agentFramework.messages"],
    [
      "invalid fingerprints",
      withState(group({ fingerprints: 1 })),
      "THREAD_INVALID",
      "$.agentFramework.messages[0].fingerprints",
    ],
    [
      "an invalid fingerprint",
      withState(group({ fingerprints: [1] })),
      "THREAD_INVALID",
      "$.agentFramework.messages[0].fingerprints[0]",
    ],
    [
      "invalid originals",
      withState(group({ originals: "x" })),
      "THREAD_INVALID",
      "$.agentFramework.messages[0].originals",
    ],
    [
      "an original that is not JSON",
      withState(group({ originals: ["x"] })),
      "THREAD_INVALID",
      "$.agentFramework.messages[0].originals[0]",
    ],
    [
      "an original that is not a message",
      withState(group({ originals: ["1"] })),
      "THREAD_INVALID",
      "$.agentFramework.messages[0].originals[0]",
    ],
    [
      "the position of a missing content item",
      withState(group({ originals: ['{"contents":[7]}'] })),
      "THREAD_INVALID",
      "$.agentFramework.messages[0].originals[0]",
    ],
    [
      "an invalid position of a content item",
      withState(group({ originals: ['{"contents":[-1.5]}'] })),
      "THREAD_INVALID",
      "$.agentFramework.messages[0].originals[0]",
    ],
  ])("%s", (_name, value, code, path) => {
    expect(errorOf(() => writeAgentFrameworkThread(value as SerializedThread))).toMatchObject({ code, path });
  });

  test("an invalid target", () => {
    for (const to of ["toString", "python-thread", 5]) {
      const options = { to } as { to: "python-session" };
      expect(errorOf(() => writeAgentFrameworkThread(thread, options))).toMatchObject({
        code: "INVALID_ARGUMENT",
        path: "to",
      });
    }
  });

  test("but not a thread whose members a store has only reordered", () => {
    const reordered = JSON.parse(JSON.stringify(thread)) as SerializedThread;
    const reversed: SerializedThread = Object.fromEntries(Object.entries(reordered).toReversed());
    expect(writeAgentFrameworkThread(reversed).text).toBe(canonical(golden("python-session-tool-call.json")));
  });
});
