import type { StoredThread, ThreadStore } from "@threadstore/core";
import {
  copyJson,
  isJsonObject,
  readEnvelope,
  repeatAfterConflict,
  THREAD_FORMAT,
} from "@threadstore/core/documents";
import { type AgUiEvent, joinDeltas } from "./ag-ui.ts";
import { envelopeError, invalidArgument, invalidThread, RunnerError } from "./runner-error.ts";

const KIND = "copilotkit-thread";
const FORMAT_VERSION = 1;

/** Returns the thread of a new conversation. The runs are its last member, so that they can be appended. */
export function conversationThread(runs: readonly object[]): object {
  return { format: THREAD_FORMAT, kind: KIND, version: FORMAT_VERSION, runs };
}

/** A run that has started. */
export interface StartedRun {
  /** Identifies the run and its stream. The run id of the page is not used, because it may not be unique. */
  readonly run: string;
  readonly runId: string;
  readonly events: readonly AgUiEvent[];
}

/** A stored conversation. */
export interface Conversation {
  readonly stored: StoredThread;
  /** The events of all runs. Those of an open run are in its stream, except for the first. */
  readonly events: readonly AgUiEvent[];
  /** The last run, if its end is not stored. */
  readonly open: StartedRun | undefined;
}

/** Loads a conversation. Resolves with `undefined` if it does not exist. */
export async function loadConversation(store: ThreadStore, id: string): Promise<Conversation | undefined> {
  const stored = await store.load(id);
  return stored === undefined ? undefined : readConversation(stored);
}

/** Reads a conversation. Throws `THREAD_MISMATCH`, `THREAD_TOO_NEW` or `THREAD_INVALID`. */
function readConversation(stored: StoredThread): Conversation {
  const kinds = { [KIND]: FORMAT_VERSION };
  const { members } = readEnvelope(stored.thread, {
    kinds,
    packageName: "@threadstore/copilotkit",
    error: envelopeError,
  });
  const { runs } = members;
  if (!Array.isArray(runs)) throw invalidThread("$.runs", "an array", runs);
  const all: AgUiEvent[] = [];
  let open: StartedRun | undefined;
  for (const [index, element] of runs.entries()) {
    const path = `$.runs[${index}]`;
    if (!isJsonObject(element)) throw invalidThread(path, "an object", element);
    const { run, runId, end } = element;
    const events = readEvents(element["events"], `${path}.events`);
    all.push(...events);
    if (typeof run === "string" && typeof runId === "string" && open === undefined) {
      open = { run, runId, events };
    } else if (end !== undefined && end === open?.run) open = undefined;
    else throw invalidThread(path, "the start of a run, or the end of the one before it");
  }
  return { stored, events: all, open };
}

/** Reads events. Only their type is checked, because their members differ between versions of AG-UI. */
export function readEvents(events: unknown, path: string): AgUiEvent[] {
  if (!Array.isArray(events)) throw invalidThread(path, "an array", events);
  const index = events.findIndex((event) => !isJsonObject(event) || typeof event["type"] !== "string");
  if (index !== -1) throw invalidThread(`${path}[${index}]`, "an event");
  return events as AgUiEvent[];
}

/**
 * Stores the end of a run, unless it is already stored or the thread was deleted. If several processes find a run
 * without an end, the first one stores it.
 */
export async function storeEnd(
  store: ThreadStore,
  id: string,
  run: string,
  events: readonly AgUiEvent[],
): Promise<void> {
  const element = { end: run, events: joinDeltas(events).map(wellFormed) };
  await repeatAfterConflict(async () => {
    const conversation = await loadConversation(store, id);
    if (conversation?.open?.run !== run) return;
    await store.append(id, [element], { previous: conversation.stored, key: run });
  });
}

/**
 * Returns an event as JSON, which every store accepts once it is {@link wellFormed}. Otherwise, the thread could not be
 * continued, because the end of the run could never be stored. Throws `INVALID_ARGUMENT`.
 */
export function jsonEvent(event: AgUiEvent): AgUiEvent {
  const copy = copyEvent(toPlain(event), "keep");
  if (typeof copy.type === "string") return copy;
  throw invalidArgument("event.type", "a string", copy.type);
}

/** Returns an event without lone surrogates, which models produce between two pieces of a text. */
export function wellFormed(event: AgUiEvent): AgUiEvent {
  return copyEvent(event, "replace");
}

/** Returns what `JSON.stringify` makes of a value, such as an event with the objects of an SDK. */
function toPlain(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    throw invalidArgument("event", "a value that JSON can represent");
  }
}

function copyEvent(event: unknown, loneSurrogates: "keep" | "replace"): AgUiEvent {
  return copyJson(event, { path: "event", loneSurrogates, error: invalidEvent }) as object as AgUiEvent;
}

function invalidEvent(message: string, path: string): RunnerError {
  return new RunnerError("INVALID_ARGUMENT", message, { path });
}
