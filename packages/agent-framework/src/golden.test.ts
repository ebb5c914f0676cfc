import { describe, expect, test } from "vitest";
import { canonical, golden, goldenNames, marksOf, messagesOf, throughAgent } from "./golden.test-helper.ts";
import { detectShape, readAgentFrameworkThread, writeAgentFrameworkThread } from "./index.ts";

const shapes: { readonly [prefix: string]: string } = {
  "csharp-session": "csharp-session",
  "csharp-thread-v2": "csharp-thread-renamed",
  "csharp-thread": "csharp-thread",
  "python-session": "python-session",
  "python-thread": "python-thread",
};

function shapeOf(name: string): string | undefined {
  return Object.entries(shapes).find(([prefix]) => name.startsWith(prefix))?.[1];
}

function locationOf(name: string): string {
  if (/service-managed|a2a|service-object/.test(name)) return "service";
  if (name.includes("third-party-store")) return "store";
  return name.includes("unused") ? "none" : "thread";
}

/** Files with content that chat messages cannot represent. */
const preserving: ReadonlySet<string> = new Set([
  "python-session-approval-pending.json",
  "python-session-compaction-excluded-summary.json",
  "python-session-hosted-tools-all-kinds.json",
  "python-session-service-object.json",
]);

/** What the other language does not have. */
const losses: { readonly [name: string]: readonly string[] } = {
  "csharp-session-a2a.json": ["$.contextId", "$.taskId", "$.taskState"],
  "python-session-compaction-excluded-summary.json": [1, 2, 3, 4].map(
    (index) => `$.agentFramework.messages[0].originals[${index}]`,
  ),
  "python-session-hosted-tools-all-kinds.json": [0, 8, 9, 10].map(
    (index) => `$.agentFramework.messages[1].originals[0].contents[${index}]`,
  ),
  "python-session-service-object.json": ["$.service_session_id"],
};

const weather = [
  { role: "user", content: "What is the weather in Oslo?" },
  {
    role: "assistant",
    content: null,
    tool_calls: [
      { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } },
    ],
  },
  { role: "tool", tool_call_id: "call_1", content: "12C, rain" },
  { role: "assistant", content: "It is 12C and raining." },
];

describe.each(goldenNames)("%s", (name) => {
  const text = golden(name);
  const read = readAgentFrameworkThread(text);

  test("is recognized, as text and as a parsed value", () => {
    const detected = { shape: shapeOf(name), messagesAt: locationOf(name) };
    expect(detectShape(text)).toMatchObject(detected);
    expect(detectShape(JSON.parse(text) as object)).toMatchObject(detected);
    expect(read).toMatchObject(detected);
  });

  test("is read as a thread that an agent can deserialize", async () => {
    expect(messagesOf(await throughAgent(read.thread))).toEqual(messagesOf(read.thread));
    expect(messagesOf(read.thread)).toEqual(name.includes("tool-call") ? weather : messagesOf(read.thread));
    const isElsewhere = ["service", "store"].includes(read.messagesAt);
    const kinds = new Set([
      ...(isElsewhere ? ["elsewhere"] : []),
      ...(preserving.has(name) ? ["preserved"] : []),
    ]);
    expect(new Set(read.report.map(({ kind }) => kind))).toEqual(kinds);
    expect(messagesOf(read.thread).length > 0).toBe(read.messagesAt === "thread");
  });

  test("is written in its original form after passing through an agent and a store", async () => {
    const thread = await throughAgent(read.thread);
    for (const source of [thread, JSON.stringify(thread)]) {
      const written = writeAgentFrameworkThread(source, { strict: true });
      expect(written).toEqual({ text: canonical(text), shape: read.shape, report: [] });
    }
    // Parsing moves members with names such as "1".
    const value = JSON.parse(text) as object;
    const parsed = readAgentFrameworkThread(value);
    expect(writeAgentFrameworkThread(parsed.thread).text).toBe(canonical(JSON.stringify(value)));
  });

  test.each(["csharp-session", "python-session"] as const)("can be written as %s and read again", (to) => {
    const written = writeAgentFrameworkThread(read.thread, { to });
    const again = readAgentFrameworkThread(written.text);
    expect(again.shape).toBe(to);
    expect(messagesOf(again.thread)).toEqual(messagesOf(read.thread));
    expect(again.serviceId).toBe(read.serviceId);
    const lost = written.report.filter(({ kind }) => kind === "lost").map(({ path }) => path);
    const isTimeLost =
      read.shape.startsWith("csharp") && to === "python-session" && name.includes("tool-call");
    const isStoreLost = read.messagesAt === "store";
    expect(lost).toEqual([
      ...(read.shape === to ? [] : (losses[name] ?? [])),
      ...(isStoreLost ? ["$.storeState"] : []),
      ...(isTimeLost ? ["$.agentFramework.messages[1].originals[0].createdAt"] : []),
    ]);
  });
});

