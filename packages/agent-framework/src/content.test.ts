import { describe, expect, test } from "vitest";
import {
  canonical,
  csharpSession,
  marksOf,
  messagesIn,
  messagesOf,
  pythonSession,
  throughAgent,
} from "./golden.test-helper.ts";
import { readAgentFrameworkThread, writeAgentFrameworkThread, type ReportEntry } from "./index.ts";

const csharpPath = "$.stateBag.InMemoryChatHistoryProvider.messages";
const pythonPath = "$.state.in_memory.messages";
const png = "data:image/png;base64,iVBORw0KGgo=";

interface Read {
  readonly messages: unknown[];
  readonly marks: string[];
  readonly report: readonly ReportEntry[];
  /** The contents of the first message in the other language, and what became of them on the way. */
  readonly moved: unknown[];
  readonly movedMarks: string[];
}

/** Reads a thread of one language, proves that it is written back as it came, and takes it to the other language. */
function move(text: string): Read {
  const read = readAgentFrameworkThread(text);
  const back = writeAgentFrameworkThread(read.thread, { strict: true });
  expect(back.text).toBe(canonical(text));
  expect(back.report).toEqual([]);
  const to = read.shape === "csharp-session" ? "python-session" : "csharp-session";
  const other = writeAgentFrameworkThread(read.thread, { to, sessionId: "s" });
  const { report } = other;
  const movedMarks = marksOf(report).filter((mark) => mark !== "replaced $.session_id");
  return {
    messages: messagesOf(read.thread),
    marks: marksOf(read.report),
    report: read.report,
    moved: (messagesIn(other.text)[0]?.["contents"] as unknown[] | undefined) ?? [],
    movedMarks,
  };
}

/** A content as Python writes it. */
function python(type: string, rest: object): object {
  return { type, ...rest, additional_properties: {} };
}

function csharp($type: string, rest: object): object {
  return { $type, ...rest };
}

const call = { callId: "c1", name: "f", arguments: { a: 1 } };
const pythonCall = { call_id: "c1", name: "f", arguments: '{"a":1}' };

describe("a content from the user", () => {
  test.each<[name: string, csharp: object, python: object, part: unknown]>([
    ["text", csharp("text", { text: "x" }), python("text", { text: "x" }), "x"],
    [
      "an image",
      csharp("data", { uri: png }),
      python("data", { uri: png, media_type: "image/png" }),
      [{ type: "image_url", image_url: { url: png } }],
    ],
    [
      "an image somewhere else",
      csharp("uri", { uri: "https://x.test/a.png", mediaType: "image/png" }),
      python("uri", { uri: "https://x.test/a.png", media_type: "image/png" }),
      [{ type: "image_url", image_url: { url: "https://x.test/a.png" } }],
    ],
    [
      "an image with its detail",
      csharp("data", { uri: png, additionalProperties: { detail: "low" } }),
      { type: "data", uri: png, media_type: "image/png", additional_properties: { detail: "low" } },
      [{ type: "image_url", image_url: { url: png, detail: "low" } }],
    ],
    [
      "audio",
      csharp("data", { uri: "data:audio/wav;base64,UklGRg==" }),
      python("data", { uri: "data:audio/wav;base64,UklGRg==", media_type: "audio/wav" }),
      [{ type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } }],
    ],
    [
      "a document",
      csharp("data", { uri: "data:application/pdf;base64,JVBERi0=" }),
      python("data", { uri: "data:application/pdf;base64,JVBERi0=", media_type: "application/pdf" }),
      [
        {
          type: "file",
          file: { filename: "document.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
        },
      ],
    ],
    [
      "a hosted file",
      csharp("hostedFile", { fileId: "file-1" }),
      python("hosted_file", { file_id: "file-1" }),
      [{ type: "file", file: { file_id: "file-1" } }],
    ],
  ])("%s has a counterpart, and one in the other language", (_name, inCsharp, inPython, content) => {
    const fromCsharp = move(csharpSession({ role: "user", contents: [inCsharp] }));
    expect(fromCsharp).toMatchObject({ messages: [{ role: "user", content }], marks: [], movedMarks: [] });
    expect(JSON.stringify(fromCsharp.moved)).toBe(JSON.stringify([inPython]));
    const fromPython = move(
      pythonSession({ role: "user", contents: [inPython], additional_properties: {}, type: "message" }),
    );
    expect(fromPython).toMatchObject({ messages: [{ role: "user", content }], marks: [], movedMarks: [] });
    expect(JSON.stringify(fromPython.moved)).toBe(JSON.stringify([inCsharp]));
  });

  test("is one part of several, and the author's name is a participant's", () => {
    const contents = [csharp("text", { text: "What is this?" }), csharp("data", { uri: png, name: "a.png" })];
    const { messages, movedMarks } = move(csharpSession({ authorName: "ann", role: "user", contents }));
    const parts = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: png } },
    ];
    expect(messages).toEqual([{ role: "user", name: "ann", content: parts }]);
    // Python has no name of a file.
    expect(movedMarks).toEqual(["lost $.agentFramework.messages[0].originals[0].contents[1]"]);
  });

  test("with a name that providers refuse keeps it for the way back", () => {
    const { messages, marks } = move(
      csharpSession({ authorName: "Ann Lee", role: "user", contents: [csharp("text", { text: "x" })] }),
    );
    expect(messages).toEqual([{ role: "user", content: "x" }]);
    expect(marks).toEqual([`carried ${csharpPath}[0]`]);
  });
});

