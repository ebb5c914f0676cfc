import { AgentError } from "../agent-error.ts";
import type { RunResult } from "../run-result.ts";
import type { ThreadState } from "../thread/thread-state.ts";
import type { KeyRecord, TurnKey } from "../thread/turn-key.ts";
import type { Model } from "./protocol.ts";

/** Members of a result that are known only after the last request. */
const UNKNOWN = { refusal: undefined, finishReason: undefined, leftOut: [] } as const;

/** The turn of a thread that has a key. */
export type KeyedTurn<Result> =
  /** It ended, or waits for a person. The result is the one that its first run resolved with. */
  | { readonly step: "repeat"; readonly result: Result }
  /** It is open, and must be resumed. */
  | { readonly step: "resume"; readonly start: number };

/**
 * Finds the turn that already has the key of a run. Returns `undefined` if there is none. Throws `KEY_REUSED` if its
 * input is another one, and `TURN_ABANDONED` if it was ended without an answer.
 */
export function findKeyedTurn<Kind extends string, Message extends object, Usage extends object>(
  thread: ThreadState<Kind, Message>,
  key: TurnKey,
  { readText }: Pick<Model<Message, Usage>, "readText">,
): KeyedTurn<RunResult<ThreadState<Kind, Message>, Message, Usage>> | undefined {
  const { turn, keys } = thread.revision;
  const openTurn = thread.openTurn;
  if (turn?.key?.value === key.value && openTurn !== undefined) {
    requireSameInput(key, turn.key);
    if (openTurn.state !== "waiting") return { step: "resume", start: turn.start };
    const messages = Object.freeze(thread.messages.slice(turn.start));
    const usage = turn.usage as Usage | undefined;
    const result = { messages, text: readText(messages), usage, ...UNKNOWN };
    return {
      step: "repeat",
      result: { ...result, status: "approval-needed", approvals: openTurn.approvals, thread, repeated: true },
    };
  }
  const record = keys.find(({ value }) => value === key.value);
  if (record === undefined) return undefined;
  requireSameInput(key, record);
  if (record.isAbandoned) throw turnAbandoned();
  return { step: "repeat", result: toResult(thread, record, readText) };
}

function toResult<Kind extends string, Message extends object, Usage extends object>(
  thread: ThreadState<Kind, Message>,
  { start, end, usage, finishReason, refusal }: KeyRecord,
  readText: Model<Message, Usage>["readText"],
): RunResult<ThreadState<Kind, Message>, Message, Usage> {
  const messages = Object.freeze(thread.messages.slice(start, end));
  return {
    status: "completed",
    approvals: [],
    text: readText(messages),
    refusal,
    messages,
    finishReason,
    usage: usage as Usage | undefined,
    leftOut: [],
    thread,
    repeated: true,
  };
}

function requireSameInput(key: TurnKey, { input }: TurnKey): void {
  if (input === key.input) return;
  const message =
    "`key` is the key of an earlier turn of this conversation with another input. Use a new key for each message.";
  throw new AgentError("KEY_REUSED", message, { path: "key" });
}

function turnAbandoned(): AgentError {
  const message =
    "The turn with this `key` was ended without an answer, so it does not run again. Use another key to ask again.";
  return new AgentError("TURN_ABANDONED", message, { path: "key" });
}
