import { invalidValue } from "../agent-error.ts";
import type { ContextRequest } from "./context-provider.ts";
import { findTurns, isInstruction, keepFrom, requireInteger } from "./turns.ts";

/**
 * Shortens the history in requests, while the thread keeps all of it: before each request, returns the messages to
 * send instead of `messages`. The messages of the current turn are always sent. If a cut separates a tool call from
 * its result, the run rejects with `INVALID_ARGUMENT`. It also rejects with any error that the reducer throws.
 */
export type HistoryReducer<Message extends object> = (
  request: ContextRequest<Message>,
) => readonly Message[] | Promise<readonly Message[]>;

/**
 * Returns a reducer that sends the last `turns` turns before the current one. A turn starts with a user message.
 * System and developer messages are always sent.
 *
 * Throws `INVALID_ARGUMENT`.
 */
export function keepLastTurns<Message extends object>(turns: number): HistoryReducer<Message> {
  requireInteger(turns, "turns", 0);
  return ({ messages }) => {
    const starts = [...findTurns(messages), messages.length];
    return keepFrom(messages, starts[starts.length - 1 - turns] ?? 0);
  };
}

/** Options of {@link keepTokens}. */
export interface TokenBudget<Message extends object> {
  /**
   * The maximum number of tokens in the messages of the history and the current turn. Instructions, tool schemas and
   * the response need space in the model's context window, too.
   */
  readonly maximum: number;
  /** Counts the tokens of a message, for example with the model's tokenizer. Called once per message. */
  readonly count: (this: void, message: Message) => number | Promise<number>;
}

/**
 * Returns a reducer that sends as many of the last turns as fit. System and developer messages and the current turn
 * are always sent, even if they exceed the maximum.
 *
 * Throws `INVALID_ARGUMENT`.
 */
export function keepTokens<Message extends object>({
  maximum,
  count,
}: TokenBudget<Message>): HistoryReducer<Message> {
  requireInteger(maximum, "maximum", 1);
  if (typeof count !== "function") throw invalidValue("INVALID_ARGUMENT", "count", "a function", count);
  // Messages are frozen, so a count stays true.
  const counts = new WeakMap<Message, number>();
  const countAll = async (messages: readonly Message[]): Promise<number> => {
    let sum = 0;
    for (const message of messages) {
      const tokens = counts.get(message) ?? (await count(message));
      if (!(tokens >= 0)) {
        throw invalidValue("INVALID_ARGUMENT", "count", "a function that returns a number of tokens");
      }
      counts.set(message, tokens);
      sum += tokens;
    }
    return sum;
  };
  return async ({ messages, turn }) => {
    const starts = findTurns(messages);
    let from = messages.length;
    let sum = (await countAll(turn)) + (await countAll(messages.filter(isInstruction)));
    for (const start of starts.toReversed()) {
      sum += await countAll(messages.slice(start, from).filter((message) => !isInstruction(message)));
      if (sum > maximum) break;
      from = start;
    }
    return keepFrom(messages, from);
  };
}
