import { quoteName } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import { type MessageEntry, roleOf } from "../wire-form/message-entry.ts";
import { isMovedImages } from "../wire-form/moved-images.ts";
import type { OpenCalls } from "./thread-kind.ts";
import { findMovedInput } from "./turn-digests.ts";
import type { TurnRecord } from "./turn-record.ts";

/** The messages of a thread, against which its open turn is checked. */
export interface TurnMessages {
  readonly messageCount: number;
  readonly open: OpenCalls;
  /** Returns the message at an index. */
  readonly entryAt: (index: number) => MessageEntry | undefined;
  /** Returns whether each call before an index has its result before it. */
  readonly isBoundary: (index: number) => boolean;
}

/** Checks that the record and the messages describe the same open turn. Throws `THREAD_INVALID` with the path. */
export function checkTurn(turn: TurnRecord | undefined, messages: TurnMessages): void {
  const { calls: openCalls, path } = messages.open;
  if (turn === undefined) {
    if (openCalls.length === 0) return;
    throw corrupt(path, `${openCalls.length} tool calls do not have a result after this message`);
  }
  checkBounds(turn, messages.messageCount);
  checkCalls(turn, messages.open);
  checkProgress(turn, messages);
  checkPlace(turn, messages);
  checkDigests(turn, messages);
}

function checkBounds(turn: TurnRecord, messageCount: number): void {
  if (turn.start >= messageCount) throw corrupt("$.turn.start", "the turn starts after the last message");
  if (turn.start + (turn.input ?? 1) > messageCount) {
    throw corrupt("$.turn.input", "the input ends after the last message");
  }
}

function checkCalls(turn: TurnRecord, { calls: openCalls, path }: OpenCalls): void {
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
}

function checkProgress(turn: TurnRecord, { open, messageCount, entryAt }: TurnMessages): void {
  const openCalls = open.calls;
  const endsInResult = roleOf(entryAt(messageCount - 1)) === "tool";
  if (turn.rounds === 0 && openCalls.length > 0) {
    throw corrupt("$.turn.rounds", "there are open calls although the model has not responded");
  }
  if (turn.rounds > 0 && openCalls.length === 0 && !endsInResult) {
    throw corrupt("$.turn", "the turn is open although nothing is left to do");
  }
}

/** Checks that the turn consists of its input, and then of responses and results. */
function checkPlace(turn: TurnRecord, messages: TurnMessages): void {
  const { messageCount, entryAt, isBoundary } = messages;
  if (!isBoundary(turn.start)) {
    throw corrupt("$.turn.start", "the turn starts between a tool call and its result");
  }
  const isFirstRound = turn.rounds === 0;
  const length = turn.input ?? (isFirstRound ? messageCount - turn.start : countInput(turn.start, messages));
  const path = turn.input === undefined ? "$.turn.start" : "$.turn.input";
  // The turn of a thread from Agent Framework may have none, and says so.
  if (length === 0 && turn.input === undefined) throw corrupt(path, "the turn does not have an input");
  const end = turn.start + length;
  if (isQuestion(entryAt(turn.start - 1)) && !hasQuestion(turn.start, end, messages)) {
    throw corrupt("$.turn.start", "the turn starts after its input");
  }
  if (!isBoundary(end)) throw corrupt(path, "the input ends between a tool call and its result");
  if (isFirstRound !== (end === messageCount)) {
    const problem = isFirstRound ? "messages follow the input" : "no response follows the input";
    throw corrupt(path, `${problem}, contrary to the number of responses`);
  }
  for (let index = end; index < messageCount; index += 1) {
    if (isQuestion(entryAt(index))) throw corrupt(path, "the turn has an input after its own");
  }
}

/**
 * Checks that the input has not moved to other messages that could be one. Tolerates an input that another program has
 * edited, of which the messages do not contain the original.
 */
function checkDigests(turn: TurnRecord, messages: TurnMessages): void {
  // A record with digests also says how long the input is.
  const { start, input = 0, digests } = turn;
  if (digests.length === 0) return;
  const moved = findMovedInput(digests, { start, input }, listSources(messages));
  if (moved === undefined || !isPlace({ ...turn, ...moved }, messages)) return;
  const [path, problem] =
    moved.start === start
      ? ["$.turn.input", "the input ends at another message"]
      : ["$.turn.start", "the turn starts at another message"];
  throw corrupt(path, `${problem} than the one that its digest is about`);
}

function listSources({ messageCount, entryAt }: TurnMessages): readonly object[] {
  return Array.from({ length: messageCount }, (_, index) => entryAt(index)?.source ?? {});
}

function isPlace(turn: TurnRecord, messages: TurnMessages): boolean {
  try {
    checkPlace(turn, messages);
    return true;
  } catch (error) {
    if (AgentError.is(error, "THREAD_INVALID")) return false;
    throw error;
  }
}

function countInput(start: number, { entryAt }: TurnMessages): number {
  let end = start;
  while (isQuestion(entryAt(end))) end += 1;
  return end - start;
}

/** An input may also contain messages of other roles, or only such. */
function hasQuestion(start: number, end: number, { entryAt }: TurnMessages): boolean {
  for (let index = start; index < end; index += 1) if (isQuestion(entryAt(index))) return true;
  return false;
}

/** Returns whether the message can only be from the input of a run, and not a response or a result. */
export function isQuestion(entry: MessageEntry | undefined): boolean {
  const role = roleOf(entry);
  const isOfInput = role === "user" || role === "system" || role === "developer";
  return isOfInput && entry !== undefined && !isMovedImages(entry);
}

function corrupt(path: string, problem: string): AgentError {
  return new AgentError("THREAD_INVALID", `\`${path}\` is corrupt: ${problem}.`, { path });
}
