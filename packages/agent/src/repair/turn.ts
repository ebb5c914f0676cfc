import { AgentError } from "../agent-error.ts";
import { isJsonObject } from "../thread/json.ts";
import { checkTurn, readTurn, type CallRecord, type TurnRecord } from "../thread/turn-record.ts";
import { idOf, roleOf, withoutMember, type CallSlot, type Draft } from "./draft.ts";
import type { Mender } from "./mender.ts";
import { pairUp, type Pairing } from "./pairing.ts";

/** Which result belongs to which call, and which calls the open turn goes on with. */
export function pairDraft(draft: Draft): Pairing {
  return pairUp(draft, readRecords(draft));
}

function readRecords(draft: Draft): readonly CallRecord[] {
  try {
    return readTurn(draft.turn)?.calls ?? [];
  } catch (error) {
    if (AgentError.is(error, "THREAD_INVALID")) return [];
    throw error;
  }
}

/** Ends the open turn of a thread, whatever state it is in. */
export function closeTurn(draft: Draft, mender: Mender): void {
  if (draft.turn === undefined) return;
  const drop = (): string => {
    draft.turn = undefined;
    return "the turn was ended";
  };
  const found = { code: "turn-open", path: "$.turn", position: Infinity, message: "a turn is open" } as const;
  mender.mend(found, { drop });
}

/** Leaves an open turn that an agent can go on with, and ends any other. */
export function mendTurn(draft: Draft, mender: Mender): void {
  if (draft.turn === undefined) return;
  dropDanglingRecords(draft, mender);
  const path = findFault(draft);
  if (path === undefined) return;
  const message = "what is said of the open turn does not fit the messages";
  const drop = (): string => {
    draft.turn = undefined;
    return "the turn was ended";
  };
  mender.mend({ code: "turn-invalid", path, position: Infinity, message }, { drop });
}

function dropDanglingRecords(draft: Draft, mender: Mender): void {
  const { turn } = draft;
  const records = readRecords(draft);
  const calls = isJsonObject(turn) ? turn["calls"] : undefined;
  if (!isJsonObject(turn) || !Array.isArray(calls) || records.length === 0) return;
  const waiting = new Set([...pairUp(draft, records).waiting].map(idOf));
  const left = calls.filter((_call, index) => {
    if (waiting.delete(records[index]?.callId ?? "")) return true;
    const path = `$.turn.calls[${index}]`;
    const message = "the open turn speaks of a call that does not wait for anything";
    const found = { code: "approval-dangling", path, position: Infinity, message } as const;
    mender.mend(found, { drop: "it was taken out of the turn" });
    return false;
  });
  if (left.length === calls.length) return;
  draft.turn = left.length === 0 ? withoutMember(turn, "calls") : { ...turn, calls: left };
}

/** Where the turn's record, or what it says of the messages, is wrong. */
function findFault(draft: Draft): string | undefined {
  try {
    const turn = readTurn(draft.turn);
    if (turn === undefined) return undefined;
    const { waiting: slots } = pairUp(draft, turn.calls);
    if (isShifted(draft, slots)) return "$.turn.calls";
    const waiting = [...slots].map(idOf);
    checkTurn(
      { ...turn, start: startOf(draft, turn) },
      {
        messageCount: draft.entries.length,
        open: {
          calls: waiting.map((callId, index) => ({ callId, name: "", arguments: "", index })),
          path: "",
        },
        endsInResult: roleOf(draft.entries.at(-1)) === "tool",
      },
    );
    return undefined;
  } catch (error) {
    if (AgentError.is(error, "THREAD_INVALID")) return error.path ?? "$.turn";
    throw error;
  }
}

/**
 * Whether a call before a waiting one was taken out of its message. Tools are told which call of its message theirs is, so
 * that they do nothing twice.
 */
function isShifted({ entries }: Draft, waiting: ReadonlySet<CallSlot>): boolean {
  return entries.some(({ calls }) => calls.some((slot, index) => waiting.has(slot) && slot.order !== index));
}

/** Where the turn begins among the messages as they are now. */
function startOf({ entries }: Draft, { start }: TurnRecord): number {
  const position = entries.findIndex((entry) => entry.position >= start);
  return position === -1 ? entries.length : position;
}

/** The open turn as it is to be written, where messages before it may have come or gone. */
export function finishTurn(draft: Draft): Draft["turn"] {
  const turn = readTurn(draft.turn);
  if (turn === undefined || !isJsonObject(draft.turn)) return undefined;
  const start = startOf(draft, turn);
  return start === turn.start ? draft.turn : { ...draft.turn, start };
}
