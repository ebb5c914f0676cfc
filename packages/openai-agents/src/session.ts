import type {
  AgentInputItem,
  SessionHistoryRewriteArgs,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransactionArgs,
  SessionHistoryTransactionAwareSession,
} from "@openai/agents-core";

/** A session of the OpenAI Agents SDK, stored as one thread. */
export interface ThreadSession
  extends SessionHistoryRewriteAwareSession, SessionHistoryTransactionAwareSession {
  /**
   * Appends a compaction and the items that follow it. The SDK sends nothing older than the latest compaction to a
   * model; older items stay in the thread.
   */
  replaceHistoryWithCompaction(items: AgentInputItem[]): Promise<void>;

  /** Rewrites function calls in the history as the runner requests. */
  applyHistoryMutations(change: SessionHistoryRewriteArgs): Promise<void>;

  /**
   * Applies the change that the runner requests when a guardrail blocks an output, once for each operation id.
   * Rejects with `HISTORY_CHANGED` or `OPERATION_REUSED`, and then writes nothing.
   */
  applyHistoryTransaction(operation: SessionHistoryTransactionArgs): Promise<void>;

  /**
   * Adds a result that says `output` for each function call that has none, and resolves with the ids of those
   * calls. Use it for a session whose run was interrupted, or whose approvals will never be answered. Otherwise the
   * SDK leaves such calls out of its requests, and the model does not know of them. A result that arrives later
   * replaces the added one.
   */
  answerOpenCalls(output?: string): Promise<string[]>;
}
