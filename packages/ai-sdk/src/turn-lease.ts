import type { CallOptions, ThreadStore } from "@threadstore/core";
import { acquireLease, type Lease, type LeaseOptions, readLeaseOptions } from "@threadstore/core/documents";
import type { UIMessage } from "ai";
import { ConversationError, invalidArgument } from "./conversation-error.ts";
import type { Conversation } from "./conversation.ts";
import type { Turn } from "./turn.ts";

/** Options of the lease that a page's request takes. */
export interface TurnLeaseOptions extends LeaseOptions {
  /**
   * How long an answer may keep the lease, in milliseconds. This limits the wait for an answer whose end is never
   * reported, because the application did not read its stream.
   * @default 600000
   */
  readonly answerMs?: number | undefined;
}

/** Lets the requests of pages take turns, from their question to the end of their answer. */
export interface TurnLeases<Message extends UIMessage> {
  /** Performs `post` after the turns of other requests. The returned conversation holds the lease. */
  acquire(
    id: string,
    options: CallOptions,
    post: () => Promise<Conversation<Message>>,
  ): Promise<Conversation<Message>>;

  /** Returns the turn with callbacks that release the conversation's lease at the end of the answer. */
  releasing(conversation: Conversation<Message>, turn: Turn<Message>): Turn<Message>;
}

const DEFAULT_ANSWER_MS = 600_000;
/** The longest delay of a timer. */
const MAX_ANSWER_MS = 2 ** 31 - 1;

/** Returns `undefined` without a lease. Throws `INVALID_ARGUMENT` for invalid options. */
export function turnLeases<Message extends UIMessage>(
  store: ThreadStore,
  option: boolean | TurnLeaseOptions,
): TurnLeases<Message> | undefined {
  const lease = readLeaseOptions(option, invalidArgument);
  if (lease === undefined) return undefined;
  const { answerMs = DEFAULT_ANSWER_MS } = typeof option === "object" ? option : {};
  if (!Number.isFinite(answerMs) || answerMs < 1 || answerMs > MAX_ANSWER_MS) {
    throw invalidArgument("lease.answerMs", `between 1 and ${MAX_ANSWER_MS} milliseconds`);
  }
  const held = new WeakMap<Conversation<Message>, Lease>();
  return {
    async acquire(id, { signal }, post) {
      const acquired = await acquireLease({ store, id, lease }, signal);
      if (acquired === undefined) throw busy(lease.waitMs);
      try {
        const conversation = await post();
        held.set(conversation, acquired);
        return conversation;
      } catch (error) {
        await acquired.release();
        throw error;
      }
    },

    releasing(conversation, turn) {
      const acquired = held.get(conversation);
      if (acquired === undefined) return turn;
      // Not renewed before: if the application fails before it calls `turn`, nothing reports the end of the answer.
      acquired.keepRenewed();
      const limit = setTimeout(() => void acquired.release(), answerMs);
      limit.unref();
      const onEnd: Turn<Message>["onEnd"] = async (event) => {
        try {
          await turn.onEnd(event);
        } finally {
          clearTimeout(limit);
          await acquired.release();
        }
      };
      return { ...turn, onEnd, onFinish: onEnd };
    },
  };
}

function busy(waitMs: number): ConversationError {
  const message = `Another request has been answering this conversation for ${waitMs} ms. Nothing was written. Try again later, or raise lease.waitMs.`;
  return new ConversationError("CONVERSATION_BUSY", message);
}