test("the ids of service conversations are returned", () => {
  const ids = goldenNames.map((name) => readAgentFrameworkThread(golden(name)).serviceId);
  expect(ids.filter((id) => id !== undefined).toSorted()).toEqual([
    "resp_abc123",
    "resp_abc123",
    "thread_abc",
    "thread_abc",
  ]);
});

describe("a conversation is converted", () => {
  test("from C# to Python, to the same text that Python writes", () => {
    const { thread } = readAgentFrameworkThread(golden("csharp-session-tool-call.json"));
    const { text } = writeAgentFrameworkThread(thread, { to: "python-session", sessionId: "0d9c8a5e" });
    const pythonThread = JSON.parse(golden("python-session-tool-call.json")) as { session_id: string };
    const expected = JSON.stringify({ ...pythonThread, session_id: "0d9c8a5e" })
      // The differences between the two conversations.
      .replace(
        '"additional_properties":{}}],"additional_properties":{},"type":"message"},{"role":"assistant","contents":[{"type":"text","text":"It',
        '"additional_properties":{}}],"author_name":"Assistant","additional_properties":{},"type":"message"},{"role":"assistant","contents":[{"type":"text","text":"It',
      )
      .replace('{"k":1}', "{}");
    expect(text).toBe(expected);
  });

  test("from Python to C#, with $type first and arguments as an object", () => {
    const { thread } = readAgentFrameworkThread(golden("python-thread-tool-call.json"));
    const { text, report } = writeAgentFrameworkThread(thread, { to: "csharp-session", strict: true });
    expect(report).toEqual([]);
    expect(text).toBe(
      '{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[' +
        '{"role":"user","contents":[{"$type":"text","text":"What is the weather in Oslo?"}]},' +
        '{"authorName":"Assistant","role":"assistant","contents":[{"$type":"functionCall","callId":"call_1","name":"get_weather","arguments":{"city":"Oslo"}}],"messageId":"chatcmpl-1"},' +
        '{"role":"tool","contents":[{"$type":"functionResult","callId":"call_1","result":"12C, rain"}]},' +
        '{"authorName":"Assistant","role":"assistant","contents":[{"$type":"text","text":"It is 12C and raining."}],"messageId":"chatcmpl-2","additionalProperties":{"k":1}}' +
        "]}}}",
    );
  });

  test.each([
    [
      "csharp-session-tool-call.json",
      "python-session",
      ["$.stateBag.InMemoryChatHistoryProvider.messages[1].createdAt"],
    ],
    ["python-session-tool-call.json", "csharp-session", ["$.session_id"]],
  ] as const)("%s there and back, with all losses reported", (name, to, missing) => {
    const converted = writeAgentFrameworkThread(readAgentFrameworkThread(golden(name)).thread, { to });
    const { shape } = readAgentFrameworkThread(golden(name));
    const back = writeAgentFrameworkThread(readAgentFrameworkThread(converted.text).thread, {
      to: shape,
      sessionId: "0d9c8a5e-6f1a-4b5c-9f62-7b2f5f6d8c11",
    });
    expect(marksOf(back.report).filter((mark) => mark.startsWith("lost"))).toEqual([]);
    expect(converted.report).toHaveLength(missing.length);
    const withoutTime = golden(name).replace('"createdAt":"2025-11-12T10:00:00+00:00",', "");
    expect(back.text).toBe(canonical(withoutTime));
  });

  test("from older shapes of C# to the current one, without losses", () => {
    for (const name of ["csharp-thread-tool-call.json", "csharp-thread-v2-tool-call.json"]) {
      const { thread } = readAgentFrameworkThread(golden(name));
      const { text, report } = writeAgentFrameworkThread(thread, { to: "csharp-session", strict: true });
      expect(text).toBe(golden("csharp-session-tool-call.json").trim());
      expect(report).toEqual([]);
    }
  });
});
