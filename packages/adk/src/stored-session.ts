import type { Event } from "@google/adk";
import type { SerializedThread } from "@threadstore/core";
import {
  canonicalJson,
  copyJson,
  isJsonObject,
  type JsonObject,
  readEnvelope,
  THREAD_FORMAT,
} from "@threadstore/core/documents";
import {
  envelopeError,
  invalidArgument,
  invalidThread,
  SessionServiceError,
} from "./session-service-error.ts";
import { divideDelta, isTemporary } from "./state.ts";

// The README specifies the format.
const VERSION = 1;
const KIND = "adk-session";

/** A session as it is stored, without the state of its application and user. */
export interface SessionContent {
  readonly state: JsonObject;
  readonly events: Event[];
}

/** Returns the thread of a new session. The events come last, so that the store can append to them. */
export function newSessionThread(state: JsonObject): SerializedThread {
  return { format: THREAD_FORMAT, version: VERSION, kind: KIND, state, events: [] };
}

/**
 * Reads a stored session, which is untrusted. An event with the id of an earlier one replaces it, unless both are
 * equal. Throws `THREAD_INVALID` with the path, `THREAD_MISMATCH` or `THREAD_TOO_NEW`.
 */
export function readSession(thread: SerializedThread): SessionContent {
  const { members } = readEnvelope(thread, {
    kinds: { [KIND]: VERSION },
    packageName: "@threadstore/adk",
    error: envelopeError,
  });
  const { state: initialState, events } = members;
  if (!isJsonObject(initialState)) throw invalidThread("$.state", "an object", initialState);
  if (!Array.isArray(events)) throw invalidThread("$.events", "an array", events);
  const state = new Map(Object.entries(initialState));
  const eventsById = new Map<string, JsonObject>();
  for (const [index, element] of events.entries()) {
    const { id, event, delta } = readEvent(element, `$.events[${index}]`);
    const earlier = eventsById.get(id);
    if (earlier !== undefined && canonicalJson(earlier) === canonicalJson(event)) continue;
    // If the map already has the id, the event keeps the position of the earlier one.
    eventsById.set(id, event);
    for (const [key, value] of Object.entries(divideDelta(delta).session)) state.set(key, value);
  }
  return {
    state: Object.fromEntries(state),
    events: [...eventsById.values()].map((event) => event as unknown as Event),
  };
}

function readEvent(
  event: unknown,
  path: string,
): { readonly id: string; readonly event: JsonObject; readonly delta: JsonObject } {
  if (!isJsonObject(event)) throw invalidThread(path, "an object", event);
  const { id, actions } = event;
  if (typeof id !== "string") throw invalidThread(`${path}.id`, "a string", id);
  if (actions !== undefined && !isJsonObject(actions))
    throw invalidThread(`${path}.actions`, "an object", actions);
  const delta = actions?.["stateDelta"] ?? {};
  if (!isJsonObject(delta)) throw invalidThread(`${path}.actions.stateDelta`, "an object", delta);
  return { id, event, delta };
}

/** An event in the form in which it is stored. */
export interface StoredEvent {
  readonly json: JsonObject;
  readonly delta: JsonObject;
}

/** Returns a copy of an event without its temporary state. Throws `INVALID_ARGUMENT` with the path. */
export function storedEvent(event: unknown): StoredEvent {
  const json = jsonObjectOf(event, "event");
  const { id, timestamp, actions } = json;
  if (typeof id !== "string" || id === "") throw invalidArgument("event.id", "a non-empty string", id);
  if (typeof timestamp !== "number") throw invalidArgument("event.timestamp", "a number", timestamp);
  if (actions === undefined) return { json, delta: {} };
  if (!isJsonObject(actions)) throw invalidArgument("event.actions", "an object", actions);
  const { stateDelta = {} } = actions;
  if (!isJsonObject(stateDelta)) throw invalidArgument("event.actions.stateDelta", "an object", stateDelta);
  const delta = Object.fromEntries(Object.entries(stateDelta).filter(([key]) => !isTemporary(key)));
  return { json: { ...json, actions: { ...actions, stateDelta: delta } }, delta };
}

/**
 * Converts an object to JSON as `JSON.stringify` does, because events can contain instances of the SDK's classes.
 * Models sometimes return lone surrogates, which stores reject: they become U+FFFD. Throws `INVALID_ARGUMENT`.
 */
export function jsonObjectOf(value: unknown, path: string): JsonObject {
  if (!isJsonObject(value)) throw invalidArgument(path, "an object", value);
  const text = stringify(value, path);
  const copy = copyJson(JSON.parse(text), { error: notJson, path, loneSurrogates: "replace" });
  if (!isJsonObject(copy)) throw invalidArgument(path, "an object", copy);
  return copy;
}

function notJson(message: string, path: string): SessionServiceError {
  return new SessionServiceError("INVALID_ARGUMENT", message, { path });
}

function stringify(value: JsonObject, path: string): string {
  try {
    return JSON.stringify(value);
  } catch {
    // The engine's message can quote the names of members.
    throw invalidArgument(path, "JSON, without cycles and bigints");
  }
}
