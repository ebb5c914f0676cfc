import type { JsonValue } from "@threadstore/core";
import { isJsonObject } from "@threadstore/core/documents";
import { invalidValue } from "../agent-error.ts";
import type { HistoryReducer } from "./history-reducer.ts";
import { findTurns, isInstruction, requireInteger } from "./turns.ts";

/** The second argument of a {@link Summarizer}. */
export interface SummaryRequest {
  /** The previous summary, which the new one replaces; `undefined` for the first. */
  readonly summary: string | undefined;
  /** Aborts together with the run. */
  readonly signal: AbortSignal;
}

/** Returns a summary of the messages and of the previous summary. */
export type Summarizer = (messages: readonly object[], request: SummaryRequest) => string | Promise<string>;

export interface SummarizeOptions {
  readonly summarizer: Summarizer;
  /** The number of turns before the current one that are sent unchanged. */
  readonly keepTurns: number;
  /**
   * The number of turns since the last summary that may be sent before the next summary is made of all but the last
   * `keepTurns`.
   * @default twice `keepTurns`, and at least one more
   */
  readonly maximumTurns?: number | undefined;
}

/**
 * Returns a reducer that sends a summary, as a system message, instead of older turns. The summary is stored in the
 * thread's state, and the messages stay in the thread. System and developer messages are always sent.
 *
 * A summary that does not match the thread, for example after a repair, is made again.
 *
 * Throws `INVALID_ARGUMENT`.
 */
export function summarize<Message extends object>(options: SummarizeOptions): HistoryReducer<Message> {
  const { summarizer, keepTurns, maximumTurns = Math.max(keepTurns * 2, keepTurns + 1) } = options;
  if (typeof summarizer !== "function") {
    throw invalidValue("INVALID_ARGUMENT", "summarizer", "a function", summarizer);
  }
  requireInteger(keepTurns, "keepTurns", 0);
  requireInteger(maximumTurns, "maximumTurns", keepTurns);
  return async ({ messages, state, signal }) => {
    const starts = findTurns(messages);
    let current = readSummary(state.get(), messages, starts);
    const recentStarts = starts.filter((start) => start >= (current?.count ?? 0));
    if (recentStarts.length > maximumTurns) {
      const count = recentStarts[recentStarts.length - keepTurns] ?? messages.length;
      const dialog = messages.slice(current?.count ?? 0, count).filter((message) => !isInstruction(message));
      const summary: unknown = await summarizer(dialog, { summary: current?.summary, signal });
      if (typeof summary !== "string" || summary === "") {
        throw invalidValue("INVALID_ARGUMENT", "summarizer", "a function that returns a non-empty string");
      }
      current = { summary: summary.toWellFormed(), count };
      state.set({ ...current });
    }
    return current === undefined ? messages : replaceSummarized(messages, current);
  };
}

interface Summary {
  readonly summary: string;
  /** The number of messages at the beginning of the thread that it summarizes. */
  readonly count: number;
}

/** Reads the stored summary. Returns `undefined` if it does not end where a turn does. */
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

function replaceSummarized<Message extends object>(
  messages: readonly Message[],
  { summary, count }: Summary,
): Message[] {
  const content = `Summary of the earlier conversation:\n${summary}`;
  // The APIs of all kinds of agents accept this form.
  const message = { role: "system", content } as unknown as Message;
  return [...messages.slice(0, count).filter(isInstruction), message, ...messages.slice(count)];
}
