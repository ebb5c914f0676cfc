import { unexpected } from "../thread/json.ts";
import type { ContextRequest } from "./context-provider.ts";
import { checkCount, findTurns, isInstruction, keepFrom } from "./turns.ts";

/**
 * Shortens what is sent, not what is kept: gives the messages that stand for the thread's `messages` before
 * each request. The turn's own are always sent behind them. A cut that parts a tool call from its result is
 * refused with `INVALID_ARGUMENT`; what the reducer throws, the run rejects with.
 */
export type Reducer<Message extends object> = (
  request: ContextRequest<Message>,
) => readonly Message[] | Promise<readonly Message[]>;

/**
 * Sends the last `turns` turns before the present one. A turn begins where the user speaks. System and
 * developer messages are always sent.
 *
 * Throws `INVALID_ARGUMENT`.
 */
export function keepLastTurns<Message extends object>(turns: number): Reducer<Message> {
  checkCount(turns, "turns", 0);
  return ({ messages }) => {
    const starts = [...findTurns(messages), messages.length];
    return keepFrom(messages, starts[starts.length - 1 - turns] ?? 0);
  };
}

/** How many tokens may be sent, and what a message counts. */
export interface TokenBudget<Message extends object> {
  /**
   * For the messages of the thread and of the turn. The agent's instructions, its tools' schemas and the answer come on
   * top, so leave room for them in the model's window.
   */
  readonly maximum: number;
  /** The tokens of a message, such as a tokenizer of the model counts. Asked once for each message. */
  readonly count: (this: void, message: Message) => number | Promise<number>;
}

/**
 * Sends as many of the last turns as fit. System and developer messages and the present turn are always
 * sent, even beyond the maximum.
 *
 * Throws `INVALID_ARGUMENT`.
 */
export function keepTokens<Message extends object>({
  maximum,
  count,
}: TokenBudget<Message>): Reducer<Message> {
  checkCount(maximum, "maximum", 1);
  if (typeof count !== "function") throw unexpected("INVALID_ARGUMENT", "count", "a function", count);
  // Messages are frozen, so that a count stays true.
  const counts = new WeakMap<Message, number>();
  const countAll = async (messages: readonly Message[]): Promise<number> => {
    let sum = 0;
    for (const message of messages) {
      const tokens = counts.get(message) ?? (await count(message));
      if (!(tokens >= 0)) throw unexpected("INVALID_ARGUMENT", "count", "a number of tokens", tokens);
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
