import { memberPath, quoteName } from "@threadstore/core/documents";
import { type Content, fieldText, newContent } from "../content/content.ts";
import { invalidNode } from "../json/invalid-node.ts";
import { getMember, getText, isBlank, type JsonNode, objectNode, stringNode } from "../json/node.ts";
import type { Message } from "../messages/message.ts";
import type { Report } from "../report.ts";
import { addCitations } from "./from-annotations.ts";
import { fromChatContent, newRefusal, requireText } from "./from-parts.ts";

/** A message of Chat Completions and its path. */
export interface LocatedMessage {
  readonly node: JsonNode;
  readonly path: string;
}

/** Converts messages of Chat Completions to messages of Agent Framework, and reports parts without a counterpart. */
export function fromChat(messages: readonly LocatedMessage[], report: Report): Message[] {
  const groups: Message[][] = [];
  for (const { node, path } of messages) {
    const message = fromMessage(node, path, report);
    const group = groups.at(-1);
    if (message === undefined) continue;
    if (message.role === "tool" && group?.[0]?.role === "tool") group.push(message);
    else groups.push([message]);
  }
  // Agent Framework keeps the results of parallel calls in one message.
  return groups.flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    return [{ ...first, contents: [first, ...others].flatMap(({ contents }) => contents) }];
  });
}

function fromMessage(node: JsonNode, path: string, report: Report): Message | undefined {
  const role = getText(node, "role");
  switch (role) {
    case "assistant":
      return newMessage(role, node, path, readAssistant(node, path, report));
    case "tool":
      reportUnknownMembers(node, ["role", "tool_call_id", "content"], path, report);
      return newMessage(role, node, path, [readResult(node, path, report)]);
    case "system":
    case "developer":
    case "user":
      reportUnknownMembers(node, ["role", "name", "content"], path, report);
      return newMessage(
        role,
        node,
        path,
        fromChatContent(getMember(node, "content"), `${path}.content`, report),
      );
    case "function":
      report("lost", path, "Agent Framework does not have messages of the deprecated role function.");
      return undefined;
    default:
      throw invalidNode(`${path}.role`, "a role of Chat Completions");
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
    isExcluded: false,
    unknownMembers: [],
    path,
  };
}

const ASSISTANT_MEMBERS: readonly string[] = [
  "role",
  "name",
  "content",
  "refusal",
  "reasoning_content",
  "tool_calls",
  "annotations",
];

function readAssistant(node: JsonNode, path: string, report: Report): Content[] {
  reportUnknownMembers(node, ASSISTANT_MEMBERS, path, report);
  const reasoning = getMember(node, "reasoning_content");
  const refusal = getMember(node, "refusal");
  const said = fromChatContent(getMember(node, "content"), `${path}.content`, report);
  return [
    ...(reasoning?.type === "string" ? [newContent("reasoning", path, { text: reasoning })] : []),
    ...addCitations(said, getMember(node, "annotations"), path, report),
    ...(refusal?.type === "string" ? [newRefusal(refusal, path)] : []),
    ...readCalls(getMember(node, "tool_calls"), `${path}.tool_calls`, report),
  ];
}

function readCalls(calls: JsonNode | undefined, path: string, report: Report): Content[] {
  if (calls === undefined || calls.type === "null") return [];
  if (calls.type !== "array") throw invalidNode(path, "an array of tool calls", calls);
  return calls.items.flatMap((call, index) => {
    const callPath = memberPath(path, index);
    const callId = requireText(call, "id", callPath);
    if (getText(call, "type") !== "function") {
      report("lost", callPath, "Agent Framework only has calls of function tools.");
      return [];
    }
    reportUnknownMembers(call, ["id", "type", "function"], callPath, report);
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
  if (parts.length > 1) report("changed", path, "The parts of the tool result are joined into one text.");
  const text = parts.map((part) => fieldText(part, "text") ?? "").join("");
  return newContent("result", path, { callId, result: stringNode(text) });
}

function reportUnknownMembers(node: JsonNode, known: readonly string[], path: string, report: Report): void {
  if (node.type !== "object") return;
  for (const [name, value] of node.members) {
    if (known.includes(name) || isBlank(value)) continue;
    report("lost", path, `Agent Framework does not have the member ${quoteName(name)}.`);
  }
}
