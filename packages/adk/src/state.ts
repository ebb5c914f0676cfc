import { State } from "@google/adk";
import type { StoredThread } from "@threadstore/core";
import { isJsonObject, type JsonObject, readEnvelope, THREAD_FORMAT } from "@threadstore/core/documents";
import type { StateLocation } from "./location.ts";
import { envelopeError, invalidThread } from "./session-service-error.ts";

// The README specifies the format.
const VERSION = 1;
const KIND = "adk-state";
/** How many changes a state remembers: as many as a store remembers keys of appends. */
const REMEMBERED_CHANGES = 100;

/** A change of state, divided by the records to which it belongs. Its keys have no prefix. */
export interface StateDelta {
  readonly app: JsonObject;
  readonly user: JsonObject;
  readonly session: JsonObject;
}

/** Divides a change by the prefixes of its keys. Keys that begin with `temp:` are left out. */
export function divideDelta(delta: JsonObject): StateDelta {
  return {
    app: withPrefix(delta, State.APP_PREFIX),
    user: withPrefix(delta, State.USER_PREFIX),
    session: Object.fromEntries(Object.entries(delta).filter(([key]) => isOfSession(key))),
  };
}

function isOfSession(key: string): boolean {
  return ![State.APP_PREFIX, State.USER_PREFIX, State.TEMP_PREFIX].some((prefix) => key.startsWith(prefix));
}

/** Returns whether a key belongs to state that is not stored. */
export function isTemporary(key: string): boolean {
  return key.startsWith(State.TEMP_PREFIX);
}

function withPrefix(delta: JsonObject, prefix: string): JsonObject {
  const entries = Object.entries(delta).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** Returns the state that agents see. `Object.fromEntries` preserves keys such as `__proto__`. */
export function mergedState({ app, user, session }: StateDelta): JsonObject {
  return Object.fromEntries([
    ...Object.entries(session),
    ...Object.entries(app).map(([key, value]) => [State.APP_PREFIX + key, value] as const),
    ...Object.entries(user).map(([key, value]) => [State.USER_PREFIX + key, value] as const),
  ]);
}

export async function loadState({ store, id }: StateLocation): Promise<JsonObject> {
  return readState(await store.load(id)).state;
}

/**
 * Changes the state of an application or a user by compare-and-set. A change with one of the last 100 keys is not
 * applied again.
 */
export async function saveState(
  { store, id }: StateLocation,
  delta: JsonObject,
  changeKey?: string,
): Promise<void> {
  if (Object.keys(delta).length === 0) return;
  await store.update(id, (stored) => {
    const { state, changes } = readState(stored);
    if (changeKey !== undefined && changes.includes(changeKey)) return null;
    const remembered = changeKey === undefined ? changes : [...changes, changeKey].slice(-REMEMBERED_CHANGES);
    const envelope = { format: THREAD_FORMAT, version: VERSION, kind: KIND };
    return {
      ...envelope,
      changes: remembered,
      state: Object.fromEntries([...Object.entries(state), ...Object.entries(delta)]),
    };
  });
}

interface StoredState {
  readonly state: JsonObject;
  readonly changes: readonly string[];
}

function readState(stored: StoredThread | undefined): StoredState {
  if (stored === undefined) return { state: {}, changes: [] };
  const { members } = readEnvelope(stored.thread, {
    kinds: { [KIND]: VERSION },
    packageName: "@threadstore/adk",
    error: envelopeError,
  });
  const { state, changes } = members;
  if (!isJsonObject(state)) throw invalidThread("$.state", "an object", state);
  if (!Array.isArray(changes) || !changes.every((key) => typeof key === "string")) {
    throw invalidThread("$.changes", "an array of strings", changes);
  }
  return { state, changes };
}
