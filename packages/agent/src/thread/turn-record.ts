import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { type AgentError, invalidValue } from "../agent-error.ts";
import { readTurnKey, type TurnKey } from "./turn-key.ts";

/** More than any count can reach, and far from where adding one has no effect. */
const MAX_COUNT = 2 ** 31 - 1;

const CALL_STATES = ["approval-needed", "approved", "denied", "started", "unsaved"] as const;

/**
 * The progress of a call without a result. `started`: it runs, or ran when its process died. `unsaved`: it ran, and its
 * result was too large to store.
 */
export type CallState = (typeof CALL_STATES)[number];

const ENDINGS = ["failed", "stopped"] as const;

/**
 * Why an open turn does not continue by itself. `failed`: the same attempt would fail again, for example because the
 * model's service rejects the request. `stopped`: the caller's signal aborted it.
 */
export type TurnEnding = (typeof ENDINGS)[number];

/** The stored record of a call that does not have a result yet. */
export interface CallRecord {
  readonly callId: string;
  readonly state: CallState;
  /** Whether a person approved the call before it started, so that it can run again without another approval. */
  readonly approved?: true;
  /** The reason of a denial. */
  readonly reason?: string;
}

/** The stored record of an open turn: what another process needs to resume it. */
export interface TurnRecord {
  readonly id: string;
  /** The index of the turn's first message. */
  readonly start: number;
  /** The number of its first messages that are its input; `undefined` in threads of earlier versions. */
  readonly input: number | undefined;
  /** Digests of the first and the last message of its input, or of the only one; empty if they are unknown. */
  readonly digests: readonly string[];
  /** The key of the run that started it. */
  readonly key: TurnKey | undefined;
  /** The number of model responses in the turn. */
  readonly rounds: number;
  /** How often it was resumed since it last got further. */
  readonly attempts: number;
  /** `undefined` if it waits for approvals, runs, or was interrupted by a crash. */
  readonly state: TurnEnding | undefined;
  /** The code of the error of a turn that failed. */
  readonly error: string | undefined;
  /** The beginning of an answer that was streamed until the turn was stopped. */
  readonly text: string | undefined;
  /** Whether the service rejected the last request, so that calls which its results approve did not run. */
  readonly isRejected: boolean;
  /** Texts for the model about results that have no place for them. */
  readonly notes: readonly string[];
  /** The token usage of those responses. */
  readonly usage: JsonObject | undefined;
  /** The calls of the last response that do not have a result. */
  readonly calls: readonly CallRecord[];
  /** Members that this version does not know, which are written back. */
  readonly extra: JsonObject;
}

export function writeTurn(record: TurnRecord): JsonObject {
  const { id, start, input, digests, key, rounds, attempts, usage, calls, state, error, text, extra } =
    record;
  return {
    id,
    start,
    ...(input === undefined ? {} : { input }),
    ...(digests.length === 0 ? {} : { digests: [...digests] }),
    ...(key === undefined ? {} : { key: { ...key } }),
    rounds,
    ...(attempts === 0 ? {} : { attempts }),
    ...(usage === undefined ? {} : { usage }),
    ...(calls.length === 0 ? {} : { calls: calls.map((call) => ({ ...call })) }),
    ...(state === undefined ? {} : { state }),
    ...(error === undefined ? {} : { error }),
    ...(text === undefined ? {} : { text }),
    ...(record.isRejected ? { refused: true } : {}),
    ...(record.notes.length === 0 ? {} : { notes: [...record.notes] }),
    ...extra,
  };
}

/** Reads the `turn` member of a thread, which is untrusted. Throws `THREAD_INVALID` with the path. */
export function readTurn(value: JsonValue | undefined): TurnRecord | undefined {
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) throw invalid("$.turn", "an object", value);
  const {
    id,
    start,
    input,
    digests,
    key,
    rounds,
    attempts = 0,
    usage,
    calls = [],
    state,
    error,
    text,
    refused,
    notes = [],
    ...extra
  } = value;
  // Short and plain: operation ids contain it, and those end up in headers and keys.
  if (typeof id !== "string" || !/^[\w.-]{1,36}$/.test(id)) {
    const kind = typeof id === "string" ? [] : [id];
    throw invalid("$.turn.id", "a string of 1 to 36 characters A-Z, a-z, 0-9, _, . and -", ...kind);
  }
  if (usage !== undefined && !isJsonObject(usage)) throw invalid("$.turn.usage", "an object", usage);
  if (!Array.isArray(calls)) throw invalid("$.turn.calls", "an array of calls", calls);
  return {
    id,
    start: readCount(start, "$.turn.start"),
    input: input === undefined ? undefined : readCount(input, "$.turn.input"),
    digests: readDigests(digests),
    key: readTurnKey(key),
    rounds: readCount(rounds, "$.turn.rounds"),
    attempts: readCount(attempts, "$.turn.attempts"),
    state: readEnding(state),
    error: readText(error, "$.turn.error"),
    text: readText(text, "$.turn.text"),
    isRejected: refused === true,
    notes: readNotes(notes),
    usage,
    calls: calls.map((call, index) => readCall(call, `$.turn.calls[${index}]`)),
    extra,
  };
}

function readEnding(value: JsonValue | undefined): TurnEnding | undefined {
  const known = ENDINGS.find((name) => name === value);
  if (known !== undefined || value === undefined) return known;
  const kind = typeof value === "string" ? [] : [value];
  throw invalid("$.turn.state", `one of ${ENDINGS.join(", ")}`, ...kind);
}

function readText(value: JsonValue | undefined, path: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw invalid(path, "a string", value);
}

function readNotes(value: JsonValue): readonly string[] {
  if (Array.isArray(value) && value.every((note) => typeof note === "string")) return value;
  throw invalid("$.turn.notes", "an array of strings", value);
}

/** Without digests, the place of the turn is only compared with the roles of the messages. */
export function readDigests(value: JsonValue | undefined): readonly string[] {
  const texts = Array.isArray(value) ? value.filter((digest) => typeof digest === "string") : [];
  return texts.length > 2 ? [] : texts;
}

function readCount(value: JsonValue | undefined, path: string): number {
  const isCount = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  if (isCount && value <= MAX_COUNT) return value;
  throw invalid(path, `a non-negative integer of at most ${MAX_COUNT}`, ...(isCount ? [] : [value]));
}

function readCall(value: JsonValue, path: string): CallRecord {
  if (!isJsonObject(value)) throw invalid(path, "an object", value);
  const { callId, state, reason, approved } = value;
  if (typeof callId !== "string") throw invalid(`${path}.callId`, "a string", callId);
  const knownState = CALL_STATES.find((name) => name === state);
  if (knownState === undefined) {
    const kind = typeof state === "string" ? [] : [state];
    throw invalid(`${path}.state`, `one of ${CALL_STATES.join(", ")}`, ...kind);
  }
  if (reason !== undefined && typeof reason !== "string") throw invalid(`${path}.reason`, "a string", reason);
  return {
    callId,
    state: knownState,
    // Anything else does not count as an approval.
    ...(approved === true ? { approved } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
}

function invalid(path: string, requirement: string, ...value: [value?: JsonValue | undefined]): AgentError {
  return invalidValue("THREAD_INVALID", path, requirement, ...value);
}
