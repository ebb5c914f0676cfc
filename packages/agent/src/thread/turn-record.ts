import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject, quoteName } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import type { OpenCalls } from "./thread-kind.ts";

const CALL_STATES = ["approval-needed", "approved", "denied", "started"] as const;

/** The progress of a call without a result. `started`: it runs, or ran when its process died. */
export type CallState = (typeof CALL_STATES)[number];

/** The stored record of a call that does not have a result yet. */
export interface CallRecord {
  readonly callId: string;
  readonly state: CallState;
  /** The reason of a denial. */
  readonly reason?: string;
}

/** The stored record of an open turn: what another process needs to resume it. */
export interface TurnRecord {
  readonly id: string;
  /** The index of the turn's first message. */
  readonly start: number;
  /** The number of model responses in the turn. */
  readonly rounds: number;
  /** The token usage of those responses. */
  readonly usage: JsonObject | undefined;
  /** The calls of the last response that do not have a result. */
  readonly calls: readonly CallRecord[];
  /** Members that this version does not know, which are written back. */
  readonly extra: JsonObject;
}

export function writeTurn({ id, start, rounds, usage, calls, extra }: TurnRecord): JsonObject {
  return {
    id,
    start,
    rounds,
    ...(usage === undefined ? {} : { usage }),
    ...(calls.length === 0 ? {} : { calls: calls.map((call) => ({ ...call })) }),
    ...extra,
  };
}

/** Reads the `turn` member of a thread, which is untrusted. Throws `THREAD_INVALID` with the path. */
export function readTurn(value: JsonValue | undefined): TurnRecord | undefined {
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) throw invalid("$.turn", "an object", value);
  const { id, start, rounds, usage, calls = [], ...extra } = value;
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
    rounds: readCount(rounds, "$.turn.rounds"),
    usage,
    calls: calls.map((call, index) => readCall(call, `$.turn.calls[${index}]`)),
    extra,
  };
}

function readCount(value: JsonValue | undefined, path: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(path, "a non-negative integer", value);
}

function readCall(value: JsonValue, path: string): CallRecord {
  if (!isJsonObject(value)) throw invalid(path, "an object", value);
  const { callId, state, reason } = value;
  if (typeof callId !== "string") throw invalid(`${path}.callId`, "a string", callId);
  const knownState = CALL_STATES.find((name) => name === state);
  if (knownState === undefined) {
    const kind = typeof state === "string" ? [] : [state];
    throw invalid(`${path}.state`, `one of ${CALL_STATES.join(", ")}`, ...kind);
  }
  if (reason !== undefined && typeof reason !== "string") throw invalid(`${path}.reason`, "a string", reason);
  return { callId, state: knownState, ...(reason === undefined ? {} : { reason }) };
}

function invalid(path: string, requirement: string, ...value: [value?: JsonValue | undefined]): AgentError {
  return invalidValue("THREAD_INVALID", path, requirement, ...value);
}

/** The end of a thread's messages, against which its open turn is checked. */
interface ThreadEnd {
  readonly messageCount: number;
  readonly open: OpenCalls;
  readonly endsInResult: boolean;
}

/** Checks that the record and the messages describe the same open turn. Throws `THREAD_INVALID` with the path. */
export function checkTurn(turn: TurnRecord | undefined, end: ThreadEnd): void {
  const {
    messageCount,
    open: { calls: openCalls, path },
    endsInResult,
  } = end;
  if (turn === undefined) {
    if (openCalls.length === 0) return;
    throw corrupt(path, `${openCalls.length} tool calls do not have a result after this message`);
  }
  if (turn.start >= messageCount) throw corrupt("$.turn.start", "the turn starts after the last message");
  const unnamedIds = new Set(openCalls.map(({ callId }) => callId));
  if (unnamedIds.size < openCalls.length) throw corrupt(path, "two open tool calls have the same id");
  turn.calls.forEach(({ callId }, index) => {
    if (unnamedIds.delete(callId)) return;
    const problem = `call ${quoteName(callId)} is not an open call of the last response`;
    throw corrupt(`$.turn.calls[${index}].callId`, problem);
  });
  if (unnamedIds.size > 0) {
    throw corrupt("$.turn.calls", `${unnamedIds.size} tool calls without a result are not listed`);
  }
  if (turn.rounds === 0 && openCalls.length > 0) {
    throw corrupt("$.turn.rounds", "there are open calls although the model has not responded");
  }
  if (turn.rounds > 0 && openCalls.length === 0 && !endsInResult) {
    throw corrupt("$.turn", "the turn is open although nothing is left to do");
  }
}

function corrupt(path: string, problem: string): AgentError {
  return new AgentError("THREAD_INVALID", `\`${path}\` is corrupt: ${problem}.`, { path });
}
