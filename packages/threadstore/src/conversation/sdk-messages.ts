import type { JsonObject } from "@threadstore/core/documents";
import { contentText, type Entry, objectsOf, partText, textEntry, textOf } from "./entry.ts";

/** Reads a message of `useChat` of the AI SDK, whose tool calls contain their results. */
export function uiMessageEntries({ role, parts, content }: JsonObject): Entry[] {
  const entries = (objectsOf(parts) ?? []).flatMap((part): Entry[] => {
    const type = textOf(part["type"]);
    const isCall = type === "dynamic-tool" || type.startsWith("tool-");
    if (type === "step-start") return [];
    if (!isCall) return textEntry(type === "reasoning" ? type : textOf(role), partText(part));
    const id = textOf(part["toolCallId"]);
    const name = textOf(part["toolName"] ?? type.slice("tool-".length));
    const output = part["output"] ?? part["errorText"];
    const call: Entry = { kind: "call", id, name, input: textOf(part["input"]) };
    return output === undefined ? [call] : [call, { kind: "result", id, output: textOf(output) }];
  });
  return entries.length > 0 ? entries : textEntry(textOf(role), contentText(content));
}

/** Reads a model message of the AI SDK. */
export function modelMessageEntries({ role, content }: JsonObject): Entry[] {
  const parts = objectsOf(content);
  if (parts === undefined) return textEntry(textOf(role), contentText(content));
  return parts.flatMap((part): Entry[] => {
    const id = textOf(part["toolCallId"]);
    const name = textOf(part["toolName"]);
    if (part["type"] === "tool-call") return [{ kind: "call", id, name, input: textOf(part["input"]) }];
    if (part["type"] === "tool-result") return [{ kind: "result", id, output: textOf(part["output"]) }];
    return textEntry(part["type"] === "reasoning" ? "reasoning" : textOf(role), partText(part));
  });
}
