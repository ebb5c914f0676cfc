import type { ThreadKind } from "./conversation-thread.ts";
import type { JsonObject } from "./json.ts";

/** Where a list of messages is wrong, and why; the path begins behind the list, as `[3].role`. */
export interface Fault {
  readonly path: string;
  readonly reason: string;
  readonly cause?: unknown;
}

/** What there is to know of UI messages, or of model messages, to keep them. */
export interface MessageKind<Message> {
  readonly kind: ThreadKind;

  /** The messages as the AI SDK accepts them, or the first fault. May change what it is given. */
  check(messages: unknown[]): Promise<{ readonly messages: Message[] } | { readonly fault: Fault }>;

  /** The stored messages with `added` behind them; what has an identity replaces what has the same. */
  append(stored: readonly JsonObject[], added: readonly JsonObject[]): JsonObject[];

  /**
   * What comes of two changes of one list: `mine` and `stored`, both made from `base`; `undefined` if they contradict
   * each other. `base` is `undefined` when it is not known.
   */
  merge(
    base: readonly JsonObject[] | undefined,
    mine: readonly JsonObject[],
    stored: readonly JsonObject[],
  ): JsonObject[] | undefined;
}
