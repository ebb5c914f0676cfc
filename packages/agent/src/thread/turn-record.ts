import type { JsonValue } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import { isJsonObject, quoteName, unexpected, type JsonObject } from "./json.ts";
import type { OpenCalls } from "./thread-kind.ts";

const callStates = ["approval-needed", "approved", "denied", "started"] as const;

/** How far a call without a result is. `started`: it runs, or ran when its process died. */
export type CallState = (typeof callStates)[number];

/** What a thread says of a call that has no result yet. */
export interface CallRecord {
  readonly callId: string;
  readonly state: CallState;
  /** Why a person denied it. */
  readonly reason?: string;
}

/** What a thread says of its open turn: what another process needs to go on with it. */
export interface TurnRecord {
  readonly id: string;
  /** Where in the thread's messages the turn begins. */
  readonly start: number;
  /** How often the model has answered in it. */
  readonly rounds: number;
  /** The tokens of those answers. */
  readonly usage: JsonObject | undefined;
  /** The calls of the last answer that have no result. */
  readonly calls: readonly CallRecord[];
  /** Members that this version does not know, carried along. */
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

/** Reads the member `turn` of a thread, which is untrusted. Throws `THREAD_INVALID` with the path. */
export function readTurn(value: JsonValue | undefined): TurnRecord | undefined {
  if (value === undefined) return undefined;
  if (!isJsonObject(value)) throw invalid("$.turn", "an object", value);
  const { id, start, rounds, usage, calls = [], ...extra } = value;
  // Short and plain, since operation ids are made of it, which end up in headers and keys.
  if (typeof id !== "string" || !/^[\w.-]{1,36}$/.test(id)) {
    throw invalid("$.turn.id", "1 to 36 of A-Z, a-z, 0-9, _, . and -", id);
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
  throw invalid(path, "a whole number from 0", value);
}

function readCall(value: JsonValue, path: string): CallRecord {
  if (!isJsonObject(value)) throw invalid(path, "an object", value);
  const { callId, state, reason } = value;
  if (typeof callId !== "string") throw invalid(`${path}.callId`, "a string", callId);
  const known = callStates.find((name) => name === state);
  if (known === undefined) throw invalid(`${path}.state`, `one of ${callStates.join(", ")}`, state);
  if (reason !== undefined && typeof reason !== "string") throw invalid(`${path}.reason`, "a string", reason);
  return { callId, state: known, ...(reason === undefined ? {} : { reason }) };
}

function invalid(path: string, expectation: string, found: JsonValue | undefined): AgentError {
  return unexpected("THREAD_INVALID", path, expectation, found);
}

/** Where the messages of a thread stand when its open turn is looked at. */
interface TurnEnding {
  readonly messageCount: number;
  readonly open: OpenCalls;
  readonly endsInResult: boolean;
}

/** Checks that the record and the messages tell of one and the same open turn. */
export function checkTurn(turn: TurnRecord | undefined, ending: TurnEnding): void {
  const {
    messageCount,
    open: { calls: openCalls, path },
    endsInResult,
  } = ending;
  if (turn === undefined) {
    if (openCalls.length === 0) return;
    throw damaged(path, `${openCalls.length} of these tool calls have no result behind this message`);
  }
  if (turn.start >= messageCount) throw damaged("$.turn.start", "the turn begins behind the last message");
  const open = new Set(openCalls.map(({ callId }) => callId));
  if (open.size < openCalls.length) throw damaged(path, "two open tool calls have the same id");
  turn.calls.forEach(({ callId }, index) => {
    if (open.delete(callId)) return;
    const what = `call ${quoteName(callId)} is not among the open calls of the last answer`;
    throw damaged(`$.turn.calls[${index}].callId`, what);
  });
  if (open.size > 0) {
    throw damaged("$.turn.calls", `${open.size} tool calls have no result and are not named here`);
  }
  if (turn.rounds === 0 && openCalls.length > 0) {
    throw damaged("$.turn.rounds", "there are open calls of a model that has not answered");
  }
  if (turn.rounds > 0 && openCalls.length === 0 && !endsInResult) {
    throw damaged("$.turn", "the turn is open, but nothing is left to do in it");
  }
}

function damaged(path: string, what: string): AgentError {
  return new AgentError("THREAD_INVALID", `${path}: ${what}.`, { path });
}
