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
  /** The content items of the first message in the other language. */
  readonly converted: unknown[];
  /** The report of the conversion. */
  readonly conversionMarks: string[];
}

/** Reads a thread, checks that it is written back in its original form, and converts it to the other language. */
function convert(text: string): Read {
  const read = readAgentFrameworkThread(text);
  const back = writeAgentFrameworkThread(read.thread, { strict: true });
  expect(back.text).toBe(canonical(text));
  expect(back.report).toEqual([]);
  const to = read.shape === "csharp-session" ? "python-session" : "csharp-session";
  const other = writeAgentFrameworkThread(read.thread, { to, sessionId: "s" });
  const { report } = other;
  const conversionMarks = marksOf(report).filter((mark) => mark !== "replaced $.session_id");
  return {
    messages: messagesOf(read.thread),
    marks: marksOf(read.report),
    report: read.report,
    converted: (messagesIn(other.text)[0]?.["contents"] as unknown[] | undefined) ?? [],
    conversionMarks,
  };
}

/** Creates a content item of Python. */
function python(type: string, rest: object): object {
  return { type, ...rest, additional_properties: {} };
}

/** Creates a content item of C#. */
function csharp($type: string, rest: object): object {
  return { $type, ...rest };
}

const call = { callId: "c1", name: "f", arguments: { a: 1 } };
const pythonCall = { call_id: "c1", name: "f", arguments: '{"a":1}' };

describe("a content item from the user", () => {
  test.each<[name: string, csharp: object, python: object, part: unknown]>([
    ["text", csharp("text", { text: "x" }), python("text", { text: "x" }), "x"],
    [
      "an image",
      csharp("data", { uri: png }),
      python("data", { uri: png, media_type: "image/png" }),
      [{ type: "image_url", image_url: { url: png } }],
    ],
    [
      "an image at a URL",
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
  ])(
    "%s has a counterpart in Chat Completions and in the other language",
    (_name, inCsharp, inPython, content) => {
      const fromCsharp = convert(csharpSession({ role: "user", contents: [inCsharp] }));
      expect(fromCsharp).toMatchObject({
        messages: [{ role: "user", content }],
        marks: [],
        conversionMarks: [],
      });
      expect(JSON.stringify(fromCsharp.converted)).toBe(JSON.stringify([inPython]));
      const fromPython = convert(
        pythonSession({ role: "user", contents: [inPython], additional_properties: {}, type: "message" }),
      );
      expect(fromPython).toMatchObject({
        messages: [{ role: "user", content }],
        marks: [],
        conversionMarks: [],
      });
      expect(JSON.stringify(fromPython.converted)).toBe(JSON.stringify([inCsharp]));
    },
  );

  test("can be one of several parts, and the author's name is kept", () => {
    const contents = [csharp("text", { text: "What is this?" }), csharp("data", { uri: png, name: "a.png" })];
    const { messages, conversionMarks } = convert(
      csharpSession({ authorName: "ann", role: "user", contents }),
    );
    const parts = [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: png } },
    ];
    expect(messages).toEqual([{ role: "user", name: "ann", content: parts }]);
    // Python does not have the name of a file.
    expect(conversionMarks).toEqual(["lost $.agentFramework.messages[0].originals[0].contents[1]"]);
  });

  test("with an author's name that providers reject preserves the name", () => {
    const { messages, marks } = convert(
      csharpSession({ authorName: "Ann Lee", role: "user", contents: [csharp("text", { text: "x" })] }),
    );
    expect(messages).toEqual([{ role: "user", content: "x" }]);
    expect(marks).toEqual([`preserved ${csharpPath}[0]`]);
  });
});