describe("a content without a counterpart in Chat Completions is carried, and has one in the other language", () => {
  const usage = { inputTokenCount: 1, outputTokenCount: 2, totalTokenCount: 3 };
  const pythonUsage = { input_token_count: 1, output_token_count: 2, total_token_count: 3 };
  test.each<[name: string, csharp: object, python: object]>([
    [
      "reasoning",
      csharp("reasoning", { text: "Hm.", protectedData: "x" }),
      python("text_reasoning", { text: "Hm.", protected_data: "x" }),
    ],
    [
      "an error",
      csharp("error", { message: "m", errorCode: "c", details: "d" }),
      python("error", { message: "m", error_code: "c", error_details: "d" }),
    ],
    ["usage", csharp("usage", { details: usage }), python("usage", { usage_details: pythonUsage })],
    [
      "a vector store",
      csharp("hostedVectorStore", { vectorStoreId: "v" }),
      python("hosted_vector_store", { vector_store_id: "v" }),
    ],
    [
      "a file of the assistant",
      csharp("hostedFile", { fileId: "f", mediaType: "text/csv", name: "a.csv" }),
      python("hosted_file", { file_id: "f", media_type: "text/csv", name: "a.csv" }),
    ],
    [
      "an image of the assistant",
      csharp("data", { uri: png }),
      python("data", { uri: png, media_type: "image/png" }),
    ],
    [
      "a request for approval",
      csharp("toolApprovalRequest", { toolCall: csharp("functionCall", call), requestId: "r" }),
      python("function_approval_request", {
        function_call: python("function_call", pythonCall),
        id: "r",
        user_input_request: true,
      }),
    ],
    [
      "an approval",
      csharp("toolApprovalResponse", {
        toolCall: csharp("functionCall", call),
        approved: true,
        requestId: "r",
      }),
      python("function_approval_response", {
        function_call: python("function_call", pythonCall),
        approved: true,
        id: "r",
      }),
    ],
  ])("%s", async (_name, inCsharp, inPython) => {
    const text = csharpSession({ role: "assistant", contents: [inCsharp, csharp("text", { text: "x" })] });
    const fromCsharp = move(text);
    expect(fromCsharp).toMatchObject({ messages: [{ role: "assistant", content: "x" }], movedMarks: [] });
    expect(fromCsharp.marks).toEqual([`carried ${csharpPath}[0].contents[0]`]);
    expect(JSON.stringify(fromCsharp.moved[0])).toBe(JSON.stringify(inPython));
    const fromPython = move(
      pythonSession({
        role: "assistant",
        contents: [inPython, python("text", { text: "x" })],
        additional_properties: {},
        type: "message",
      }),
    );
    expect(fromPython).toMatchObject({ messages: [{ role: "assistant", content: "x" }], movedMarks: [] });
    expect(fromPython.marks).toEqual([`carried ${pythonPath}[0].contents[0]`]);
    expect(JSON.stringify(fromPython.moved[0])).toBe(JSON.stringify(inCsharp));
    expect(await throughAgent(readAgentFrameworkThread(text).thread)).toBeDefined();
  });

  test("the first C# asks for approval in other words, and the report says that a call waits", () => {
    const request = csharp("functionApprovalRequest", { id: "r", functionCall: call });
    const { messages, marks, moved, report } = move(
      csharpSession({ role: "assistant", contents: [request] }),
    );
    expect(messages).toEqual([]);
    expect(marks).toEqual([`carried ${csharpPath}[0].contents[0]`]);
    expect(report[0]?.what).toContain("still waits for an answer");
    expect(moved).toEqual([
      python("function_approval_request", {
        function_call: python("function_call", pythonCall),
        id: "r",
        user_input_request: true,
      }),
    ]);
  });
});

