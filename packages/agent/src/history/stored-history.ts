import type { ThreadStore } from "@threadstore/core";
import { invalidValue } from "../agent-error.ts";
import type { AnyConversationOptions } from "../conversation/conversation-options.ts";

/** Options of {@link storedHistory}. */
export interface StoredHistoryOptions {
  /** The store that keeps the histories, one record each. The caller closes it. */
  readonly store: ThreadStore;
  /**
   * How many turns before the current one the model receives. The store keeps all of them. Without effect on requests
   * that continue a response or a conversation of the Responses API: its service has all turns.
   * @default all turns
   */
  readonly lastTurns?: number | undefined;
  /**
   * Returns the id of a new thread's history in the store. It must be different for each conversation: a new thread whose
   * history exists continues it, for example if a process died before it saved the thread.
   * @default a random UUID
   */
  readonly createId?: (() => string) | undefined;
  /**
   * The policy for a turn during which another writer saved the history, as in `openConversation`.
   * @default "rebase"
   */
  readonly onConflict?: AnyConversationOptions["onConflict"];
  /**
   * Whether to save checkpoints during a turn, as in `openConversation`.
   * @default false
   */
  readonly journal?: boolean | undefined;
  /**
   * Whether only one run at a time may work on a history, as in `openConversation`.
   * @default the value of `journal`
   */
  readonly lease?: AnyConversationOptions["lease"];
  /**
   * What happens to a turn that the caller's signal aborts, as in `openConversation`.
   * @default "keep" with `journal`, otherwise "discard"
   */
  readonly onStop?: AnyConversationOptions["onStop"];
  /**
   * How often an open turn may be resumed without getting further, as in `openConversation`.
   * @default 5
   */
  readonly maxAttempts?: number | undefined;
  /** Options of each save: metadata and time to live. */
  readonly save?: AnyConversationOptions["save"];
}

declare const brand: unique symbol;

/** A history provider, for the option `history` of an agent. */
export interface StoredHistory {
  readonly [brand]: "stored-history";
}

const HISTORIES = new WeakMap<object, StoredHistoryOptions>();

/**
 * Keeps the messages of an agent's threads in a store. A thread then serializes to the id of its history. Each run
 * loads the history and saves it with the new turn, as `openConversation` does: the options have the same meaning.
 *
 * Throws `INVALID_ARGUMENT`.
 */
export function storedHistory(options: StoredHistoryOptions): StoredHistory {
  const { store, lastTurns, createId } = options;
  const code = "INVALID_ARGUMENT";
  if (typeof (store as Partial<ThreadStore> | undefined)?.load !== "function") {
    throw invalidValue(code, "history.store", "a ThreadStore", store);
  }
  if (lastTurns !== undefined && (!Number.isSafeInteger(lastTurns) || lastTurns < 0)) {
    throw invalidValue(code, "history.lastTurns", "a non-negative integer", lastTurns);
  }
  if (createId !== undefined && typeof createId !== "function") {
    throw invalidValue(code, "history.createId", "a function", createId);
  }
  const history = Object.freeze({}) as StoredHistory;
  HISTORIES.set(history, { ...options });
  return history;
}

/** Returns the options of a history provider. Throws `INVALID_ARGUMENT` if it is not one. */
export function readStoredHistory(history: unknown): StoredHistoryOptions | undefined {
  if (history === undefined) return undefined;
  const options = typeof history === "object" && history !== null ? HISTORIES.get(history) : undefined;
  if (options !== undefined) return options;
  throw invalidValue("INVALID_ARGUMENT", "history", "created by storedHistory", history);
}
