import type {
  AgentInputItem,
  SessionHistoryRewriteArgs,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransactionArgs,
  SessionHistoryTransactionAwareSession,
} from "@openai/agents-core";
import { historyMethods } from "./history-methods.ts";
import type { JsonObject } from "./plain-json.ts";
import { SessionError } from "./session-error.ts";
import { appendItems, asAgentItem, checkLimit, itemsFromArgument } from "./session-items.ts";
import { sessionRecord, type ThreadSessionOptions } from "./session-record.ts";

/** A session of the OpenAI Agents SDK, kept as one thread of a store. */
export interface ThreadSession
  extends SessionHistoryRewriteAwareSession, SessionHistoryTransactionAwareSession {
  /**
   * Adds a compaction and what is kept behind it. The SDK sends nothing older than the latest compaction to a model;
   * the older items stay in the thread.
   */
  replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void>;

  applyHistoryMutations(change: SessionHistoryRewriteArgs): Promise<void>;

  /**
   * Applies what the runner asks for when a guardrail blocks an output: once for each operation id, whoever repeats it.
   * Rejects with `HISTORY_CHANGED` or `OPERATION_REUSED`, and changes nothing then.
   */
  applyHistoryTransaction(operation: SessionHistoryTransactionArgs): Promise<void>;

  /**
   * Gives each function call without a result one that says `output`, and resolves with the ids of those calls. For a
   * session whose run ended in mid-turn, or whose approval nobody will answer any more: without it the SDK leaves
   * such a call out of what it sends, so that the model does not know of it. An approval that is answered after all
   * replaces it.
   */
  answerOpenCalls(output?: string): Promise<string[]>;
}

/**
 * A session of the OpenAI Agents SDK over any `ThreadStore`: pass it as `session` to `run`. Nothing is read or
 * written before the SDK asks for it, so a session may be made for each request. Several processes may add to one
 * session at once: each call is one atomic step.
 *
 * Calls reject with a `SessionError`, with the store's `ThreadStoreError`, or with the reason of `signal`. Throws
 * `INVALID_ARGUMENT` for wrong options.
 */
export function threadSession(options: ThreadSessionOptions): ThreadSession {
  checkOptions(options);
  const { id } = options;
  const record = sessionRecord(options);
  return {
    getSessionId: () => Promise.resolve(id),

    async getItems(limit) {
      checkLimit(limit);
      const { items } = await record.read();
      const wanted =
        limit === undefined ? items : items.slice(Math.max(items.length - Math.max(limit, 0), 0));
      return wanted.map(asAgentItem);
    },

    async addItems(items) {
      const added = itemsFromArgument(items);
      if (added.length === 0) return;
      await record.change((content) => ({ ...content, items: appendItems(content.items, added) }));
    },

    async popItem() {
      let popped: JsonObject | undefined;
      await record.change((content) => {
        popped = content.items.at(-1);
        return popped === undefined ? undefined : { ...content, items: content.items.slice(0, -1) };
      });
      return popped === undefined ? undefined : asAgentItem(popped);
    },

    clearSession: () => record.clear(),

    ...historyMethods(record),
  };
}

function checkOptions(options: unknown): void {
  const { store, id } = (options ?? {}) as { [name: string]: unknown };
  if (typeof store !== "object" || store === null || !("update" in store)) {
    throw new SessionError("INVALID_ARGUMENT", "store: expected a ThreadStore, such as sqliteStore gives.", {
      path: "store",
    });
  }
  if (typeof id === "string" && id !== "") return;
  throw new SessionError("INVALID_ARGUMENT", "id: expected the id of the session's thread.", { path: "id" });
}
