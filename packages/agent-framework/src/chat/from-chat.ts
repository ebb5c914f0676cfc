import { fieldText, newContent, type Content } from "../content/content.ts";
import { invalid } from "../interchange-error.ts";
import {
  describeNode,
  getMember,
  getText,
  isBlank,
  objectNode,
  stringNode,
  type JsonNode,
} from "../json/node.ts";
import type { Message } from "../messages/message.ts";
import type { Report } from "../report.ts";
import { fromChatContent, newRefusal, requireText } from "./from-parts.ts";

/** A message of Chat Completions and where it is. */
export interface PlacedMessage {
  readonly node: JsonNode;
  readonly path: string;
}

/** Turns messages of Chat Completions into messages of Agent Framework, and reports what those have no place for. */
export function fromChat(placed: readonly PlacedMessage[], report: Report): Message[] {
  const turns: Message[][] = [];
  for (const { node, path } of placed) {
    const message = fromMessage(node, path, report);
    const turn = turns.at(-1);
    if (message === undefined) continue;
    if (message.role === "tool" && turn?.[0]?.role === "tool") turn.push(message);
    else turns.push([message]);
  }
  // Agent Framework has the results of one turn in one message.
  return turns.flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    return [{ ...first, contents: [first, ...rest].flatMap(({ contents }) => contents) }];
  });
}

function fromMessage(node: JsonNode, path: string, report: Report): Message | undefined {
  const role = getText(node, "role");
  switch (role) {
    case "assistant":
      return newMessage(role, node, path, readAssistant(node, path, report));
    case "tool":
      reportUnknown(node, ["role", "tool_call_id", "content"], path, report);
      return newMessage(role, node, path, [readResult(node, path, report)]);
    case "system":
    case "developer":
    case "user":
      reportUnknown(node, ["role", "name", "content"], path, report);
      return newMessage(
        role,
        node,
        path,
        fromChatContent(getMember(node, "content"), `${path}.content`, report),
      );
    case "function":
      report("lost", path, "a message of the deprecated role function: Agent Framework has none like it.");
      return undefined;
    default:
      throw invalid(`${path}.role`, "a role of Chat Completions", describeNode(getMember(node, "role")));
  }
}

function newMessage(role: string, node: JsonNode, path: string, contents: readonly Content[]): Message {
  return {
    role,
    authorName: role === "tool" ? undefined : getText(node, "name"),
    messageId: undefined,
    createdAt: undefined,
    properties: objectNode([]),
    contents,
    unknownMembers: [],
    path,
  };
}

function readAssistant(node: JsonNode, path: string, report: Report): Content[] {
  const known = ["role", "name", "content", "refusal", "reasoning_content", "tool_calls"];
  reportUnknown(node, known, path, report);
  const reasoning = getMember(node, "reasoning_content");
  const refusal = getMember(node, "refusal");
  return [
    ...(reasoning?.type === "string" ? [newContent("reasoning", path, { text: reasoning })] : []),
    ...fromChatContent(getMember(node, "content"), `${path}.content`, report),
    ...(refusal?.type === "string" ? [newRefusal(refusal, path)] : []),
    ...readCalls(getMember(node, "tool_calls"), `${path}.tool_calls`, report),
  ];
}

function readCalls(calls: JsonNode | undefined, path: string, report: Report): Content[] {
  if (calls === undefined || calls.type === "null") return [];
  if (calls.type !== "array") throw invalid(path, "a list of tool calls", describeNode(calls));
  return calls.items.flatMap((call, index) => {
    const callPath = `${path}[${index}]`;
    const callId = requireText(call, "id", callPath);
    if (getText(call, "type") !== "function") {
      report("lost", callPath, "a call of a tool that is no function: Agent Framework has none like it.");
      return [];
    }
    reportUnknown(call, ["id", "type", "function"], callPath, report);
    const definition = getMember(call, "function");
    const definitionPath = `${callPath}.function`;
    const name = requireText(definition, "name", definitionPath);
    const text = requireText(definition, "arguments", definitionPath);
    return [newContent("call", callPath, { callId, name, arguments: text })];
  });
}

function readResult(node: JsonNode, path: string, report: Report): Content {
  const callId = requireText(node, "tool_call_id", path);
  const parts = fromChatContent(getMember(node, "content"), `${path}.content`, report);
  if (parts.length > 1)
    report("changed", path, "the parts of a tool's result are one text in Agent Framework.");
  const text = parts.map((part) => fieldText(part, "text") ?? "").join("");
  return newContent("result", path, { callId, result: stringNode(text) });
}

function reportUnknown(node: JsonNode, known: readonly string[], path: string, report: Report): void {
  if (node.type !== "object") return;
  for (const [name, value] of node.members) {
    if (known.includes(name) || isBlank(value)) continue;
    report("lost", path, `${JSON.stringify(name.slice(0, 80))}: Agent Framework has no place for it.`);
  }
}
