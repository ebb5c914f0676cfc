import type {
  AgentInputItem,
  RunContext,
  SessionHistoryRewriteArgs,
  SessionHistoryRewriteAwareSession,
  SessionHistoryTransactionArgs,
  SessionHistoryTransactionAwareSession,
} from "@openai/agents-core";

/** A session of the OpenAI Agents SDK, stored as one thread. */
export interface ThreadSession<Context = unknown>
  extends SessionHistoryRewriteAwareSession, SessionHistoryTransactionAwareSession {
  /** Tells the runner to pass its context, which the option `metadata` receives. */
  readonly acceptsRunContext: true;

  getItems(limit?: number, runContext?: RunContext<Context>): Promise<AgentInputItem[]>;

  addItems(items: AgentInputItem[], runContext?: RunContext<Context>): Promise<void>;

  popItem(runContext?: RunContext<Context>): Promise<AgentInputItem | undefined>;

  clearSession(runContext?: RunContext<Context>): Promise<void>;

  /**
   * Appends a compaction and the items that follow it. The SDK sends nothing older than the latest compaction to a
   * model; older items stay in the thread.
   */
  replaceHistoryWithCompaction(items: AgentInputItem[], runContext?: RunContext<Context>): Promise<void>;

  /** Returns items as `getItems` returns them after `addItems`, with which the runner recognizes its own items. */
  prepareHistoryItemsForPersistenceComparison(items: AgentInputItem[]): AgentInputItem[];

  /** Rewrites function calls in the history as the runner requests. */
  applyHistoryMutations(change: SessionHistoryRewriteArgs): Promise<void>;

  /**
   * Applies the change that the runner requests when a guardrail blocks an output, once for each operation id.
   * Rejects with `HISTORY_CHANGED` or `OPERATION_REUSED`, and then writes nothing. Rejects with `INVALID_ARGUMENT` for a
   * transaction with members that this version does not know.
   */
  applyHistoryTransaction(
    operation: SessionHistoryTransactionArgs,
    runContext?: RunContext<Context>,
  ): Promise<void>;

  /**
   * Adds a result that says `output` for each function call that has none, and resolves with the ids of those
   * calls. Use it for a session whose run was interrupted, or whose approvals will never be answered. Otherwise the
   * SDK leaves such calls out of its requests, and the model does not know of them. A result that arrives later
   * replaces the added one.
   */
  answerOpenCalls(output?: string): Promise<string[]>;

  /**
   * Removes the user's messages at the end of the session, which no answer follows, and resolves with them. Use it after
   * the model's service has rejected a streamed run, before the next run starts: the SDK stores the input of such a run,
   * and would send it with every later one.
   */
  removeUnanswered(runContext?: RunContext<Context>): Promise<AgentInputItem[]>;
}
