import { invalidValue } from "../agent-error.ts";
import { INTERRUPTED_RESULT } from "../repair/interrupted-texts.ts";
import type { OpenTurn } from "../thread.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { ThreadState } from "../thread/thread-state.ts";
import type { ToolCall } from "../thread/tool-call.ts";
import { addKey, type KeyRecord } from "../thread/turn-key.ts";
import type { TurnRecord } from "../thread/turn-record.ts";
import type { UnacceptedRange } from "../thread/unaccepted.ts";
import { INTERRUPTED, UNSAVED } from "../tools/plan-call.ts";
import { definitionOf } from "../wire-form/message-entry.ts";
import type { Model } from "./protocol.ts";
import { removeReferences } from "./remove-references.ts";
import { withdrawResults } from "./withdraw-results.ts";

/** Options of `abandon`. */
export interface AbandonOptions {
  /**
   * The messages of the turn that the thread keeps. `partial`: everything that happened, and for each call without a result one that
   * says so. `question`: the input. `nothing`: the thread is as it was before the turn.
   *
   * A thread that keeps something ends with a message of the assistant: the text streamed so far, or a note that the
   * turn ended early. Messages that the model's service rejected are never kept: the last response with its results, references
   * in the input that may have expired, and the input itself if the service never accepted it.
   * @default "partial"
   */
  readonly keep?: "nothing" | "partial" | "question" | undefined;
}

/** The outcome of `abandon`. */
export interface AbandonedTurn<Message extends object = object> {
  /** The turn as it was; `undefined` if none was open, and nothing changed. */
  readonly turn: OpenTurn | undefined;
  /** The messages of the turn that the thread contains now, including those that say how it ended. */
  readonly kept: readonly Message[];
  /** The messages of the turn that the thread does not contain any more. */
  readonly removed: readonly Message[];
}

/** The requirements of ending a turn. */
interface Abandonment<Message extends object> {
  readonly threads: ThreadKind<string, Message>;
  readonly model: Pick<Model<Message, object>, "toAnswer" | "toToolResult">;
  readonly keep: AbandonOptions["keep"];
}

/** Failures whose cause can be in the last response or in its results: the service never accepted those. */
const REJECTIONS = new Set(["MODEL_REFUSED", "TOOL_MISSING", "TOO_MANY_ATTEMPTS"]);

/** The result of a call that did not run before its turn was closed. */
export const NOT_RUN = "This call did not run: its turn was ended before.";

/**
 * Ends the open turn of a thread without another request, and leaves messages that every provider accepts. Throws
 * `INVALID_ARGUMENT`.
 */
export function abandonTurn<Message extends object>(
  thread: ThreadState<string, Message>,
  { threads, model, keep = "partial" }: Abandonment<Message>,
): AbandonedTurn<Message> {
  if (!["nothing", "partial", "question"].includes(keep)) {
    throw invalidValue("INVALID_ARGUMENT", "keep", '"partial", "question" or "nothing"');
  }
  const { openTurn } = thread;
  const { turn, list, state, unaccepted, keys } = thread.revision;
  if (turn === undefined || openTurn === undefined) return { turn: undefined, kept: [], removed: [] };
  const messages = list.messages.slice(turn.start);
  const length = countKept(messages, turn, keep, threads);
  const isWhole = length === messages.length;
  const beginning = messages.slice(0, length);
  const portable = isRejected(turn)
    ? beginning.map((message) => removeReferences(message, threads.wireForm))
    : beginning;
  const { calls } = threads.findOpenCalls(messages, "$.messages", "THREAD_INVALID");
  // Results are sent when the last call has one.
  const accepted = withdrawResults(portable, threads, calls.length > 0 ? NOT_RUN : INTERRUPTED);
  const results = isWhole ? calls.map((call) => model.toToolResult(call, describeEnd(call, turn), true)) : [];
  const text = isWhole && keep === "partial" ? turn.text : undefined;
  const answer = text || describeTurn(turn, namesOfCalls(messages.slice(length), turn, threads));
  const kept = length === 0 ? [] : [...accepted, ...results, model.toAnswer(answer)];
  // A service stores the turn as it was. Without its reference, the next run sends the transcript.
  const extended = list.take(turn.start).append(kept);
  const ended = { state, service: undefined, keys: keysAfter(turn, keys, extended.messages.length) };
  const added =
    isWhole || turn.rounds === 0 ? findUnaccepted(messages, kept.length, turn, text, threads) : [];
  thread.commit({ list: extended, ...ended, unaccepted: [...unaccepted, ...added], turn: undefined });
  const remaining = new Set<Message>(kept);
  return {
    turn: openTurn,
    kept: Object.freeze(thread.messages.slice(turn.start)),
    removed: messages.filter((message) => !remaining.has(message)),
  };
}

