import type {
  AgentInputItem,
  OpenAIResponsesCompactionArgs,
  OpenAIResponsesCompactionResult,
  RequestUsage,
  RunContext,
} from "@openai/agents-core";
import type { ThreadSessionOptions } from "./session-options.ts";
import type { ThreadSession } from "./session.ts";

/** The items to compact, and the details of the last response that the SDK's runner knows. */
export interface CompactionRequest<Context = unknown> extends OpenAIResponsesCompactionArgs {
  /** All items of the session. The function owns them. */
  readonly items: AgentInputItem[];
  /** The context of the run; `undefined` outside of a run. */
  readonly runContext: RunContext<Context> | undefined;
}

/** The result of a compaction. */
export interface Compaction {
  /** The items that replace all items of the session. */
  readonly items: AgentInputItem[];
  /** The usage of the request, which the runner adds to that of its run. */
  readonly usage?: RequestUsage | undefined;
}

/** Compacts the items of a session. Resolves with `undefined` to leave them as they are, for example if they are few. */
export type Compact<Context = unknown> = (
  request: CompactionRequest<Context>,
) => Promise<Compaction | undefined>;

/** Options of a session that compacts itself. */
export interface CompactingSessionOptions<Context = unknown> extends ThreadSessionOptions<Context> {
  /** Called after each turn of the SDK's runner, and by `runCompaction`. */
  readonly compact: Compact<Context>;
  /**
   * Receives the error if the compaction after a turn fails. The run succeeds nevertheless, because its turn is already
   * saved. `runCompaction` outside of a run rejects instead.
   * By default, the process emits a warning without the error.
   */
  readonly onCompactionError?: ((error: unknown) => void) | undefined;
}

/** The last exchange with the model. */
export interface ModelExchange {
  items: AgentInputItem[];
  responseId?: string;
  reasoningItemIdPolicy?: "omit" | "preserve";
}

/** The methods of a session that compacts itself. */
export interface CompactionMethods<Context = unknown> {
  /**
   * Compacts the session: the SDK's runner calls it after each turn with the ownership of its run, your code without.
   * With an ownership, it does nothing if the run does not own the history any more, or if the model has not seen all of
   * it, and reports errors to `onCompactionError`. Without, it rejects with them, and with `HISTORY_CHANGED` if another
   * run changes the session in the meantime. The compacted items replace the others in one write.
   */
  runCompaction(
    details?: OpenAIResponsesCompactionArgs,
    runContext?: RunContext<Context>,
    ownership?: object | null,
    modelExchange?: ModelExchange,
  ): Promise<OpenAIResponsesCompactionResult | null>;

  /** Returns the items, and the ownership of the history at this version. */
  getItemsWithCompactionOwnership(
    runContext?: RunContext<Context>,
  ): Promise<{ items: AgentInputItem[]; ownership: object }>;

  /** Adds items. The ownership then includes them, unless another run has changed the session since. */
  addItemsWithCompactionOwnership(
    items: AgentInputItem[],
    ownership: object | null,
    runContext?: RunContext<Context>,
  ): Promise<void>;
}

/** A session of the OpenAI Agents SDK that compacts itself, stored as one thread. */
export interface CompactingThreadSession<Context = unknown>
  extends ThreadSession<Context>, CompactionMethods<Context> {}
