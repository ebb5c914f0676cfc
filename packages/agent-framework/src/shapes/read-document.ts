import { isError } from "@threadstore/core/documents";
import { invalidThread } from "../interchange-error.ts";
import {
  arrayNode,
  getMember,
  type JsonNode,
  type ObjectNode,
  objectNode,
  printNode,
  stringNode,
} from "../json/node.ts";
import { parseNode } from "../json/parse.ts";
import { readJson } from "../json/read-json.ts";
import { requireAgentFramework } from "./recognize.ts";
import { type AgentFrameworkShape, LINES_TYPE } from "./shape.ts";

const BYTE_ORDER_MARK = "\uFEFF";

/** Reads a thread that Agent Framework wrote: JSON, JSON Lines, or a value. Throws `SHAPE_UNKNOWN` or `THREAD_INVALID`. */
export function readDocument(value: object | string): { shape: AgentFrameworkShape; root: ObjectNode } {
  return requireAgentFramework(parseDocument(value));
}

/** Reads JSON text, a value, or JSON Lines of messages, which become a root with the list of messages. */
export function parseDocument(value: object | string): JsonNode {
  if (typeof value !== "string") return readJson(value);
  // C# writes files with a byte order mark if it is given Encoding.UTF8, and Node.js does not remove it.
  const text = value.startsWith(BYTE_ORDER_MARK) ? value.slice(1) : value;
  if (!isLines(text)) return readJson(text);
  const messages = text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [parseNode(line)];
    } catch (cause) {
      const path = `$[${index}]`;
      throw isError(cause) && !cause.message.includes("well-formed")
        ? cause
        : invalidThread(path, `Line ${index + 1} must be well-formed JSON text. It may be truncated.`);
    }
  });
  return linesRoot(messages);
}

export function linesRoot(messages: readonly JsonNode[]): ObjectNode {
  return objectNode([
    ["type", stringNode(LINES_TYPE)],
    ["messages", arrayNode(messages)],
  ]);
}

/** Prints a thread in the form in which its language reads it. */
export function printDocument(root: ObjectNode, shape: AgentFrameworkShape): string {
  if (shape !== "python-history") return printNode(root);
  const list = getMember(root, "messages");
  const messages = list?.type === "array" ? list.items : [];
  return messages.map((message) => `${printNode(message)}\n`).join("");
}

/** Returns whether the first line is a message of Python. The other lines can be corrupt. */
function isLines(text: string): boolean {
  const line = text.trimStart().split("\n", 1)[0] ?? "";
  if (!line.startsWith("{") || !line.includes('"contents"') || !line.includes('"role"')) return false;
  try {
    const node = parseNode(line);
    return getMember(node, "role") !== undefined && getMember(node, "contents") !== undefined;
  } catch {
    return false;
  }
}
