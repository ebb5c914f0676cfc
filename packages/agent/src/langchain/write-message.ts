import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { type MessageEntry, withoutMember } from "../wire-form/message-entry.ts";
import { findUnreadableMembers, listCalls, readMembers, withMembers } from "./message-members.ts";

/** Writes a changed message. `readContent` is its original content as it was read. */
export function writeMessage(entry: MessageEntry, readContent: JsonValue | undefined): JsonObject {
  const { source, value } = entry;
  const original = readMembers(source)?.data ?? {};
  const data = findUnreadableMembers(original).reduce<JsonObject>(withoutMember, original);
  const { content = null, tool_call_id: answeredId } = value;
  const isSameContent = JSON.stringify(content) === JSON.stringify(readContent ?? null);
  const written: JsonObject = {
    ...data,
    ...(isSameContent ? {} : { content }),
    ...(answeredId === undefined ? {} : { tool_call_id: answeredId }),
  };
  return withMembers(source, value["role"] === "assistant" ? writeCalls(entry, data, written) : written);
}

interface WrittenCall {
  readonly originalId: JsonValue | undefined;
  readonly call: JsonObject;
}

/** Writes the calls of a message, in all places where LangChain and providers look for them. */
function writeCalls({ calls }: MessageEntry, data: JsonObject, written: JsonObject): JsonObject {
  const originals = listCalls(data);
  const rewritten = calls.map(({ index, value }) => writeCall(originals[index]?.call, value));
  const { additional_kwargs: extra, content } = written;
  return {
    ...written,
    ...("tool_calls" in data || rewritten.length > 0
      ? { tool_calls: rewritten.map(({ call }) => call) }
      : {}),
    ...("invalid_tool_calls" in data ? { invalid_tool_calls: [] } : {}),
    // Without the calls, providers would send these instead.
    ...(isJsonObject(extra) ? { additional_kwargs: withoutMember(extra, "tool_calls") } : {}),
    ...(Array.isArray(content) ? { content: writeToolUses(content, rewritten) } : {}),
  };
}

function writeCall(original: JsonValue | undefined, value: JsonValue): WrittenCall {
  const { id = "", function: definition } = isJsonObject(value) ? value : {};
  const { name = "", arguments: text } = isJsonObject(definition) ? definition : {};
  const { error: _error, function: _definition, ...members } = isJsonObject(original) ? original : {};
  const args = typeof text === "string" ? (parse(text) ?? {}) : {};
  return {
    originalId: isJsonObject(original) ? original["id"] : undefined,
    call: { ...members, name, args, id, ...("type" in members ? { type: "tool_call" } : {}) },
  };
}

function parse(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Anthropic repeats the calls in the content. */
function writeToolUses(content: readonly JsonValue[], calls: readonly WrittenCall[]): JsonValue[] {
  const byOriginalId = new Map(calls.map((written) => [written.originalId, written.call]));
  return content.flatMap((part) => {
    if (!isJsonObject(part) || part["type"] !== "tool_use") return [part];
    const call = byOriginalId.get(part["id"]);
    if (call === undefined) return [];
    return [{ ...part, id: call["id"] ?? "", name: call["name"] ?? "", input: call["args"] ?? {} }];
  });
}
