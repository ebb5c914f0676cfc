import { expect, test } from "vitest";
import { messagesOf } from "./golden.test-helper.ts";
import { readAgentFrameworkThread, writeAgentFrameworkThread } from "./index.ts";
import { type ObjectShape, frameThread, shapes } from "./random-thread.test-helper.ts";

/** A kind of content in each language. */
interface Kind {
  readonly role: "assistant" | "tool" | "user";
  readonly name: string;
  readonly csharp: object;
  readonly python: object;
  /** A part of the content that the converted messages contain. Absent if the content item is only preserved. */
  readonly visible?: string;
}

const png = "data:image/png;base64,iVBORw0KGgo=";
const wav = "data:audio/wav;base64,UklGRg==";
const pdf = "data:application/pdf;base64,JVBERi0=";
const csv = "data:text/csv;base64,YQ==";
const csharpCall = { $type: "functionCall", callId: "c9", name: "pay", arguments: { "#2": 1, "#1": 2 } };
const pythonCall = { type: "function_call", call_id: "c9", name: "pay", arguments: '{"2":1,"1":2}' };

const kinds: readonly Kind[] = [
  {
    role: "user",
    name: "text",
    csharp: { $type: "text", text: "mark 1" },
    python: { type: "text", text: "mark 1" },
    visible: "mark 1",
  },
  {
    role: "user",
    name: "data: an image",
    csharp: { $type: "data", uri: png, name: "a.png" },
    python: { type: "data", uri: png, media_type: "image/png" },
    visible: png,
  },
  {
    role: "user",
    name: "data: audio",
    csharp: { $type: "data", uri: wav },
    python: { type: "data", uri: wav, media_type: "audio/wav" },
    visible: "UklGRg==",
  },
  {
    role: "user",
    name: "data: a document",
    csharp: { $type: "data", uri: pdf, name: "a.pdf" },
    python: { type: "data", uri: pdf, media_type: "application/pdf" },
    visible: pdf,
  },
  {
    role: "user",
    name: "data: of another type",
    csharp: { $type: "data", uri: csv },
    python: { type: "data", uri: csv, media_type: "text/csv" },
  },
  {
    role: "user",
    name: "uri: an image",
    csharp: { $type: "uri", uri: "https://x.test/2.png", mediaType: "image/png" },
    python: { type: "uri", uri: "https://x.test/2.png", media_type: "image/png" },
    visible: "https://x.test/2.png",
  },
  {
    role: "user",
    name: "uri: of another type",
    csharp: { $type: "uri", uri: "https://x.test/3", mediaType: "text/html" },
    python: { type: "uri", uri: "https://x.test/3", media_type: "text/html" },
  },
  {
    role: "user",
    name: "hosted file",
    csharp: { $type: "hostedFile", fileId: "file-4" },
    python: { type: "hosted_file", file_id: "file-4" },
    visible: "file-4",
  },
  {
    role: "user",
    name: "hosted vector store",
    csharp: { $type: "hostedVectorStore", vectorStoreId: "vs-5" },
    python: { type: "hosted_vector_store", vector_store_id: "vs-5" },
  },
  {
    role: "user",
    name: "approval response",
    csharp: {
      $type: "toolApprovalResponse",
      toolCall: csharpCall,
      approved: false,
      reason: "No.",
      requestId: "r1",
    },
    python: { type: "function_approval_response", function_call: pythonCall, approved: false, id: "r1" },
  },
  {
    role: "assistant",
    name: "reasoning",
    csharp: { $type: "reasoning", text: "Hm.", protectedData: "gAAA" },
    python: { type: "text_reasoning", text: "Hm.", protected_data: "gAAA" },
  },
  {
    role: "assistant",
    name: "error",
    csharp: { $type: "error", message: "m", errorCode: "c", details: "d" },
    python: { type: "error", message: "m", error_code: "c", error_details: "d" },
  },
  {
    role: "assistant",
    name: "error: a refusal",
    csharp: { $type: "error", message: "mark 6", errorCode: "Refusal" },
    python: { type: "error", message: "mark 6", error_code: "Refusal" },
    visible: "mark 6",
  },
  {
    role: "assistant",
    name: "usage",
    csharp: { $type: "usage", details: { inputTokenCount: 1, additionalCounts: { cached: 2 } } },
    python: { type: "usage", usage_details: { input_token_count: 1, "openai.cached": 2 } },
  },
  {
    role: "assistant",
    name: "approval request",
    csharp: { $type: "toolApprovalRequest", toolCall: csharpCall, requestId: "r1" },
    python: {
      type: "function_approval_request",
      function_call: pythonCall,
      id: "r1",
      user_input_request: true,
    },
    visible: '"id":"c9"',
  },
  {
    role: "assistant",
    name: "approval request of the first C# version",
    csharp: { $type: "functionApprovalRequest", id: "r2", functionCall: { callId: "c8", name: "pay" } },
    python: {
      type: "function_approval_request",
      function_call: { ...pythonCall, call_id: "c8" },
      id: "r2",
      user_input_request: true,
    },
    visible: '"id":"c8"',
  },
  {
    role: "assistant",
    name: "an unknown type",
    csharp: { $type: "somethingNew", callId: "c7", "#1": [{ b: 1, a: 2 }] },
    python: { type: "shell_tool_call", call_id: "c7", commands: ["ls"], "#1": [{ b: 1, a: 2 }] },
  },
  {
    role: "assistant",
    name: "hosted: code interpreter",
    csharp: { $type: "codeInterpreterToolCall", inputs: [{ $type: "text", text: "1" }], callId: "h1" },
    python: { type: "code_interpreter_tool_call", inputs: [{ type: "text", text: "1" }], call_id: "h1" },
  },
  {
    role: "assistant",
    name: "hosted: the result of code interpreter",
    csharp: { $type: "codeInterpreterToolResult", callId: "h1", outputs: [{ $type: "data", uri: png }] },
    python: { type: "code_interpreter_tool_result", call_id: "h1", outputs: [{ type: "data", uri: png }] },
  },
  {
    role: "assistant",
    name: "hosted: image generation",
    csharp: { $type: "imageGenerationToolResult", outputs: [{ $type: "data", uri: png }], callId: "h2" },
    python: { type: "image_generation_tool_result", outputs: { type: "data", uri: png }, image_id: "h2" },
  },
  {
    role: "assistant",
    name: "hosted: MCP",
    csharp: {
      $type: "mcpServerToolCall",
      name: "q",
      serverName: "s",
      arguments: { "#2": 1, "#1": 2 },
      callId: "h3",
    },
    python: { type: "mcp_server_tool_call", tool_name: "q", server_name: "s", arguments: "{", call_id: "h3" },
  },
  {
    role: "assistant",
    name: "hosted: the result of MCP, without an id",
    csharp: { $type: "mcpServerToolResult", outputs: null },
    python: { type: "mcp_server_tool_result", output: [1, { "#2": 1, "#1": 2 }, null] },
  },
  {
    role: "assistant",
    name: "hosted: a search, with members of the wrong type",
    csharp: { $type: "webSearchToolCall", callId: 7, queries: "x" },
    python: { type: "search_tool_call", call_id: "h4", tool_name: 5, arguments: [] },
  },
  {
    role: "assistant",
    name: "a call that is only shown",
    csharp: { $type: "functionCall", callId: "c6", name: "note", arguments: {}, informationalOnly: true },
    python: { type: "function_call", call_id: "c6", name: "note", arguments: "{}", informational_only: true },
  },
  {
    role: "assistant",
    name: "text with citations",
    csharp: {
      $type: "text",
      text: "mark 8",
      annotations: [
        {
          $type: "citation",
          url: "https://x.test",
          annotatedRegions: [{ $type: "textSpan", start: 1, end: 2 }],
        },
        { $type: "note", odd: 1 },
      ],
    },
    python: {
      type: "text",
      text: "mark 8",
      annotations: [
        {
          type: "citation",
          url: "https://x.test",
          annotated_regions: [{ type: "text_span", start_index: 1 }],
        },
        7,
      ],
    },
    visible: "mark 8",
  },
  {
    role: "assistant",
    name: "a call, its arguments an object",
    csharp: { $type: "functionCall", callId: "c1", name: "f", arguments: { b: 1, a: { c: null } } },
    python: { type: "function_call", call_id: "c1", name: "f", arguments: { b: 1, a: { c: null } } },
    visible: JSON.stringify('{"b":1,"a":{"c":null}}').slice(1, -1),
  },
  {
    role: "assistant",
    name: "a parallel call, its arguments text",
    csharp: { $type: "functionCall", callId: "c2", name: "g", arguments: {} },
    python: { type: "function_call", call_id: "c2", name: "g", arguments: ' {"b" :1}' },
    visible: '"c2"',
  },
  {
    role: "tool",
    name: "the result of the second call, an object",
    csharp: { $type: "functionResult", callId: "c2", result: { ok: [1.0, null] } },
    python: { type: "function_result", call_id: "c2", result: { ok: [1.0, null] } },
    visible: JSON.stringify('{"ok":[1,null]}').slice(1, -1),
  },
  {
    role: "tool",
    name: "the result of the first call, text",
    csharp: { $type: "functionResult", callId: "c1", result: "mark 7" },
    python: {
      type: "function_result",
      call_id: "c1",
      result: "mark 7",
      items: [{ type: "text", text: "mark 7", additional_properties: { odd: 1 } }],
      exception: "none",
    },
    visible: "mark 7",
  },
];

