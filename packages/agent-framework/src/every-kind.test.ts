import { expect, test } from "vitest";
import { messagesOf } from "./golden.test-helper.ts";
import { readAgentFrameworkThread, writeAgentFrameworkThread, type AgentFrameworkShape } from "./index.ts";
import { frameThread, shapes } from "./random-thread.test-helper.ts";

/** One content: who says it, its members apart from those that all have, and what of it a model is shown. */
interface Kind {
  readonly role: "assistant" | "tool" | "user";
  readonly name: string;
  readonly csharp: object;
  readonly python: object;
  /** What is in the messages; nothing where it is carried. */
  readonly shown?: string;
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
    shown: "mark 1",
  },
  {
    role: "user",
    name: "data: an image",
    csharp: { $type: "data", uri: png, name: "a.png" },
    python: { type: "data", uri: png, media_type: "image/png" },
    shown: png,
  },
  {
    role: "user",
    name: "data: audio",
    csharp: { $type: "data", uri: wav },
    python: { type: "data", uri: wav, media_type: "audio/wav" },
    shown: "UklGRg==",
  },
  {
    role: "user",
    name: "data: a document",
    csharp: { $type: "data", uri: pdf, name: "a.pdf" },
    python: { type: "data", uri: pdf, media_type: "application/pdf" },
    shown: pdf,
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
    shown: "https://x.test/2.png",
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
    shown: "file-4",
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
    shown: "mark 6",
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
  },
  {
    role: "assistant",
    name: "approval request of the first C#",
    csharp: { $type: "functionApprovalRequest", id: "r2", functionCall: { callId: "c8", name: "pay" } },
    python: {
      type: "function_approval_request",
      function_call: pythonCall,
      id: "r2",
      user_input_request: true,
    },
  },
  {
    role: "assistant",
    name: "an unknown type",
    csharp: { $type: "mcpServerToolCall", callId: "c7", "#1": [{ b: 1, a: 2 }] },
    python: { type: "mcp_server_tool_call", call_id: "c7", "#1": [{ b: 1, a: 2 }] },
  },
  {
    role: "assistant",
    name: "a call, its arguments an object",
    csharp: { $type: "functionCall", callId: "c1", name: "f", arguments: { b: 1, a: { c: null } } },
    python: { type: "function_call", call_id: "c1", name: "f", arguments: { b: 1, a: { c: null } } },
    shown: JSON.stringify('{"b":1,"a":{"c":null}}').slice(1, -1),
  },
  {
    role: "assistant",
    name: "a parallel call, its arguments text",
    csharp: { $type: "functionCall", callId: "c2", name: "g", arguments: {} },
    python: { type: "function_call", call_id: "c2", name: "g", arguments: ' {"b" :1}' },
    shown: '"c2"',
  },
  {
    role: "tool",
    name: "the result of the second call, an object",
    csharp: { $type: "functionResult", callId: "c2", result: { ok: [1.0, null] } },
    python: { type: "function_result", call_id: "c2", result: { ok: [1.0, null] } },
    shown: JSON.stringify('{"ok":[1,null]}').slice(1, -1),
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
    shown: "mark 7",
  },
];

const roles = ["user", "assistant", "tool"] as const;

/** A thread with all kinds of content, and with a state of a provider that only it knows. */
function threadOf(shape: AgentFrameworkShape): string {
  const messages = roles.map((role) => {
    const contents = kinds
      .filter((kind) => kind.role === role)
      .map(({ csharp, python }) => (shape.startsWith("csharp") ? csharp : python));
    const written = shape === "python-thread" ? { type: "role", value: role } : role;
    // An object of JavaScript would put names like "1" in front.
    return JSON.stringify({ odd: { "#2": 1, "#1": 2 }, contents, role: written }).replaceAll('"#', '"');
  });
  return frameThread(shape, messages, '{"facts":[{"b":1,"a":1.50}],"1":null}');
}

test.each(shapes)(
  "%s: every kind of content comes back as it was, and is shown or named in the report",
  (shape) => {
    const text = threadOf(shape);
    const { thread, report } = readAgentFrameworkThread(text);
    const stored = JSON.parse(JSON.stringify(thread)) as typeof thread;
    expect(writeAgentFrameworkThread(stored, { strict: true })).toEqual({ text, shape, report: [] });
    const messages = JSON.stringify(messagesOf(thread));
    const carried = report.filter(({ kind }) => kind === "carried").map(({ path }) => path);
    for (const [index, role] of roles.entries()) {
      for (const [position, { name, shown }] of kinds.filter((kind) => kind.role === role).entries()) {
        const isCarried = carried.some((path) => path.endsWith(`messages[${index}].contents[${position}]`));
        expect(shown === undefined ? isCarried : messages.includes(shown), name).toBe(true);
      }
    }
  },
);
