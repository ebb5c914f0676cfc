import type { SerializedThread } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { csharpSession, marksOf, pythonSession } from "./golden.test-helper.ts";
import {
  checkAgentFrameworkThread,
  detectShape,
  readAgentFrameworkThread,
  repairAgentFrameworkThread,
  writeAgentFrameworkThread,
} from "./index.ts";

const started: SerializedThread = {
  format: "threadstore.thread",
  version: 1,
  kind: "chat",
  agent: "Billing",
  messages: [{ role: "user", content: "x" }],
};
const targets = ["csharp-session", "python-session", "python-history"] as const;

describe("members of this project's threads that Agent Framework lacks are reported as lost", () => {
  const moved = readAgentFrameworkThread(
    csharpSession({ role: "user", contents: [{ $type: "text", text: "x" }] }),
  );
  test.each<[name: string, value: SerializedThread[string]]>([
    ["state", { visits: 7 }],
    ["service", { response: "resp_1" }],
    ["unaccepted", [{ start: 0, end: 1 }]],
    ["myMember", { a: 1 }],
    ["turn", { id: "t", start: 0, rounds: 0 }],
  ])("%s", (name, value) => {
    for (const thread of [
      { ...started, [name]: value },
      { ...moved.thread, [name]: value },
    ]) {
      for (const to of targets) {
        const { report } = writeAgentFrameworkThread(thread, { to });
        expect(marksOf(report)).toContain(`lost $.${name}`);
        expect(() => writeAgentFrameworkThread(thread, { to, strict: true })).toThrow(
          expect.objectContaining({ code: "NOT_REPRESENTABLE", path: `$.${name}` }) as Error,
        );
      }
    }
  });

  test("unless they are empty", () => {
    const thread = { ...started, state: {}, other: null };
    for (const to of targets)
      expect(writeAgentFrameworkThread(thread, { to, strict: true }).report).toEqual([]);
  });
});

describe("a session whose messages are elsewhere is recognized by what keeps them", () => {
  const python = (service: unknown, state: object = {}): object => ({
    type: "session",
    session_id: "s1",
    service_session_id: service,
    state,
  });
  test.each<[value: object, messagesAt: string, keeper: string, path: string, ids: object]>([
    [
      python({ conversation_id: "c" }),
      "service",
      "service",
      "$.service_session_id",
      { conversation_id: "c" },
    ],
    [
      python({ context_id: "c", task_id: null }),
      "service",
      "a2a",
      "$.service_session_id",
      { context_id: "c" },
    ],
    [
      { contextId: "c", taskId: "t", stateBag: {} },
      "service",
      "a2a",
      "$.contextId",
      { contextId: "c", taskId: "t" },
    ],
    [{ stateBag: {}, taskId: null, contextId: "c" }, "service", "a2a", "$.contextId", { contextId: "c" }],
    [{ contextId: "c", taskId: "t" }, "service", "a2a", "$.contextId", { contextId: "c", taskId: "t" }],
    [
      { serviceSessionId: "x", stateBag: {} },
      "service",
      "copilot-studio",
      "$.serviceSessionId",
      { serviceSessionId: "x" },
    ],
    [{ sessionId: "x", stateBag: {} }, "service", "github-copilot", "$.sessionId", { sessionId: "x" }],
    [{ sessionId: "@dafx-joker@k1" }, "service", "durable", "$.sessionId", { sessionId: "@dafx-joker@k1" }],
    [
      { stateBag: { CosmosChatHistoryProvider: { conversationId: "c", tenantId: "t", userId: null } } },
      "store",
      "cosmos",
      "$.stateBag.CosmosChatHistoryProvider",
      { conversationId: "c", tenantId: "t" },
    ],
    [
      { stateBag: { Memory: {}, ValkeyChatHistoryProvider: { conversationId: "c" } } },
      "store",
      "valkey",
      "$.stateBag.ValkeyChatHistoryProvider",
      { conversationId: "c" },
    ],
    [
      { stateBag: { VectorChatHistoryProvider: "key-1" } },
      "store",
      "other-store",
      "$.stateBag.VectorChatHistoryProvider",
      { id: "key-1" },
    ],
    [python(null, { redis_memory: {} }), "store", "redis", "$.state.redis_memory", { session_id: "s1" }],
    [
      python(null, { azure_cosmos_history: {} }),
      "store",
      "cosmos",
      "$.state.azure_cosmos_history",
      { session_id: "s1" },
    ],
    [python(null, { file_history: {} }), "store", "file", "$.state.file_history", { session_id: "s1" }],
    [
      { ...python(null), a2a_context_id: "c", a2a_task_id: "t" },
      "service",
      "a2a",
      "$.a2a_context_id",
      { a2a_context_id: "c", a2a_task_id: "t" },
    ],
  ])("%j", (value, messagesAt, keeper, path, ids) => {
    const elsewhere = { keeper, path, ids };
    const text = JSON.stringify(value);
    expect(detectShape(text)).toMatchObject({ messagesAt, elsewhere });
    const read = readAgentFrameworkThread(text);
    expect(read).toMatchObject({ messagesAt, elsewhere });
    expect(marksOf(read.report)).toContain(`elsewhere ${path}`);
    expect(writeAgentFrameworkThread(read.thread, { strict: true })).toMatchObject({ text, report: [] });
    const continued = { ...read.thread, messages: [{ role: "user", content: "x" }] };
    expect(marksOf(writeAgentFrameworkThread(continued).report)).toContain("elsewhere $.messages");
  });

  test("but not a session that has messages besides", () => {
    const messages = [{ role: "user", contents: [] }];
    expect(detectShape(python(null, { file_history: {}, in_memory: { messages } }))).toEqual({
      shape: "python-session",
      messagesAt: "thread",
    });
    const workflow = { sessionId: "s", lastCheckpoint: { id: "c" } };
    expect(detectShape({ ...workflow, stateBag: { WorkflowChatHistoryProvider: { messages } } })).toEqual({
      shape: "csharp-session",
      messagesAt: "thread",
    });
    expect(detectShape({ sessionId: "s", lastCheckpoint: null, stateBag: {} })).toEqual({
      shape: "csharp-session",
      messagesAt: "none",
    });
    expect(detectShape({ stateBag: { ImageProvider: { id: "x" } } })).toEqual({
      shape: "csharp-session",
      messagesAt: "none",
    });
  });
});

