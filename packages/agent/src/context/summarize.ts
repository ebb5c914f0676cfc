import type { JsonValue } from "@threadstore/core";
import { isJsonObject, unexpected } from "../thread/json.ts";
import type { Reducer } from "./reducer.ts";
import { checkCount, findTurns, isInstruction } from "./turns.ts";

/** What a summarizer is told besides the messages. */
export interface SummaryRequest {
  /** The summary so far, which the new one is to replace; `undefined` for the first. */
  readonly summary: string | undefined;
  /** Aborted when the run is. */
  readonly signal: AbortSignal;
}

/** Puts messages in a few words, and what the summary so far says. */
export type Summarizer = (messages: readonly object[], request: SummaryRequest) => string | Promise<string>;

export interface SummarizeOptions {
  readonly summarizer: Summarizer;
  /** How many of the last turns before the present one are sent as they are. */
  readonly keepTurns: number;
  /**
   * Over how many turns since the last summary a new one is made; all but the `keepTurns` last go into it.
   * @default twice `keepTurns`, and at least one more
   */
  readonly maximumTurns?: number | undefined;
}

/**
 * Sends a summary, as a system message, in place of older turns. The summary is kept in the thread's state and the
 * messages stay in the thread. System and developer messages are always sent.
 *
 * A summary that does not fit the thread, as after a repair, is made anew.
 *
 * Throws `INVALID_ARGUMENT`.
 */
export function summarize<Message extends object>(options: SummarizeOptions): Reducer<Message> {
  const { summarizer, keepTurns, maximumTurns = Math.max(keepTurns * 2, keepTurns + 1) } = options;
  if (typeof summarizer !== "function") {
    throw unexpected("INVALID_ARGUMENT", "summarizer", "a function", summarizer);
  }
  checkCount(keepTurns, "keepTurns", 0);
  checkCount(maximumTurns, "maximumTurns", keepTurns);
  return async ({ messages, state, signal }) => {
    const starts = findTurns(messages);
    let kept = readSummary(state.get(), messages, starts);
    const recent = starts.filter((start) => start >= (kept?.count ?? 0));
    if (recent.length > maximumTurns) {
      const count = recent[recent.length - keepTurns] ?? messages.length;
      const spoken = messages.slice(kept?.count ?? 0, count).filter((message) => !isInstruction(message));
      const summary: unknown = await summarizer(spoken, { summary: kept?.summary, signal });
      if (typeof summary !== "string" || summary === "") {
        throw unexpected("INVALID_ARGUMENT", "summarizer", "a text as the result", summary);
      }
      kept = { summary: summary.toWellFormed(), count };
      state.set({ ...kept });
    }
    return kept === undefined ? messages : replace(messages, kept);
  };
}

interface Summary {
  readonly summary: string;
  /** How many of the thread's first messages it stands for. */
  readonly count: number;
}

/** The summary that a thread says it has, if it ends where a turn does. */
function readSummary(
  state: JsonValue | undefined,
  messages: readonly object[],
  starts: readonly number[],
): Summary | undefined {
  if (!isJsonObject(state)) return undefined;
  const { summary, count } = state;
  if (typeof summary !== "string" || typeof count !== "number") return undefined;
  if (!Number.isSafeInteger(count) || count < 0 || count > messages.length) return undefined;
  const next = messages.findIndex((message, index) => index >= count && !isInstruction(message));
  return next === -1 || starts.includes(next) ? { summary, count } : undefined;
}

function replace<Message extends object>(
  messages: readonly Message[],
  { summary, count }: Summary,
): Message[] {
  const content = `Summary of the conversation before this:\n${summary}`;
  // In the form that the APIs of all kinds of agents take.
  const message = { role: "system", content } as unknown as Message;
  return [...messages.slice(0, count).filter(isInstruction), message, ...messages.slice(count)];
}
