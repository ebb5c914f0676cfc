import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "../thread/json.ts";

/** A tool call while a thread is mended. */
export interface CallSlot {
  /** Where it was in the thread as it came. */
  readonly path: string;
  value: JsonValue;
}

/** A message while a thread is mended. */
export interface Entry {
  /** Where it was in the thread as it came; of one that was added, where the reason for it was. */
  readonly path: string;
  /** Where it was among the messages; of one that was added or moved, the message that it belongs to. */
  position: number;
  /** The message; its calls are in {@link calls}. */
  message: JsonObject;
  /** The calls of an assistant's message. */
  calls: CallSlot[];
  /** Whether {@link calls} are not what the message says. */
  callsChanged: boolean;
}

/** A thread while it is mended. */
export interface Draft {
  entries: Entry[];
  /** What the thread says of its open turn. */
  turn: JsonValue | undefined;
}

export function newEntry(message: JsonObject, path: string, position: number): Entry {
  const calls = message["role"] === "assistant" ? message["tool_calls"] : undefined;
  const values = Array.isArray(calls) ? calls : [];
  return {
    path,
    position,
    message,
    calls: values.map((value, index) => ({ path: `${path}.tool_calls[${index}]`, value })),
    callsChanged: false,
  };
}

/** The message as it is now. One that was not touched is the very object that it was. */
export function finishEntry({ message, calls, callsChanged }: Entry): JsonObject {
  if (!callsChanged) return message;
  if (calls.length === 0) return withoutMember(message, "tool_calls");
  return { ...message, tool_calls: calls.map(({ value }) => value) };
}

export function withoutMember(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([found]) => found !== name));
}

export function setMember(entry: Entry, name: string, value: JsonValue): void {
  entry.message = { ...entry.message, [name]: value };
}

export function roleOf(entry: Entry | undefined): string | undefined {
  const role = entry?.message["role"];
  return typeof role === "string" ? role : undefined;
}

/** The function or custom tool that a call is of, whatever may be wrong with it. */
export function definitionOf(slot: CallSlot): JsonObject | undefined {
  if (!isJsonObject(slot.value)) return undefined;
  const definition = slot.value["type"] === "custom" ? slot.value["custom"] : slot.value["function"];
  return isJsonObject(definition) ? definition : undefined;
}

/** The id of a call; empty where it has none. */
export function idOf(slot: CallSlot): string {
  const id = isJsonObject(slot.value) ? slot.value["id"] : undefined;
  return typeof id === "string" ? id : "";
}

/** The id of the call that a result says it answers; empty where it says none. */
export function answeredIdOf(entry: Entry): string {
  const id = entry.message["tool_call_id"];
  return typeof id === "string" ? id : "";
}

/** Takes calls out of their message. */
export function removeCalls(entry: Entry, removed: ReadonlySet<CallSlot>): void {
  entry.calls = entry.calls.filter((slot) => !removed.has(slot));
  entry.callsChanged = true;
}

export function removeEntries(draft: Draft, removed: ReadonlySet<Entry>): void {
  if (removed.size > 0) draft.entries = draft.entries.filter((entry) => !removed.has(entry));
}