describe("calls and results", () => {
  const result = { callId: "c1", result: "12C" };
  const ask = { role: "assistant", contents: [csharp("functionCall", call)] };
  const asked = {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } }],
  };

  test("of one turn are one message with calls and a message for each result, wherever they stood", async () => {
    const second = { callId: "c2", name: "g" };
    const answers = [
      csharp("functionResult", { callId: "c2", result: { ok: true } }),
      csharp("functionResult", { callId: "c1", result: null }),
    ];
    const together = csharpSession(
      {
        role: "assistant",
        contents: [
          csharp("text", { text: "Let me see." }),
          csharp("functionCall", call),
          csharp("functionCall", second),
        ],
      },
      { role: "tool", contents: answers },
    );
    const apart = csharpSession(
      {
        role: "assistant",
        messageId: "1",
        contents: [csharp("text", { text: "Let me see." }), csharp("functionCall", call)],
      },
      { role: "assistant", messageId: "1", contents: [csharp("functionCall", second)] },
      { role: "tool", contents: answers.slice(0, 1) },
      { role: "tool", contents: answers.slice(1) },
    );
    for (const text of [together, apart]) {
      const { messages, marks } = move(text);
      expect(messages).toEqual([
        {
          role: "assistant",
          content: "Let me see.",
          tool_calls: [
            ...asked.tool_calls,
            { id: "c2", type: "function", function: { name: "g", arguments: "{}" } },
          ],
        },
        { role: "tool", tool_call_id: "c2", content: '{"ok":true}' },
        { role: "tool", tool_call_id: "c1", content: "" },
      ]);
      expect(marks).toEqual([]);
      expect(messagesOf(await throughAgent(readAgentFrameworkThread(text).thread))).toEqual(messages);
    }
  });

  test("in one message of C# become the messages that they would have been", () => {
    const contents = [
      csharp("functionCall", call),
      csharp("functionResult", result),
      csharp("text", { text: "Cold." }),
    ];
    const { messages } = move(csharpSession({ role: "assistant", contents }));
    expect(messages).toEqual([
      asked,
      { role: "tool", tool_call_id: "c1", content: "12C" },
      { role: "assistant", content: "Cold." },
    ]);
  });

  test("beside the user's words come before these", () => {
    const contents = [csharp("text", { text: "And?" }), csharp("functionResult", result)];
    const { messages, marks } = move(csharpSession(ask, { role: "user", contents }));
    expect(messages).toEqual([
      asked,
      { role: "tool", tool_call_id: "c1", content: "12C" },
      { role: "user", content: "And?" },
    ]);
    expect(marks).toEqual([]);
  });

  test.each<[string, unknown[], string[]]>([
    ["a call at the end", [ask], ["repair [0].contents[0]"]],
    [
      "a call that the user interrupts",
      [ask, { role: "user", contents: [csharp("text", { text: "x" })] }],
      ["repair [0].contents[0]"],
    ],
    [
      "a result alone",
      [{ role: "tool", contents: [csharp("functionResult", result)] }],
      ["repair [0].contents[0]"],
    ],
    [
      "two results",
      [ask, { role: "tool", contents: [csharp("functionResult", result), csharp("functionResult", result)] }],
      ["repair [1].contents[1]"],
    ],
  ])("that are broken are kept and reported: %s", async (_name, messages, marks) => {
    const text = csharpSession(...messages);
    const read = move(text);
    expect(read.marks).toEqual(marks.map((mark) => mark.replace("[", `${csharpPath}[`)));
    expect(read.messages.length).toBeGreaterThanOrEqual(messages.length);
    await expect(throughAgent(readAgentFrameworkThread(text).thread)).rejects.toMatchObject({
      code: "THREAD_INVALID",
    });
  });

  test("keep the order and the writing of arguments that no object of JavaScript keeps", () => {
    const odd = '{"b":1.0,"2":12345678901234567890,"1":{"__proto__":[1e3],"a":"\\u00e9"},"a":null}';
    const text = `{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[{"role":"assistant","contents":[{"$type":"functionCall","callId":"c1","name":"f","arguments":${odd}}]},{"role":"tool","contents":[{"$type":"functionResult","callId":"c1","result":${odd}}]}]}}}`;
    const { thread } = readAgentFrameworkThread(text);
    const [assistant, tool] = messagesOf(thread) as [{ tool_calls: { function: object }[] }, object];
    expect(assistant.tool_calls[0]?.function).toEqual({ name: "f", arguments: canonical(odd) });
    expect(tool).toMatchObject({ content: canonical(odd) });
    expect(writeAgentFrameworkThread(thread).text).toBe(canonical(text));
    const inPython = writeAgentFrameworkThread(thread, { to: "python-session", sessionId: "s" }).text;
    expect(inPython).toContain(`"arguments":${JSON.stringify(canonical(odd))}`);
    const back = writeAgentFrameworkThread(readAgentFrameworkThread(inPython).thread, {
      to: "csharp-session",
    });
    expect(back.text).toBe(canonical(text));
  });

  test("with arguments that are no object reach C# in one", () => {
    const message = (text: unknown): object => ({
      role: "assistant",
      contents: [python("function_call", { call_id: "c1", name: "f", arguments: text })],
      additional_properties: {},
      type: "message",
    });
    const movedOf = (text: unknown): unknown =>
      (move(pythonSession(message(text))).moved[0] as typeof call).arguments;
    expect(movedOf("{broken")).toEqual({ raw: "{broken" });
    expect(movedOf("[1]")).toEqual({ raw: [1] });
    expect(movedOf("")).toEqual({});
    expect(movedOf({ b: 1 })).toEqual({ b: 1 });
    expect(movedOf(null)).toBeUndefined();
    expect(move(pythonSession(message("[1]"))).movedMarks).toEqual(["changed $.messages[0].tool_calls[0]"]);
  });

  const items = [python("text", { text: "see " }), python("text", { text: "this" })];
  test.each<[string, object, string, unknown, string[], string[]]>([
    ["a text", { result: "x", items: [python("text", { text: "x" })] }, "x", "x", [], []],
    ["items alone", { items }, "see this", "see this", [], ["changed"]],
    [
      "an image beside the text",
      { result: "x", items: [...items, python("data", { uri: png })] },
      "x",
      "x",
      ["carried"],
      ["lost"],
    ],
    ["an exception", { exception: "boom" }, "Error: boom", "Error: boom", [], ["changed"]],
    ["a result and an exception", { result: "x", exception: "boom" }, "x", "x", [], ["lost"]],
    ["an object", { result: { a: [1] } }, '{"a":[1]}', { a: [1] }, [], []],
    ["nothing", {}, "", undefined, [], []],
  ])("with %s as Python's result", (_name, rest, content, resultInCsharp, kinds, movedKinds) => {
    const results = {
      role: "tool",
      contents: [python("function_result", { call_id: "c1", ...rest })],
      additional_properties: {},
      type: "message",
    };
    const { messages, marks, moved, movedMarks } = move(pythonSession(results));
    expect(messages).toEqual([{ role: "tool", tool_call_id: "c1", content }]);
    const kindsOf = (list: string[]): string[] =>
      list.map((mark) => mark.split(" ")[0] ?? "").filter((kind) => kind !== "repair");
    expect(kindsOf(marks)).toEqual(kinds);
    expect(kindsOf(movedMarks)).toEqual(movedKinds);
    expect((moved[0] as typeof result).result).toEqual(resultInCsharp);
  });
});

