import { quoteName } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { OpenCalls } from "./thread-kind.ts";
import type { TurnRecord } from "./turn-record.ts";

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
  if (turn.start + (turn.input ?? 1) > messageCount) {
    throw corrupt("$.turn.input", "the input ends after the last message");
  }
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
