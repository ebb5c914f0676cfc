import { isQuestion } from "../thread/check-turn.ts";
import type { TurnRecord } from "../thread/turn-record.ts";
import { roleOf } from "../wire-form/message-entry.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { readRecord } from "./turn-place.ts";

/**
 * Returns the original index of the first message of the open turn that no request which the service accepted has
 * contained: of the last response, or of the input. `undefined` if there is none.
 */
export function findUnacceptedPosition({ entries, turn }: RepairDraft): number | undefined {
  const record = readRecord(turn);
  // The service has responded to all messages, but the response was cut or not added.
  if (record?.text || record?.error === "TOO_MANY_TOOL_ROUNDS") return undefined;
  const input = findInput(entries, record);
  const last = entries.findLastIndex((entry) => roleOf(entry) !== "tool");
  if (last < input.end) return entries[input.start]?.position;
  const previousResult = entries.findLastIndex((entry, index) => index < last && roleOf(entry) === "tool");
  return entries[Math.max(previousResult + 1, input.end)]?.position;
}

/** Returns where the input of the turn is among the entries; without a readable record, where the last question is. */
function findInput(
  entries: RepairDraft["entries"],
  record: TurnRecord | undefined,
): { readonly start: number; readonly end: number } {
  const end = entries.findLastIndex(isQuestion) + 1;
  const indexOf = (position: number): number => {
    const index = entries.findIndex((entry) => entry.position >= position);
    return index === -1 ? entries.length : index;
  };
  if (record?.input === undefined || record.start >= entries.length)
    return { start: Math.max(end - 1, 0), end };
  return { start: indexOf(record.start), end: Math.max(indexOf(record.start + record.input), end) };
}