describe("what else a message may hold", () => {
  const say = csharp("text", { text: "x" });

  test("a refusal is a refusal, in all three", () => {
    const refusal = csharp("error", { message: "No.", errorCode: "Refusal" });
    const { messages, marks, moved } = move(csharpSession({ role: "assistant", contents: [refusal] }));
    expect(messages).toEqual([{ role: "assistant", content: null, refusal: "No." }]);
    expect(marks).toEqual([]);
    expect(moved).toEqual([python("error", { message: "No.", error_code: "Refusal" })]);
  });

  test("contents of an unknown type are carried, and lost where they are unknown, which is said", () => {
    const contents = [csharp("mcpServerToolCall", { callId: "1" }), { text: "no type" }, say];
    const { messages, marks, moved, movedMarks } = move(csharpSession({ role: "assistant", contents }));
    expect(messages).toEqual([{ role: "assistant", content: "x" }]);
    expect(marks).toEqual([0, 1].map((index) => `carried ${csharpPath}[0].contents[${index}]`));
    expect(moved).toEqual([python("text", { text: "x" })]);
    expect(movedMarks).toEqual(
      [0, 1].map((index) => `lost $.agentFramework.messages[0].originals[0].contents[${index}]`),
    );
  });

  test("members that the other language lacks are named, unless they say nothing", () => {
    const rest = {
      informationalOnly: false,
      invocationRequired: true,
      annotations: [],
      strange: 1,
      empty: null,
    };
    const contents = [csharp("functionCall", { ...call, ...rest })];
    const { movedMarks } = move(
      csharpSession({ role: "assistant", contents, odd: true, createdAt: "2026-01-01T00:00:00Z" }),
    );
    const path = "$.agentFramework.messages[0].originals[0]";
    expect(movedMarks.toSorted()).toEqual([
      `lost ${path}`,
      `lost ${path}.contents[0]`,
      `lost ${path}.createdAt`,
    ]);
    const citation = csharp("text", { text: "x", annotations: [{ $type: "citation", title: "t" }] });
    expect(move(csharpSession({ role: "assistant", contents: [citation] })).movedMarks).toEqual([
      `lost ${path}.contents[0]`,
    ]);
  });

  test("a message for nobody joins its neighbour; in front of all it keeps its place", () => {
    const nothing = { role: "assistant", contents: [] };
    const critic = { role: "critic", contents: [say] };
    const { messages, marks } = move(
      csharpSession(nothing, { role: "user", contents: [say] }, critic, nothing),
    );
    expect(messages).toEqual([{ role: "user", content: "x" }]);
    expect(marks).toEqual([`carried ${csharpPath}[2].contents[0]`]);
    const only = csharpSession(nothing, critic);
    const { thread } = readAgentFrameworkThread(only);
    const answered = { ...thread, messages: [{ role: "user", content: "y" }] };
    const written = JSON.parse(writeAgentFrameworkThread(answered).text) as {
      stateBag: { InMemoryChatHistoryProvider: object };
    };
    expect(written.stateBag.InMemoryChatHistoryProvider).toEqual({
      messages: [nothing, critic, { role: "user", contents: [csharp("text", { text: "y" })] }],
    });
  });

  test("roles: C# may leave the user's out, system and developer stay themselves", () => {
    const { messages } = move(
      csharpSession(
        { contents: [say] },
        { role: "system", contents: [say] },
        { role: "developer", contents: [say] },
      ),
    );
    expect(messages.map((message) => (message as { role: string }).role)).toEqual([
      "user",
      "system",
      "developer",
    ]);
  });

  test("Python takes bare text and null among contents", () => {
    const { messages } = move(pythonSession({ role: "user", contents: ["x", null], type: "message" }));
    expect(messages).toEqual([{ role: "user", content: "x" }]);
  });

  test("a URI that is no image, and one without a media type", () => {
    const contents = [python("uri", { uri: "https://x.test/a" })];
    const { messages, moved, movedMarks } = move(
      pythonSession({ role: "user", contents, additional_properties: {}, type: "message" }),
    );
    expect(messages).toEqual([]);
    expect(moved).toEqual([
      csharp("uri", { uri: "https://x.test/a", mediaType: "application/octet-stream" }),
    ]);
    expect(movedMarks).toEqual(["changed $.agentFramework.messages[0].originals[0].contents[0]"]);
  });

  test("half of a character becomes U+FFFD for the model, and stays what it is for Python", () => {
    const text =
      '{"type":"session","session_id":"s","state":{"in_memory":{"messages":[{"role":"user","contents":[{"type":"text","text":"x\\ud83c"}],"type":"message"}]}}}';
    const { messages, marks } = move(text);
    expect(messages).toEqual([{ role: "user", content: "x\ufffd" }]);
    expect(marks).toEqual([`changed ${pythonPath}[0].contents[0]`]);
    expect(JSON.stringify(readAgentFrameworkThread(text).thread).isWellFormed()).toBe(true);
  });

  test("$type is put back in front where a database has ordered the members", () => {
    const text = csharpSession({
      role: "assistant",
      contents: [
        { text: "x", $type: "text" },
        {
          requestId: "r",
          toolCall: { name: "f", callId: "c", $type: "functionCall" },
          $type: "toolApprovalRequest",
        },
        { $type: "functionResult", callId: "c", result: { a: 1, $type: "data" } },
      ],
    });
    const read = readAgentFrameworkThread(text);
    expect(marksOf(read.report).filter((mark) => mark.startsWith("changed"))).toEqual(
      [0, 1].map((index) => `changed ${csharpPath}[0].contents[${index}]`),
    );
    expect(writeAgentFrameworkThread(read.thread).text).toBe(
      csharpSession({
        role: "assistant",
        contents: [
          { $type: "text", text: "x" },
          {
            $type: "toolApprovalRequest",
            requestId: "r",
            toolCall: { $type: "functionCall", name: "f", callId: "c" },
          },
          { $type: "functionResult", callId: "c", result: { a: 1, $type: "data" } },
        ],
      }),
    );
  });
});
