import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/** A tool call during a repair. All paths are locations in the original thread. */
export interface CallEntry {
  readonly path: string;
  /** The position among the calls of its message, from 0. */
  readonly index: number;
  readonly idPath: string;
  readonly argumentsPath: string;
  /** The call as in Chat Completions. */
  value: JsonValue;
}

/** A message during a repair. All paths are locations in the original thread. */
export interface MessageEntry {
  /** The location of the message; for an added one, the location that it was added for. */
  readonly path: string;
  readonly contentPath: string;
  /** The location of the id of the call that a result answers. */
  readonly answeredIdPath: string;
  /** The original message in the provider's form. */
  readonly source: JsonObject;
  /** The index among the original messages; for an added or moved one, that of the message that it belongs to. */
  position: number;
  /** The message as in Chat Completions, except that its calls are in {@link calls}. */
  value: JsonObject;
  calls: CallEntry[];
  /** Whether the message or its calls differ from the original. */
  isChanged: boolean;
}

/** A call and the message that contains it. */
export interface LocatedCall {
  readonly call: CallEntry;
  readonly owner: MessageEntry;
}

export function withoutMember(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([member]) => member !== name));
}

/** Returns an object without the members that are `undefined`. */
export function withoutUndefined(members: { readonly [name: string]: JsonValue | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;
}

export function setMember(entry: MessageEntry, name: string, value: JsonValue): void {
  entry.value = { ...entry.value, [name]: value };
  entry.isChanged = true;
}

export function setCall({ call, owner }: LocatedCall, value: JsonValue): void {
  call.value = value;
  owner.isChanged = true;
}

export function roleOf(entry: MessageEntry | undefined): string | undefined {
  const role = entry?.value["role"];
  return typeof role === "string" ? role : undefined;
}

/** Returns the function or custom tool of a call, which may be corrupt. */
export function definitionOf({ value }: CallEntry): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined;
  const definition = value["type"] === "custom" ? value["custom"] : value["function"];
  return isJsonObject(definition) ? definition : undefined;
}

/** Returns the id of a call; empty if it does not have one. */
export function idOf({ value }: CallEntry): string {
  const id = isJsonObject(value) ? value["id"] : undefined;
  return typeof id === "string" ? id : "";
}

/** Returns the id of the call that a result answers; empty if it does not name one. */
export function answeredIdOf({ value }: MessageEntry): string {
  const id = value["tool_call_id"];
  return typeof id === "string" ? id : "";
}

export function removeCalls(entry: MessageEntry, removed: ReadonlySet<CallEntry>): void {
  entry.calls = entry.calls.filter((call) => !removed.has(call));
  entry.isChanged = true;
}
