import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "../thread/json.ts";
import type { Mender } from "./mender.ts";

/** A tool call while a thread is mended. */
export interface CallSlot {
  /** Where it was in the thread as it came. */
  readonly path: string;
  /** Which call of its message it was, from 0. */
  readonly order: number;
  /** Where its id was, and its arguments. */
  readonly idPath: string;
  readonly argumentsPath: string;
  /** The call in the form of Chat Completions. */
  value: JsonValue;
}

/** A message while a thread is mended, in the form of Chat Completions. */
export interface Entry {
  /** Where it was in the thread as it came; of one that was added, where the reason for it was. */
  readonly path: string;
  /** Where its content was; of a result, also where it names its call. */
  readonly contentPath: string;
  readonly answeredIdPath: string;
  /** The message as it came, in its own form. */
  readonly source: JsonObject;
  /** Where it was among the messages; of one that was added or moved, the message that it belongs to. */
  position: number;
  /** The message; its calls are in {@link calls}. */
  message: JsonObject;
  /** The calls of an assistant's message. */
  calls: CallSlot[];
  /** Whether the message or its calls are not what they were. */
  isChanged: boolean;
}

/** A thread while it is mended. */
export interface Draft {
  readonly wire: Wire;
  entries: Entry[];
  /** What the thread says of its open turn. */
  turn: JsonValue | undefined;
}

/** A kind of thread, as far as a repair has to know it. */
export interface RepairableKind {
  /** The member `kind` of a serialized thread. */
  readonly kind: string;
  /** The version of the format that is written, and the highest that is read. */
  readonly version: number;
  /** The form of the messages. */
  readonly wire: Wire;
}

/** What is particular to the messages of one kind of thread. */
export interface Wire {
  /** The most characters that OpenAI and Azure take in the id of a call. */
  readonly longestId: number;
  /** Whether `strictOrder` applies to it. */
  readonly takesStrictOrder: boolean;
  /** Takes up a message, whatever may be wrong with it. */
  read(this: void, source: JsonObject, path: string, position: number): Entry;
  /** Whether the message is one that can stay; otherwise the mender is told. */
  mendRole(this: void, entry: Entry, mender: Mender): boolean;
  /** The message in its own form. One that was not touched is the very object that it was. */
  finish(this: void, entry: Entry): JsonObject;
  /** The result of a call in its own form. */
  newResult(this: void, callId: string, text: string): JsonObject;
  /** A content part of text, in a message of a role. */
  newTextPart(this: void, text: string, role: string | undefined): JsonObject;
  /** Whether the message may stand between a call and its result. */
  mayComeBetween(this: void, entry: Entry): boolean;
}

export function withoutMember(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([found]) => found !== name));
}

export function setMember(entry: Entry, name: string, value: JsonValue): void {
  entry.message = { ...entry.message, [name]: value };
  entry.isChanged = true;
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
  entry.isChanged = true;
}

export function removeEntries(draft: Draft, removed: ReadonlySet<Entry>): void {
  if (removed.size > 0) draft.entries = draft.entries.filter((entry) => !removed.has(entry));
}