/** Returns the keys after the turn has ended. A turn that leaves nothing does not leave its key either. */
function keysAfter(
  { key, start }: TurnRecord,
  keys: readonly KeyRecord[],
  end: number,
): readonly KeyRecord[] {
  if (key === undefined || start === end) return keys;
  const unknown = { usage: undefined, finishReason: undefined, refusal: undefined };
  return addKey(keys, { ...key, start, end, isAbandoned: true, ...unknown });
}

/** Returns how many messages of the turn stay, from its first. */
function countKept<Message extends object>(
  messages: readonly Message[],
  turn: TurnRecord,
  keep: AbandonOptions["keep"],
  threads: ThreadKind<string, Message>,
): number {
  if (keep === "nothing" || (turn.rounds === 0 && isRejected(turn))) return 0;
  const input = turn.rounds === 0 ? messages.length : (turn.input ?? countInput(messages));
  if (keep === "question") return input;
  if (!isRejected(turn)) return messages.length;
  return findLastResponse(messages, turn, threads);
}

/**
 * Returns where the messages are that no request that the service accepted has contained: the last response with its
 * results, or the beginning of an answer, or the input. `keptLength` includes the messages that say how the turn ended.
 */
function findUnaccepted<Message extends object>(
  messages: readonly Message[],
  keptLength: number,
  turn: TurnRecord,
  text: string | undefined,
  threads: ThreadKind<string, Message>,
): readonly UnacceptedRange[] {
  const toRange = (start: number, end: number): UnacceptedRange[] =>
    start === end
      ? []
      : [{ start: turn.start + start, end: turn.start + end, isLeftOut: false, isWhole: false }];
  if (text) return toRange(keptLength - 1, keptLength);
  // The service has responded to the other messages, but the response was cut or not added.
  const isAnswered = Boolean(turn.text) || turn.error === "TOO_MANY_TOOL_ROUNDS";
  if (isAnswered || isRejected(turn) || keptLength === 0) return [];
  if (turn.rounds === 0) return toRange(0, messages.length);
  return toRange(findLastResponse(messages, turn, threads), keptLength);
}

/** Returns the index of the first message of the model's last response, in a turn that has one. */
function findLastResponse<Message extends object>(
  messages: readonly Message[],
  turn: TurnRecord,
  threads: ThreadKind<string, Message>,
): number {
  const areResults = messages.map((message) => threads.isToolResult(message));
  const endOfResponse = areResults.lastIndexOf(false);
  const start = areResults.slice(0, endOfResponse).lastIndexOf(true) + 1;
  return Math.max(turn.input ?? countInput(messages), start);
}

function isRejected({ error, calls }: TurnRecord): boolean {
  // If a call did not end in any attempt, the reason is its tool, and not what the service received.
  if (error === "TOO_MANY_ATTEMPTS" && calls.length > 0) return false;
  return error !== undefined && REJECTIONS.has(error);
}

/** Counts the messages before the model's first response, in a turn that does not say so. */
function countInput(messages: readonly object[]): number {
  const roles = messages.map((message) => (message as { readonly role?: unknown }).role);
  return roles.findIndex((role) => !["user", "system", "developer"].some((name) => name === role));
}

/** Returns the result of a call that does not have one, for the model. */
function describeEnd({ callId }: ToolCall, { calls }: TurnRecord): string {
  const state = calls.find((call) => call.callId === callId)?.state;
  if (state === "unsaved") return UNSAVED;
  return state === "started" ? INTERRUPTED_RESULT : NOT_RUN;
}

/** Returns the answer of a turn that does not have one, for the model. */
function describeTurn({ state }: TurnRecord, removedTools: readonly string[]): string {
  const end = {
    stopped: "The user stopped this turn before it was finished.",
    failed: "This turn failed before it was finished.",
    none: "This turn was ended before it was finished.",
  }[state ?? "none"];
  if (removedTools.length === 0) return `(${end})`;
  return `(${end} It had called these tools, whose results are not shown: ${removedTools.join(", ")}.)`;
}

/** Returns the names of the tools that messages of the turn call, except for calls that did not start. */
function namesOfCalls<Message extends object>(
  messages: readonly Message[],
  { calls }: TurnRecord,
  { wireForm }: ThreadKind<string, Message>,
): string[] {
  const waiting = calls.filter(({ state }) => state !== "started" && state !== "unsaved");
  const notStarted = new Set(waiting.map(({ callId }) => callId));
  const names = messages
    .flatMap((message) => wireForm.read(message as never, "", 0).calls)
    .filter(({ value }) => !notStarted.has((value as { readonly id?: string }).id ?? ""))
    .map((call) => definitionOf(call)?.["name"]);
  return [...new Set(names)].filter((name) => typeof name === "string");
}
