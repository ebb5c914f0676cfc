import type { ThreadStore } from "@threadstore/core";
import type { ModelMessage, UIMessage } from "ai";
import { invalidArgument } from "./conversation-error.ts";
import type { AppendMessagesOptions, Conversation, MessageStore } from "./conversation.ts";
import { type FindingsListener, messageStore } from "./message-store.ts";
import { modelMessageKind } from "./model-message-kind.ts";
import { checkPostOptions, postMessages, type PostOptions } from "./post-messages.ts";
import { acceptedMessages } from "./posted-messages.ts";
import type { RejectionDecider } from "./rejected/rejection.ts";
import { type TurnLeaseOptions, turnLeases } from "./turn-lease.ts";
import { createTurn, type Turn, type TurnOptions } from "./turn.ts";
import { type RepairOptions, uiMessageKind, type UIMessageSchemas } from "./ui-message-kind.ts";

/**
 * Options of {@link uiMessageStore}: the store, and the schemas to check messages with, as in `validateUIMessages`.
 */
export type UIMessageStoreOptions<Message extends UIMessage> = UIMessageSchemas<Message> &
  Partial<RepairOptions> & {
    readonly store: ThreadStore;
    /** Receives the repairs of each conversation that is loaded or saved. */
    readonly onFindings?: FindingsListener | undefined;
    /**
     * The names of the tools that run in the page, whose results it reports with `addToolOutput`. `append` refuses the
     * results of all other tools.
     * @default []
     */
    readonly clientTools?: readonly string[] | undefined;
    /**
     * Whether the requests of pages take turns, across all processes: `append` with a `trigger` waits until the answer
     * of the previous request has ended, and returns the conversation with it. Such an `append` must be followed by
     * `turn`, whose `onEnd` releases the lease. The lease is a separate record in the same store. If its process dies,
     * it expires.
     * @default false
     */
    readonly lease?: boolean | TurnLeaseOptions | undefined;
    /**
     * Decides whether an error of the model means that its service rejects the messages for good. The turn then notes
     * this, and `promptMessages` leaves out the question, or the results, that the service has never accepted. It must
     * return a boolean synchronously. Otherwise, or if it throws, nothing is noted, and the turn rejects after the
     * answer was saved, with `INVALID_ARGUMENT` or the error.
     * @default (error, isRejected) => isRejected
     */
    readonly isRejection?: RejectionDecider | undefined;
  };

/** Options of a UI store's `append`: those of the store's `update`, and what `useChat` sends with a message. */
export interface AppendUIMessagesOptions extends AppendMessagesOptions, PostOptions {}

/** Loads and saves conversations of UI messages. */
export interface UIMessageStore<Message extends UIMessage> extends MessageStore<Message> {
  /**
   * Appends messages of a page, whatever other requests have saved, and creates the conversation if it does not exist.
   * They may add questions, decisions about calls, and the results of `clientTools`. A question with the id of a stored
   * one replaces it. If the last message has anything else that the stored conversation does not have, this rejects with
   * `CONFLICT` if it may only come too late, or else with `MESSAGE_REFUSED`; such earlier messages are ignored. With a
   * `trigger`, an edited message and one that is to be answered again becomes the last message, and a repeated request
   * whose message was already answered rejects with `CONFLICT`. With a `trigger` and the option `lease`, rejects with
   * `CONVERSATION_BUSY` if other requests keep answering. Resolves with the whole conversation.
   */
  append(
    id: string,
    messages: readonly Message[],
    options?: AppendUIMessagesOptions,
  ): Promise<Conversation<Message>>;

  /**
   * Appends messages that your own code created, such as a welcome message, as `append` does, but without checking whether
   * a page may write them. A message with the id of a stored one replaces it.
   */
  appendTrusted(
    id: string,
    messages: readonly Message[],
    options?: AppendMessagesOptions,
  ): Promise<Conversation<Message>>;