const roles = ["user", "assistant", "tool"] as const;

/** Creates a thread with all kinds of content and with the state of an unknown provider. */
function threadOf(shape: ObjectShape): string {
  const messages = roles.map((role) => {
    const contents = kinds
      .filter((kind) => kind.role === role)
      .map(({ csharp, python }) => (shape.startsWith("csharp") ? csharp : python));
    const written = shape === "python-thread" ? { type: "role", value: role } : role;
    // A JavaScript object would move names such as "1" to the front.
    return JSON.stringify({ odd: { "#2": 1, "#1": 2 }, contents, role: written }).replaceAll('"#', '"');
  });
  return frameThread(shape, messages, '{"facts":[{"b":1,"a":1.50}],"1":null}');
}

test.each(shapes)(
  "%s: every kind of content keeps its form, and is either converted or reported",
  (shape) => {
    const text = threadOf(shape);
    const { thread, report } = readAgentFrameworkThread(text);
    const stored = JSON.parse(JSON.stringify(thread)) as typeof thread;
    expect(writeAgentFrameworkThread(stored, { strict: true })).toEqual({ text, shape, report: [] });
    const messages = JSON.stringify(messagesOf(thread));
    const preserved = report.filter(({ kind }) => kind === "preserved").map(({ path }) => path);
    for (const [index, role] of roles.entries()) {
      for (const [position, { name, visible }] of kinds.filter((kind) => kind.role === role).entries()) {
        const isPreserved = preserved.some((path) =>
          path.endsWith(`messages[${index}].contents[${position}]`),
        );
        expect(visible === undefined ? isPreserved : messages.includes(visible), name).toBe(true);
      }
    }
  },
);
