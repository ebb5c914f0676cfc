import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import { checkTurn } from "../thread/check-turn.ts";
import { addKey, type KeyRecord, moveKeys, readKeys, writeKeys } from "../thread/turn-key.ts";
import { readTurn, type CallRecord } from "../thread/turn-record.ts";
import { moveUnaccepted, readUnaccepted, writeUnaccepted } from "../thread/unaccepted.ts";
import { INTERRUPTED_RESULT } from "./interrupted-texts.ts";
import { idOf, roleOf, withoutMember, type CallEntry } from "./message-entry.ts";
import { pairResults, type Pairing } from "./pair-results.ts";
import type { RepairDraft } from "./repair-draft.ts";
import type { FixResult, Repairer } from "./repairer.ts";
import { createBoundaryCheck, findPlace, locate, locateTurn } from "./turn-place.ts";

/** Pairs the calls and results of a draft. The calls that its open turn lists count as waiting. */
export function pairDraft(draft: RepairDraft): Pairing {
  return pairResults(draft, readRecords(draft));
}

function readRecords(draft: RepairDraft): readonly CallRecord[] {
  try {
    return readTurn(draft.turn)?.calls ?? [];
  } catch (error) {
    if (AgentError.is(error, "THREAD_INVALID")) return [];
    throw error;
  }
}

/** Ends the open turn of a thread, whatever its state. */
export function closeTurn(draft: RepairDraft, repairer: Repairer): void {
  if (draft.turn === undefined) return;
  const drop = (): string => {
    dropTurn(draft);
    return "Closed it.";
  };
  const message = "The thread has an open turn.";
  repairer.repair({ code: "turn-open", path: "$.turn", position: Infinity, message }, { drop });
}

/** Keeps an open turn that an agent can resume, and ends any other. */
export function repairTurn(draft: RepairDraft, repairer: Repairer): void {
  if (draft.turn === undefined) return;
  dropDanglingRecords(draft, repairer);
  const path = findFault(draft);
  if (path === undefined) return;
  const message = "The record of the open turn does not match the messages.";
  const drop = (): FixResult => {
    dropTurn(draft);
    return { description: "Closed the turn.", action: "drop" };
  };
  const rewrite = (): FixResult | string => {
    const turn = findPlace(draft);
    if (turn === undefined || findFault({ ...draft, turn }) !== undefined) return drop();
    draft.turn = turn;
    return "Set where the turn and its input are.";
  };
  repairer.repair({ code: "turn-invalid", path, position: Infinity, message }, { rewrite, drop });
}

/** Ends a turn. The service must not receive results again that let it run calls: it may have received them before. */
function dropTurn(draft: RepairDraft): void {
  draft.closedTurn = draft.turn;
  draft.turn = undefined;
  const { entries, form } = draft;
  const start = entries.findLastIndex((entry) => roleOf(entry) !== "tool") + 1;
  draft.entries = entries.map((entry, index) => {
    const denial = index < start ? undefined : form.withdraw(form.write(entry), INTERRUPTED_RESULT);
    return denial === undefined ? entry : form.read(denial, entry.path, entry.position);
  });
}

function dropDanglingRecords(draft: RepairDraft, repairer: Repairer): void {
  const { turn } = draft;
  const records = readRecords(draft);
  const calls = isJsonObject(turn) ? turn["calls"] : undefined;
  if (!isJsonObject(turn) || !Array.isArray(calls) || records.length === 0) return;
  const waitingIds = new Set([...pairResults(draft, records).waiting].map(idOf));
  const kept = calls.filter((_call, index) => {
    if (waitingIds.delete(records[index]?.callId ?? "")) return true;
    const path = `$.turn.calls[${index}]`;
    const message = "The open turn lists a call that does not wait for anything.";
    repairer.repair(
      { code: "approval-dangling", path, position: Infinity, message },
      { drop: "Removed it from the turn." },
    );
    return false;
  });
  if (kept.length === calls.length) return;
  draft.turn = kept.length === 0 ? withoutMember(turn, "calls") : { ...turn, calls: kept };
}

/** Returns the location of the first fault of the open turn's record. */
function findFault(draft: RepairDraft): string | undefined {
  try {
    const turn = readTurn(draft.turn);
    if (turn === undefined) return undefined;
    const pairing = pairResults(draft, turn.calls);
    const { waiting } = pairing;
    if (hasShiftedCalls(draft, waiting)) return "$.turn.calls";
    const calls = [...waiting].map((call, index) => ({
      callId: idOf(call),
      name: "",
      arguments: "",
      index,
    }));
    checkTurn(
      { ...turn, ...locateTurn(draft, turn) },
      {
        messageCount: draft.entries.length,
        open: { calls, path: "" },
        entryAt: (index) => draft.entries[index],
        isBoundary: createBoundaryCheck(draft, pairing),
      },
    );
    return undefined;
  } catch (error) {
    if (AgentError.is(error, "THREAD_INVALID")) return error.path ?? "$.turn";
    throw error;
  }
}

/**
 * Returns whether a call before a waiting one was removed from its message. The operation ids of tools contain the
 * position of the call, so a shifted call would not be recognized as one that already ran.
 */
function hasShiftedCalls({ entries }: RepairDraft, waiting: ReadonlySet<CallEntry>): boolean {
  return entries.some(({ calls }) => calls.some((call, index) => waiting.has(call) && call.index !== index));
}

/** Returns the members of a thread that name messages, with their places adjusted to the repaired messages. */
export function writeRepairedPlaces(
  draft: RepairDraft,
  { keys, unaccepted }: JsonObject,
  messageCount: number,
): JsonObject {
  const move = (index: number): number => locate(draft, index);
  const ranges = moveUnaccepted(readUnaccepted(unaccepted, messageCount), move);
  const closed = readClosedKey(draft.closedTurn, messageCount);
  const known = readKeys(keys, messageCount);
  const moved = moveKeys(closed === undefined ? known : addKey(known, closed), move);
  return {
    ...(unaccepted === undefined ? {} : { unaccepted: writeUnaccepted(ranges) }),
    ...(keys === undefined && closed === undefined ? {} : { keys: writeKeys(moved) }),
  };
}

/**
 * Returns the key of a turn that the repair closed. Tools may have run in it, so another delivery of its message must
 * not start it again.
 */
function readClosedKey(turn: JsonValue | undefined, messageCount: number): KeyRecord | undefined {
  const { key, start } = turn !== undefined && isJsonObject(turn) ? turn : {};
  const { value, input } = key !== undefined && isJsonObject(key) ? key : {};
  if (typeof value !== "string" || typeof input !== "string" || messageCount === 0) return undefined;
  const isIndex = typeof start === "number" && Number.isSafeInteger(start) && start >= 0;
  return {
    value,
    input,
    // Only a repetition reads the messages of a turn, and this one is not repeated.
    start: isIndex && start < messageCount ? start : messageCount - 1,
    end: messageCount,
    isAbandoned: true,
    usage: undefined,
    finishReason: undefined,
    refusal: undefined,
  };
}

/** Returns the open turn with its place adjusted to messages that were added or removed. */
export function writeRepairedTurn(draft: RepairDraft): RepairDraft["turn"] {
  const turn = readTurn(draft.turn);
  if (turn === undefined || !isJsonObject(draft.turn)) return undefined;
  const { start, input } = locateTurn(draft, turn);
  if (start === turn.start && input === turn.input) return draft.turn;
  return { ...draft.turn, start, ...(input === undefined ? {} : { input }) };
}