  /**
   * Returns options to spread into `toUIMessageStream` or `toUIMessageStreamResponse`. They save the answer after
   * each step and at its end, including when it is aborted. Changes that other requests save in the meantime are
   * kept. If another request changes the same message, saving rejects with `CONFLICT` and the messages in the
   * error's `unsaved`.
   */
  turn(conversation: Conversation<Message>, options?: TurnOptions): Turn<Message>;
}

/**
 * Creates a store for the AI SDK's `UIMessage[]`, with one thread for each conversation. Throws `INVALID_ARGUMENT` if
 * `store` is not a `ThreadStore` or another option is invalid.
 */
export function uiMessageStore<Message extends UIMessage = UIMessage>(
  options: UIMessageStoreOptions<Message>,
): UIMessageStore<Message> {
  const {
    store,
    onFindings,
    onInvalid = "repair",
    serviceItems = "keep",
    clientTools = [],
    lease = false,
    isRejection,
    limits,
    shorten,
    ...schemas
  } = options;
  checkOptions({ onInvalid, serviceItems, clientTools, isRejection });
  const toolsOfPages = new Set(clientTools);
  const kind = uiMessageKind(schemas as UIMessageSchemas<Message>, {
    onInvalid,
    serviceItems,
    limits,
    shorten,
  });
  const parts = messageStore(store, kind, onFindings);
  const leases = turnLeases<Message>(store, lease);
  return {
    ...parts.publicStore,
    appendTrusted: (...parameters) => parts.publicStore.append(...parameters),
    async append(id, messages, { trigger, messageId, ...appendOptions } = {}) {
      checkPostOptions({ trigger, messageId });
      const post = async (): Promise<Conversation<Message>> => {
        return parts.append(id, messages, appendOptions, async (content, added) => {
          const loadShown = (): ReturnType<typeof parts.codec.shownMessages> =>
            parts.codec.shownMessages(content);
          const accepted = await acceptedMessages(added, content.messages, toolsOfPages, loadShown);
          return postMessages(content, added, accepted, { trigger, messageId }, (stored, more) =>
            kind.append(stored, more),
          );
        });
      };
      return trigger === undefined || leases === undefined ? post() : leases.acquire(id, appendOptions, post);
    },
    turn(conversation, turnOptions = {}) {
      const turn = createTurn(parts, conversation, turnOptions, isRejection);
      return leases?.releasing(conversation, turn) ?? turn;
    },
  };
}

type CheckedOptions = Pick<
  UIMessageStoreOptions<UIMessage>,
  "clientTools" | "isRejection" | "onInvalid" | "serviceItems"
>;

function checkOptions({ onInvalid, serviceItems, clientTools, isRejection }: CheckedOptions): void {
  if (onInvalid !== "repair" && onInvalid !== "reject") {
    throw invalidArgument("onInvalid", '"repair" or "reject"');
  }
  if (serviceItems !== "keep" && serviceItems !== "drop") {
    throw invalidArgument("serviceItems", '"keep" or "drop"');
  }
  if (!Array.isArray(clientTools) || !clientTools.every((name) => typeof name === "string")) {
    throw invalidArgument("clientTools", "an array of names");
  }
  if (isRejection !== undefined && typeof isRejection !== "function") {
    throw invalidArgument("isRejection", "a function");
  }
}

/** Options of {@link modelMessageStore}. */
export interface ModelMessageStoreOptions {
  readonly store: ThreadStore;
}

/**
 * Creates a store for the AI SDK's `ModelMessage[]`, with one thread for each conversation: for agents without a user
 * interface. Bytes, URLs and dates keep their types. Throws `INVALID_ARGUMENT` if `store` is not a `ThreadStore`.
 */
export function modelMessageStore({ store }: ModelMessageStoreOptions): MessageStore<ModelMessage> {
  return messageStore(store, modelMessageKind).publicStore;
}
