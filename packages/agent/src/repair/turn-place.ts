import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import { isQuestion, type TurnMessages } from "../thread/check-turn.ts";
import { findMovedInput } from "../thread/turn-digests.ts";
import { readDigests, readTurn, type TurnRecord } from "../thread/turn-record.ts";
import type { Pairing } from "./pair-results.ts";
import type { RepairDraft } from "./repair-draft.ts";

/** Reads the `turn` member of a thread; `undefined` if there is none, or if it is corrupt. */
export function readRecord(turn: RepairDraft["turn"]): TurnRecord | undefined {
  try {
    return readTurn(turn);
  } catch (error) {
    if (AgentError.is(error, "THREAD_INVALID")) return undefined;
    throw error;
  }
}

/** Returns where the turn and its input are among the current messages. */
export function locateTurn(draft: RepairDraft, turn: TurnRecord): Pick<TurnRecord, "input" | "start"> {
  const start = locate(draft, turn.start);
  return {
    start,
    input: turn.input === undefined ? undefined : locate(draft, turn.start + turn.input) - start,
  };
}

/** Returns the current index of the first message that was at this index or followed it. Stays after the last one. */
export function locate({ entries, originalCount }: RepairDraft, index: number): number {
  const position = entries.findIndex((entry) => entry.position >= index);
  return position === -1 ? entries.length + Math.max(0, index - originalCount) : position;
}

/** Returns records of the turn with the places where its input can be, the most probable first. */
export function findPlaces({ entries, turn }: RepairDraft): JsonObject[] {
  if (turn === undefined || !isJsonObject(turn)) return [];
  const places = [findByDigests(entries, turn), findByRoles(entries, turn)];
  return places.flatMap((place) => {
    if (place === undefined) return [];
    const position = entries[place.start]?.position ?? 0;
    const end = entries[place.end]?.position ?? (entries.at(-1)?.position ?? 0) + 1;
    return [{ ...turn, start: position, input: end - position }];
  });
}

/** A range of entries. */
interface Range {
  readonly start: number;
  readonly end: number;
}

function findByDigests(entries: RepairDraft["entries"], turn: JsonObject): Range | undefined {
  const sources = entries.map(({ source }) => source);
  const moved = findMovedInput(readDigests(turn["digests"]), { start: 0, input: 0 }, sources);
  return moved === undefined ? undefined : { start: moved.start, end: moved.start + moved.input };
}

/** Returns where the last input is, which the responses and results of the turn follow. */
function findByRoles(entries: RepairDraft["entries"], turn: JsonObject): Range | undefined {
  const end = entries.findLastIndex(isQuestion) + 1;
  let first = end;
  while (isQuestion(entries[first - 1])) first -= 1;
  if (first === end) return undefined;
  const { start: storedStart, input: storedInput } = turn;
  const starts = [storedStart, typeof storedInput === "number" ? end - storedInput : undefined];
  // Without either number, the fewer messages belong to the turn, the fewer are removed with it.
  const possible = starts.filter(
    (index) => typeof index === "number" && Number.isSafeInteger(index),
  ) as number[];
  const start = possible.find((index) => index >= first && index < end) ?? end - 1;
  return { start, end };
}

/** Calls whose results are still to be repaired do not count. */
export function createBoundaryCheck(
  { entries }: RepairDraft,
  { calls, resultOf, waiting }: Pairing,
): TurnMessages["isBoundary"] {
  const indexes = new Map(entries.map((entry, index) => [entry, index]));
  const spans = calls.flatMap(({ call, owner }) => {
    const result = resultOf.get(call);
    const end = result === undefined ? entries.length : indexes.get(result);
    const isPaired = result !== undefined || waiting.has(call);
    return isPaired && end !== undefined ? [{ start: indexes.get(owner) ?? 0, end }] : [];
  });
  return (index) => spans.every(({ start, end }) => index <= start || index > end);
}