describe("a content item without a counterpart in Chat Completions is preserved, and converted to the other language:", () => {
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
      "a call that is only shown",
      csharp("functionCall", { ...call, informationalOnly: true }),
      python("function_call", { ...pythonCall, informational_only: true }),
    ],
    [
      "a call of the code interpreter",
      csharp("codeInterpreterToolCall", { callId: "1", inputs: [csharp("text", { text: "1+1" })] }),
      python("code_interpreter_tool_call", { call_id: "1", inputs: [python("text", { text: "1+1" })] }),
    ],
    [
      "a result of the code interpreter",
      csharp("codeInterpreterToolResult", {
        callId: "1",
        outputs: [csharp("data", { uri: png }), csharp("hostedFile", { fileId: "f" })],
      }),
      python("code_interpreter_tool_result", {
        call_id: "1",
        outputs: [
          python("data", { uri: png, media_type: "image/png" }),
          python("hosted_file", { file_id: "f" }),
        ],
      }),
    ],
    [
      "a generated image",
      csharp("imageGenerationToolResult", { callId: "1", outputs: [csharp("data", { uri: png })] }),
      python("image_generation_tool_result", {
        image_id: "1",
        outputs: python("data", { uri: png, media_type: "image/png" }),
      }),
    ],
    [
      "a call of an MCP server",
      csharp("mcpServerToolCall", { callId: "1", name: "q", serverName: "s", arguments: { a: 1 } }),
      python("mcp_server_tool_call", { call_id: "1", tool_name: "q", server_name: "s", arguments: { a: 1 } }),
    ],
    [
      "a result of an MCP server",
      csharp("mcpServerToolResult", { callId: "1", outputs: [csharp("text", { text: "5" })] }),
      python("mcp_server_tool_result", { call_id: "1", output: [python("text", { text: "5" })] }),
    ],
    [
      "a search of the web",
      csharp("webSearchToolCall", { callId: "1", queries: ["pirates"] }),
      python("search_tool_call", { call_id: "1", arguments: { query: "pirates" }, tool_name: "web_search" }),
    ],
    [
      "several searches of the web",
      csharp("webSearchToolCall", { callId: "1", queries: ["a", "b"] }),
      python("search_tool_call", {
        call_id: "1",
        arguments: { queries: ["a", "b"] },
        tool_name: "web_search",
      }),
    ],
    [
      "a result of a search",
      csharp("webSearchToolResult", { callId: "1", outputs: [csharp("text", { text: "hit" })] }),
      python("search_tool_result", {
        call_id: "1",
        items: [python("text", { text: "hit" })],
        tool_name: "web_search",
      }),
    ],
    [
      "an approval of a tool of an MCP server",
      csharp("toolApprovalRequest", {
        toolCall: csharp("mcpServerToolCall", {
          callId: "1",
          name: "q",
          serverName: "s",
          arguments: { a: 1 },
        }),
        requestId: "1",
      }),
      python("function_approval_request", {
        function_call: {
          ...python("function_call", { call_id: "1", name: "q", arguments: '{"a":1}' }),
          additional_properties: { server_label: "s" },
        },
        id: "1",
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
    const fromCsharp = convert(text);
    expect(fromCsharp).toMatchObject({
      messages: [{ role: "assistant", content: "x" }],
      conversionMarks: [],
    });
    expect(fromCsharp.marks).toEqual([`preserved ${csharpPath}[0].contents[0]`]);
    expect(JSON.stringify(fromCsharp.converted[0])).toBe(JSON.stringify(inPython));
    const fromPython = convert(
      pythonSession({
        role: "assistant",
        contents: [inPython, python("text", { text: "x" })],
        additional_properties: {},
        type: "message",
      }),
    );
    expect(fromPython).toMatchObject({
      messages: [{ role: "assistant", content: "x" }],
      conversionMarks: [],
    });
    expect(fromPython.marks).toEqual([`preserved ${pythonPath}[0].contents[0]`]);
    expect(JSON.stringify(fromPython.converted[0])).toBe(JSON.stringify(inCsharp));
    expect(await throughAgent(readAgentFrameworkThread(text).thread)).toBeDefined();
  });

  test("an approval request of the first C# version becomes a call that waits, and is converted", () => {
    const request = csharp("functionApprovalRequest", { id: "r", functionCall: call });
    const { messages, marks, converted, report } = convert(
      csharpSession({ role: "assistant", contents: [request] }),
    );
    const called = { id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } };
    expect(messages).toEqual([{ role: "assistant", content: null, tool_calls: [called] }]);
    expect(marks).toEqual([]);
    expect(report).toEqual([]);
    expect(converted).toEqual([
      python("function_call", pythonCall),
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

  test("of one turn become one message with calls and one for each result, in one message or several", async () => {
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
      const { messages, marks } = convert(text);
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

  test("in one message of C# become separate messages", () => {
    const contents = [
      csharp("functionCall", call),
      csharp("functionResult", result),
      csharp("text", { text: "Cold." }),
    ];
    const { messages } = convert(csharpSession({ role: "assistant", contents }));
    expect(messages).toEqual([
      asked,
      { role: "tool", tool_call_id: "c1", content: "12C" },
      { role: "assistant", content: "Cold." },
    ]);
  });

  test("in a message with user text come before the text", () => {
    const contents = [csharp("text", { text: "And?" }), csharp("functionResult", result)];
    const { messages, marks } = convert(csharpSession(ask, { role: "user", contents }));
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
      "a call that the user interrupted",
      [ask, { role: "user", contents: [csharp("text", { text: "x" })] }],
      ["repair [0].contents[0]"],
    ],
    [
      "a result without a call",
      [{ role: "tool", contents: [csharp("functionResult", result)] }],
      ["repair [0].contents[0]"],
    ],
    [
      "two results",
      [ask, { role: "tool", contents: [csharp("functionResult", result), csharp("functionResult", result)] }],
      ["repair [1].contents[1]"],
    ],
  ])("that are not paired are preserved and reported: %s", async (_name, messages, marks) => {
    const text = csharpSession(...messages);
    const read = convert(text);
    expect(read.marks).toEqual(marks.map((mark) => mark.replace("[", `${csharpPath}[`)));
    expect(read.messages.length).toBeGreaterThanOrEqual(messages.length);
    await expect(throughAgent(readAgentFrameworkThread(text).thread)).rejects.toMatchObject({
      code: "THREAD_INVALID",
    });
  });

  test("keep the order of members and the notation of numbers in arguments", () => {
    const args = '{"b":1.0,"2":12345678901234567890,"1":{"__proto__":[1e3],"a":"\\u00e9"},"a":null}';
    const text = `{"stateBag":{"InMemoryChatHistoryProvider":{"messages":[{"role":"assistant","contents":[{"$type":"functionCall","callId":"c1","name":"f","arguments":${args}}]},{"role":"tool","contents":[{"$type":"functionResult","callId":"c1","result":${args}}]}]}}}`;
    const { thread } = readAgentFrameworkThread(text);
    const [assistant, tool] = messagesOf(thread) as [{ tool_calls: { function: object }[] }, object];
    expect(assistant.tool_calls[0]?.function).toEqual({ name: "f", arguments: canonical(args) });
    expect(tool).toMatchObject({ content: canonical(args) });
    expect(writeAgentFrameworkThread(thread).text).toBe(canonical(text));
    const inPython = writeAgentFrameworkThread(thread, { to: "python-session", sessionId: "s" }).text;
    expect(inPython).toContain(`"arguments":${JSON.stringify(canonical(args))}`);
    const back = writeAgentFrameworkThread(readAgentFrameworkThread(inPython).thread, {
      to: "csharp-session",
    });
    expect(back.text).toBe(canonical(text));
  });

  test("with arguments that are not an object are wrapped for C#", () => {
    const message = (text: unknown): object => ({
      role: "assistant",
      contents: [python("function_call", { call_id: "c1", name: "f", arguments: text })],
      additional_properties: {},
      type: "message",
    });
    const convertedArguments = (text: unknown): unknown =>
      (convert(pythonSession(message(text))).converted[0] as typeof call).arguments;
    expect(convertedArguments("{broken")).toEqual({ raw: "{broken" });
    expect(convertedArguments("[1]")).toEqual({ raw: [1] });
    expect(convertedArguments("")).toEqual({});
    expect(convertedArguments({ b: 1 })).toEqual({ b: 1 });
    expect(convertedArguments(null)).toBeUndefined();
    expect(convert(pythonSession(message("[1]"))).conversionMarks).toEqual([
      "changed $.messages[0].tool_calls[0]",
    ]);
  });

  const items = [python("text", { text: "see " }), python("text", { text: "this" })];
  test.each<[string, object, string, unknown, string[], string[]]>([
    ["text", { result: "x", items: [python("text", { text: "x" })] }, "x", "x", [], []],
    ["only items", { items }, "see this", "see this", [], ["changed"]],
    [
      "text and an image",
      { result: "x", items: [...items, python("data", { uri: png })] },
      "x",
      "x",
      ["preserved"],
      ["lost"],
    ],
    ["an exception", { exception: "boom" }, "Error: boom", "Error: boom", [], ["changed"]],
    ["a result and an exception", { result: "x", exception: "boom" }, "x", "x", [], ["lost"]],
    ["an object", { result: { a: [1] } }, '{"a":[1]}', { a: [1] }, [], []],
    ["nothing", {}, "", undefined, [], []],
  ])("with a result of Python that is %s", (_name, rest, content, resultInCsharp, kinds, conversionKinds) => {
    const results = {
      role: "tool",
      contents: [python("function_result", { call_id: "c1", ...rest })],
      additional_properties: {},
      type: "message",
    };
    const { messages, marks, converted, conversionMarks } = convert(pythonSession(results));
    expect(messages).toEqual([{ role: "tool", tool_call_id: "c1", content }]);
    const kindsOf = (list: string[]): string[] =>
      list.map((mark) => mark.split(" ")[0] ?? "").filter((kind) => kind !== "repair");
    expect(kindsOf(marks)).toEqual(kinds);
    expect(kindsOf(conversionMarks)).toEqual(conversionKinds);
    expect((converted[0] as typeof result).result).toEqual(resultInCsharp);
  });
});

describe("other parts of messages", () => {
  const say = csharp("text", { text: "x" });

  test("citations are converted in both directions", () => {
    const citation = { title: "t", url: "https://x.test", snippet: "s" };
    const inCsharp = csharp("text", {
      text: "x",
      annotations: [
        {
          $type: "citation",
          ...citation,
          annotatedRegions: [{ $type: "textSpan", start: 1, end: 2 }],
          additionalProperties: { k: 1 },
        },
      ],
    });
    const inPython = {
      ...python("text", { text: "x" }),
      annotations: [
        {
          type: "citation",
          ...citation,
          annotated_regions: [{ type: "text_span", start_index: 1, end_index: 2 }],
          additional_properties: { k: 1 },
        },
      ],
    };
    const fromCsharp = convert(csharpSession({ role: "assistant", contents: [inCsharp] }));
    expect(fromCsharp).toMatchObject({ converted: [inPython], conversionMarks: [] });
    const fromPython = convert(pythonSession({ role: "assistant", contents: [inPython] }));
    expect(fromPython).toMatchObject({ converted: [inCsharp], conversionMarks: [] });
  });

  test("a refusal is converted in all three formats", () => {
    const refused = csharp("error", { message: "No.", errorCode: "Refusal" });
    const { messages, marks, converted } = convert(csharpSession({ role: "assistant", contents: [refused] }));
    expect(messages).toEqual([{ role: "assistant", content: null, refusal: "No." }]);
    expect(marks).toEqual([]);
    expect(converted).toEqual([python("error", { message: "No.", error_code: "Refusal" })]);
  });

  test("content items of an unknown type are preserved, and reported as lost in the other language", () => {
    const contents = [csharp("somethingNew", { callId: "1" }), { text: "no type" }, say];
    const { messages, marks, converted, conversionMarks } = convert(
      csharpSession({ role: "assistant", contents }),
    );
    expect(messages).toEqual([{ role: "assistant", content: "x" }]);
    expect(marks).toEqual([0, 1].map((index) => `preserved ${csharpPath}[0].contents[${index}]`));
    expect(converted).toEqual([python("text", { text: "x" })]);
    expect(conversionMarks).toEqual(
      [0, 1].map((index) => `lost $.agentFramework.messages[0].originals[0].contents[${index}]`),
    );
  });

  test("members that the other language lacks are reported, unless they have default values", () => {
    const rest = {
      informationalOnly: false,
      invocationRequired: true,
      annotations: [],
      strange: 1,
      empty: null,
    };
    const contents = [csharp("functionCall", { ...call, ...rest })];
    const { conversionMarks } = convert(
      csharpSession({ role: "assistant", contents, odd: true, createdAt: "2026-01-01T00:00:00Z" }),
    );
    const path = "$.agentFramework.messages[0].originals[0]";
    expect(conversionMarks.toSorted()).toEqual([
      `lost ${path}`,
      `lost ${path}.contents[0]`,
      `lost ${path}.createdAt`,
    ]);
    const citation = csharp("text", { text: "x", annotations: [{ $type: "footnote", title: "t" }] });
    expect(convert(csharpSession({ role: "assistant", contents: [citation] })).conversionMarks).toEqual([
      `lost ${path}.contents[0]`,
    ]);
  });

  test("a message without content for the model joins the one before it, or stays at the front", () => {
    const nothing = { role: "assistant", contents: [] };
    const critic = { role: "critic", contents: [say] };
    const { messages, marks } = convert(
      csharpSession(nothing, { role: "user", contents: [say] }, critic, nothing),
    );
    expect(messages).toEqual([{ role: "user", content: "x" }]);
    expect(marks).toEqual([`preserved ${csharpPath}[2].contents[0]`]);
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

  test("roles are kept, and default to the user in C#", () => {
    const { messages } = convert(
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

  test("Python's content items can be strings and null", () => {
    const { messages } = convert(pythonSession({ role: "user", contents: ["x", null], type: "message" }));
    expect(messages).toEqual([{ role: "user", content: "x" }]);
  });

  test("a URI without a media type is not an image, and gets a media type in C#", () => {
    const contents = [python("uri", { uri: "https://x.test/a" })];
    const { messages, converted, conversionMarks } = convert(
      pythonSession({ role: "user", contents, additional_properties: {}, type: "message" }),
    );
    expect(messages).toEqual([]);
    expect(converted).toEqual([
      csharp("uri", { uri: "https://x.test/a", mediaType: "application/octet-stream" }),
    ]);
    expect(conversionMarks).toEqual(["changed $.agentFramework.messages[0].originals[0].contents[0]"]);
  });

  test("a lone surrogate becomes U+FFFD for the model, and is preserved for Python", () => {
    const text =
      '{"type":"session","session_id":"s","state":{"in_memory":{"messages":[{"role":"user","contents":[{"type":"text","text":"x\\ud83c"}],"type":"message"}]}}}';
    const { messages, marks } = convert(text);
    expect(messages).toEqual([{ role: "user", content: "x\ufffd" }]);
    expect(marks).toEqual([`changed ${pythonPath}[0].contents[0]`]);
    expect(JSON.stringify(readAgentFrameworkThread(text).thread).isWellFormed()).toBe(true);
  });

  test("$type is moved back to the front if a database has reordered members", () => {
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