test.each(["azure_cosmos_history", "file_history", "redis_memory"])(
  "the reference to messages in %s is lost in other shapes",
  (provider) => {
    const session = {
      type: "session",
      session_id: "s1",
      service_session_id: null,
      state: { [provider]: {} },
    };
    const { thread } = readAgentFrameworkThread(JSON.stringify(session));
    const path = `$.state.${provider}`;
    for (const to of ["csharp-session", "python-history"] as const) {
      expect(marksOf(writeAgentFrameworkThread(thread, { to }).report)).toContain(`lost ${path}`);
      expect(() => writeAgentFrameworkThread(thread, { to, strict: true })).toThrow(
        expect.objectContaining({ code: "NOT_REPRESENTABLE", path }) as Error,
      );
    }
    const reference = readAgentFrameworkThread(JSON.stringify(session), { asReference: true }).thread;
    const options = { to: "csharp-session", historyKey: "MyChatHistoryProvider", strict: true } as const;
    expect(marksOf(writeAgentFrameworkThread(reference, options).report)).toContain("elsewhere $.history");
  },
);

test("a byte order mark is ignored", () => {
  const line = JSON.stringify({ role: "user", contents: [], type: "message" });
  for (const text of [`${line}\n`, '{"stateBag":{}}', '{"type":"session","session_id":"s","state":{}}']) {
    const marked = readAgentFrameworkThread(`\uFEFF${text}`);
    expect(marked).toEqual(readAgentFrameworkThread(text));
    expect(detectShape(`\uFEFF${text}`)).toEqual(detectShape(text));
    expect(checkAgentFrameworkThread(`\uFEFF${text}`)).toEqual([]);
  }
});

