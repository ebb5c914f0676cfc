import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { isQuestion } from "../thread/check-turn.ts";
import { digestInput } from "../thread/turn-digests.ts";
import { addKey, type KeyRecord, moveKeys, readKeys, writeKeys } from "../thread/turn-key.ts";
import { readTurn } from "../thread/turn-record.ts";
import {
  moveUnaccepted,
  readUnaccepted,
  type UnacceptedRange,
  writeUnaccepted,
} from "../thread/unaccepted.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { locate, locateTurn } from "./turn-place.ts";

/** Returns the members of a thread that name messages, with their places adjusted to the repaired messages. */
export function writeRepairedPlaces(
  draft: RepairDraft,
  { keys, unaccepted }: JsonObject,
  messageCount: number,
): JsonObject {
  const move = (index: number): number => locate(draft, index);
  const known = moveUnaccepted(readUnaccepted(unaccepted, messageCount), move);
  const ranges = [...known, ...findUnaccepted(draft, known.at(-1)?.end ?? 0)];
  const closed = readClosedKey(draft.closedTurn?.record, messageCount);
  const records = readKeys(keys, messageCount);
  const moved = moveKeys(closed === undefined ? records : addKey(records, closed), move);
  return {
    ...(unaccepted === undefined && ranges.length === 0 ? {} : { unaccepted: writeUnaccepted(ranges) }),
    ...(keys === undefined && closed === undefined ? {} : { keys: writeKeys(moved) }),
  };
}

/** Returns the range of the messages of a closed turn that the service has never accepted. */
function findUnaccepted(draft: RepairDraft, previousEnd: number): UnacceptedRange[] {
  const position = draft.closedTurn?.unacceptedFrom;
  if (position === undefined) return [];
  const { entries } = draft;
  const start = Math.max(locate(draft, position), previousEnd);
  // The note after a question is from the repair.
  const end = isQuestion(entries[start]) ? entries.findLastIndex(isQuestion) + 1 : entries.length;
  return start < end ? [{ start, end, isLeftOut: false, isWhole: false }] : [];
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

/** Returns the open turn with its place adjusted to messages that were added, removed or changed. */
export function writeRepairedTurn(
  draft: RepairDraft,
  messages: readonly JsonObject[],
): JsonValue | undefined {
  const turn = readTurn(draft.turn);
  if (turn === undefined || !isJsonObject(draft.turn)) return undefined;
  const { start, input } = locateTurn(draft, turn);
  const digests =
    input === undefined || turn.digests.length === 0
      ? turn.digests
      : digestInput(messages.slice(start, start + input));
  const isUnchanged = String(digests) === String(turn.digests);
  if (start === turn.start && input === turn.input && isUnchanged) return draft.turn;
  return {
    ...draft.turn,
    start,
    ...(input === undefined ? {} : { input }),
    ...(digests.length === 0 ? {} : { digests: [...digests] }),
  };
}
