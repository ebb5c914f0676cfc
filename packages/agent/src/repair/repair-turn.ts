import { isJsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { FixResult, Repairer } from "../findings/repairer.ts";
import { checkTurn } from "../thread/check-turn.ts";
import { readTurn } from "../thread/turn-record.ts";
import { idOf, roleOf, withoutMember, type CallEntry } from "../wire-form/message-entry.ts";
import { findUnacceptedPosition } from "./find-unaccepted.ts";
import { INTERRUPTED_RESULT } from "./interrupted-texts.ts";
import { pairResults, type Pairing } from "./pair-results.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { createBoundaryCheck, findPlaces, locateTurn, readRecord } from "./turn-place.ts";

/** Pairs the calls and results of a draft. The calls that its open turn lists count as waiting. */
export function pairDraft(draft: RepairDraft): Pairing {
  return pairResults(draft, readRecord(draft.turn)?.calls ?? []);
}

/** Ends the open turn of a thread, whatever its state. */
export function closeTurn(draft: RepairDraft, repairer: Repairer): void {
  if (draft.turn === undefined) return;
  const drop = (): string => {
    dropTurn(draft);
    return "A repair closes it.";
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
    return { description: "A repair closes the turn.", action: "drop" };
  };
  const rewrite = (): FixResult | string => {
    const turn = findPlaces(draft).find((place) => findFault({ ...draft, turn: place }) === undefined);
    if (turn === undefined) return drop();
    draft.turn = turn;
    return "A repair sets where the turn and its input are.";
  };
  repairer.repair({ code: "turn-invalid", path, position: Infinity, message }, { rewrite, drop });
}

/** Ends a turn. The service must not receive results again that let it run calls: it may have received them before. */
function dropTurn(draft: RepairDraft): void {
  draft.closedTurn = { record: draft.turn, unacceptedFrom: findUnacceptedPosition(draft) };
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
  const records = readRecord(turn)?.calls ?? [];
  const calls = isJsonObject(turn) ? turn["calls"] : undefined;
  if (!isJsonObject(turn) || !Array.isArray(calls) || records.length === 0) return;
  const waitingIds = new Set([...pairResults(draft, records).waiting].map(idOf));
  const kept = calls.filter((_call, index) => {
    if (waitingIds.delete(records[index]?.callId ?? "")) return true;
    const path = `$.turn.calls[${index}]`;
    const message = "The open turn lists a call that does not wait for anything.";
    repairer.repair(
      { code: "approval-dangling", path, position: Infinity, message },
      { drop: "A repair removes it from the turn." },
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