describe("the file of a FileHistoryProvider", () => {
  const message = (role: string, text: string): string =>
    `{"role":"${role}","contents":[{"type":"text","text":"${text}","additional_properties":{"2":1,"1":2}}],"additional_properties":{},"type":"message"}`;
  const file = `${message("user", "a")}\n${message("assistant", "b")}\n`;

  test.each<[name: string, text: string]>([
    ["complete", file],
    ["with one message", `${message("user", "a")}\n`],
    ["without the last line break, with empty lines", `\n${file.replace("\n", "\r\n\n").trim()}`],
  ])("is read and written: %s", (_name, text) => {
    const read = readAgentFrameworkThread(text);
    expect(read).toMatchObject({ shape: "python-history", messagesAt: "thread", report: [] });
    expect(read.thread["messages"]).toHaveLength(text.includes('"b"') ? 2 : 1);
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    const expected = lines.map((line) => `${line.trim()}\n`).join("");
    expect(writeAgentFrameworkThread(JSON.stringify(read.thread), { strict: true })).toMatchObject({
      text: expected,
      report: [],
    });
    expect(checkAgentFrameworkThread(text)).toEqual([]);
  });

  test("is the history of a session, and the other way around", () => {
    const { thread } = readAgentFrameworkThread(file);
    const { text } = writeAgentFrameworkThread(thread, { to: "python-session", sessionId: "s" });
    expect(text).toBe(
      pythonSession(...(JSON.parse(`[${file.trim().replace("\n", ",")}]`) as unknown[])).replaceAll(
        '{"1":2,"2":1}',
        '{"2":1,"1":2}',
      ),
    );
    const back = writeAgentFrameworkThread(readAgentFrameworkThread(text).thread, {
      to: "python-history",
      strict: true,
    });
    expect(back.text).toBe(file);
  });

  test("with a fault is rejected with its position, or repaired", () => {
    expect(() => readAgentFrameworkThread(`${file}{"role":"us`)).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path: "$[2]" }) as Error,
    );
    const broken = `${file}{"role":5,"contents":[]}\n`;
    expect(() => readAgentFrameworkThread(broken)).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path: "$[2].role" }) as Error,
    );
    expect(repairAgentFrameworkThread(broken, "synthesize").text).toBe(file);
  });
});

describe("usage", () => {
  const csharpUsage = {
    inputTokenCount: 5,
    cachedInputTokenCount: 3,
    reasoningTokenCount: 2,
    inputAudioTokenCount: 4,
    additionalCounts: { cache_creation_input_token_count: 1, "openai.x": 9 },
  };
  const pythonUsage = {
    input_token_count: 5,
    cache_read_input_token_count: 3,
    reasoning_output_token_count: 2,
    input_audio_token_count: 4,
    cache_creation_input_token_count: 1,
    "openai.x": 9,
  };
  const text = { $type: "text", text: "x" };

  test("has the same counts in both languages", () => {
    const csharp = csharpSession({
      role: "assistant",
      contents: [text, { $type: "usage", details: csharpUsage }],
    });
    const { thread } = readAgentFrameworkThread(csharp);
    const python = writeAgentFrameworkThread(thread, { to: "python-session", strict: true }).text;
    expect(python).toContain(JSON.stringify(pythonUsage));
    const back = writeAgentFrameworkThread(readAgentFrameworkThread(python).thread, {
      to: "csharp-session",
      strict: true,
    });
    expect(back.text).toBe(csharp);
  });

  test("that get the same name in Python are written once", () => {
    const details = { inputTokenCount: 1, additionalCounts: { input_token_count: 7, other: 2 } };
    const csharp = csharpSession({ role: "assistant", contents: [text, { $type: "usage", details }] });
    const { thread } = readAgentFrameworkThread(csharp);
    const { text: python, report } = writeAgentFrameworkThread(thread, { to: "python-session" });
    expect(python).toContain('"usage_details":{"input_token_count":1,"other":2}');
    expect(report).toContainEqual(expect.objectContaining({ kind: "lost" }));
  });

  test("that C# cannot read is lost and reported", () => {
    const details = { input_token_count: 1, cost: 0.5, tier: "flex", "openai.y": null };
    const contents = [
      { type: "text", text: "x" },
      { type: "usage", usage_details: details },
    ];
    const { thread } = readAgentFrameworkThread(pythonSession({ role: "assistant", contents }));
    const { text: written, report } = writeAgentFrameworkThread(thread, { to: "csharp-session" });
    expect(written).toContain('{"$type":"usage","details":{"inputTokenCount":1,"additionalCounts":{}}}');
    expect(report.filter(({ kind }) => kind === "lost").map(({ message }) => message)).toEqual([
      expect.stringContaining('"cost"'),
      expect.stringContaining('"tier"'),
    ]);
  });
});
