import type { SaveOptions } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import { createIdGenerator, type IdGenerator, type UIMessage } from "ai";
import { ConversationError } from "./conversation-error.ts";
import type { ThreadContent } from "./conversation-thread.ts";
import type { Conversation } from "./conversation.ts";
import type { MessageStoreParts } from "./message-store.ts";
import { revisionOf } from "./post-messages.ts";
import { noteAnswer } from "./rejected/note-answer.ts";
import { noteRejection } from "./rejected/note-rejection.ts";
import { rejectionNotes } from "./rejected/rejection-notes.ts";
import type { Rejection, RejectionDecider } from "./rejected/rejection.ts";
import { closeMessage, type Closing } from "./repair/close-message.ts";
import { type Finding, reportTo } from "./repair/finding.ts";
import type { PartsMessage } from "./repair/part.ts";
import { REPORTS_ERRORS } from "./sdk-version.ts";
import { withAnswer } from "./turn-answer.ts";
import { type EndEvent, isStopped, type StepEvent, stepCounter } from "./turn-steps.ts";

/** Options of `turn`. `metadata`, `ttlMs` and the others are those of the store. */
export interface TurnOptions extends Omit<SaveOptions, "overwrite" | "previous"> {
  /**
   * Generates the ids of the model's answers.
   * @default createIdGenerator({ prefix: "msg", size: 16 })
   */
  readonly generateMessageId?: IdGenerator | undefined;
}

/** Options for `toUIMessageStream` that save an answer while it is generated. */
export interface Turn<Message extends UIMessage> {
  readonly originalMessages: Message[];
  readonly generateMessageId: IdGenerator;
  /** Saves the answer after each step, so that a crash loses no tool results. */
  readonly onStepEnd: (event: StepEvent<Message>) => Promise<void>;
  /** Saves the answer, complete or not. If saving it fails, or `isRejection` does, the stream ends with the error. */
  readonly onEnd: (event: EndEvent<Message>) => Promise<void>;
  /** `onStepEnd` under its name in version 6 of the SDK. Version 7 calls only one of them. */
  readonly onStepFinish: (event: StepEvent<Message>) => Promise<void>;
  /** `onEnd` under its name in versions 5 and 6 of the SDK. Version 7 calls only one of them. */
  readonly onFinish: (event: EndEvent<Message>) => Promise<void>;
  /**
   * Notes the error of the model for `onEnd`, and returns the text for the page. It exists only with versions 5 and 6 of
   * the SDK: in version 7, `onEnd` receives the error.
   */
  readonly onError?: (error: unknown) => string;
}

export function createTurn<Message extends UIMessage>(
  parts: MessageStoreParts<Message>,
  conversation: Conversation<Message>,
  { generateMessageId = createIdGenerator({ prefix: "msg", size: 16 }), ...options }: TurnOptions,
  isRejection?: RejectionDecider,
): Turn<Message> {
  const { messages: originalMessages } = conversation;
  const source = parts.codec.sourceOf(conversation);
  const isStale = staleness(originalMessages.at(-1)?.id, source?.content);
  const steps = stepCounter(originalMessages.at(-1));
  const rejections = rejectionNotes(isRejection);
  const save = answerSaver(parts, conversation, options);

  async function saveStep({ messages }: StepEvent<Message>): Promise<void> {
    rejections.endStep();
    steps.add(messages.at(-1));
    await save(messages, { isClosed: false }, { isStale });
  }

  async function saveEnd(event: EndEvent<Message>): Promise<void> {
    const isClosed = event.isAborted === true || ["aborted", "failed"].includes(event.outcome?.status ?? "");
    const closing = { isClosed, unfinishedFrom: steps.unfinishedFrom(event, isClosed) };
    const { rejection, failure } = rejections.ofAnswer(event);
    let isDiscarded = false;
    const saving = save(event.messages, closing, {
      isStale: (content) => (isDiscarded = isStale(content)),
      rejection,
    });
    await saving.catch((error: unknown) => {
      // The user stopped the answer and asked again. Its stream does not have a reader that could handle the error.
      if (isDiscarded && isStopped(event) && ConversationError.is(error, "CONFLICT")) return;
      throw error;
    });
    if (failure !== undefined) throw failure.error;
  }

  return {
    originalMessages: [...originalMessages],
    generateMessageId,
    onStepEnd: saveStep,
    onEnd: saveEnd,
    onStepFinish: saveStep,
    onFinish: saveEnd,
    // In version 7, it would hide the errors of tools from the model.
    ...(REPORTS_ERRORS ? {} : { onError: rejections.noteError }),
  };
}

/** What decides how an answer is saved. */
interface SaveCircumstances {
  readonly isStale: (content: ThreadContent) => boolean;
  readonly rejection?: Rejection | undefined;
}

/** Returns a function that saves the messages of a turn, of which the last is the answer. */
function answerSaver<Message extends UIMessage>(
  { codec, merge, onFindings }: MessageStoreParts<Message>,
  conversation: Conversation<Message>,
  options: Omit<TurnOptions, "generateMessageId">,
): (messages: readonly Message[], closing: Closing, circumstances: SaveCircumstances) => Promise<void> {
  const { id, messages: originalMessages } = conversation;
  const originalIds = new Set(originalMessages.map((message) => message.id));
  const questionId = originalMessages.findLast(({ role }) => role === "user")?.id;
  const source = codec.sourceOf(conversation);
  // The last state that this turn saved, not the merged one: otherwise, the next save would remove other requests'
  // messages, which the SDK's list never contains.
  let base: readonly JsonObject[] | undefined = source?.content.messages;

  return async (messages, closing, { isStale, rejection }) => {
    const findings: Finding[] = [];
    const answer = messages.at(-1);
    const saved = withAnswer(originalMessages, answer, (unclosed, index) => {
      const path = `$.messages[${index}]`;
      return closeMessage(unclosed as PartsMessage, closing, path, reportTo(findings)) as Message;
    }).filter((message) => {
      // A copy of a conversation may contain messages of a page.
      const isKnown = source !== undefined && originalIds.has(message.id);
      return isKnown || (message.id === answer?.id && (originalIds.has(message.id) || hasContent(message)));
    });
    const { encoded: mine } = await codec.encode(saved, source);
    const last = saved.at(-1);
    const note = (content: ThreadContent): ThreadContent => {
      if (last === undefined) return content;
      if (rejection !== undefined) return noteRejection(content, last.id, rejection);
      if (last.id !== answer?.id) return content;
      return noteAnswer(content, { id: last.id, questionId, source: source?.content });
    };
    await merge(id, { base, mine, messages: saved, isStale, note }, options);
    base = mine;
    if (findings.length > 0) onFindings(findings, id);
  };
}

/** Returns a function that tells whether the message that a turn answers was discarded, edited or answered again. */
function staleness(
  id: string | undefined,
  source: ThreadContent | undefined,
): (content: ThreadContent) => boolean {
  if (id === undefined || source === undefined) return () => false;
  const revision = revisionOf(source, id);
  return (content) => {
    return content.messages.every((message) => message["id"] !== id) || revisionOf(content, id) !== revision;
  };
}

/** Returns whether an answer has any content. One that was aborted, or failed, before its first token has none. */
function hasContent({ parts }: UIMessage): boolean {
  return parts.some(({ type }) => type !== "step-start");
}
