import { field, kind, type KindRule } from "./kind-rule.ts";

// A hosted item with a missing or unknown part is not corrupt: the service that wrote it can read it.
const CALL_ID = field("callId", "callId", "call_id");
const IMAGE_ID = field("callId", "callId", "image_id");
const STATUS = field("status", [], "status", "json", '"completed"');
const TOOL_NAME = field("toolName", [], "tool_name", "text", '"web_search"');

/** The calls and results of tools that a service runs. The model's service knows them, but chat messages do not. */
export const HOSTED_KIND_RULES: readonly KindRule[] = [
  kind("codeInterpreterCall", "codeInterpreterToolCall", "code_interpreter_tool_call", [
    CALL_ID,
    field("contents", "inputs", "inputs", "contents"),
  ]),
  kind("codeInterpreterResult", "codeInterpreterToolResult", "code_interpreter_tool_result", [
    CALL_ID,
    field("contents", "outputs", "outputs", "contents"),
  ]),
  kind("imageGenerationCall", "imageGenerationToolCall", "image_generation_tool_call", [IMAGE_ID]),
  kind("imageGenerationResult", "imageGenerationToolResult", "image_generation_tool_result", [
    IMAGE_ID,
    field("contents", "outputs", "outputs", "content"),
  ]),
  kind("mcpCall", "mcpServerToolCall", "mcp_server_tool_call", [
    CALL_ID,
    field("name", "name", ["tool_name", "name"]),
    field("serverName", "serverName", "server_name"),
    field("arguments", "arguments", "arguments", "object"),
  ]),
  kind("mcpResult", "mcpServerToolResult", "mcp_server_tool_result", [
    CALL_ID,
    field("contents", ["outputs", "output"], "output", "contents"),
  ]),
  kind("webSearchCall", "webSearchToolCall", "search_tool_call", [
    CALL_ID,
    field("queries", "queries", [], "json"),
    field("arguments", [], "arguments", "json"),
    STATUS,
    TOOL_NAME,
  ]),
  kind("webSearchResult", "webSearchToolResult", "search_tool_result", [
    CALL_ID,
    field("result", [], "result", "json"),
    field("contents", "outputs", "items", "contents"),
    STATUS,
    TOOL_NAME,
  ]),
];
