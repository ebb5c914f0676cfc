import type { SaveOptions } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import { createIdGenerator, type IdGenerator, type UIMessage } from "ai";
import type { ThreadContent } from "./conversation-thread.ts";
import type { Conversation } from "./conversation.ts";
import type { MessageStoreParts } from "./message-store.ts";
import { revisionOf } from "./post-messages.ts";
import { closeMessage, type Closing } from "./repair/close-message.ts";
import { type Finding, reportTo } from "./repair/finding.ts";
import type { PartsMessage } from "./repair/part.ts";

/** Options of `turn`. `metadata`, `ttlMs` and the others are those of the store. */
export interface TurnOptions extends Omit<SaveOptions, "overwrite" | "previous"> {
  /**
   * Generates the ids of the model's answers.
   * @default createIdGenerator({ prefix: "msg", size: 16 })
   */
  readonly generateMessageId?: IdGenerator | undefined;
}

/** The event of a step, of which each version of the SDK has more members. */
export interface StepEvent<Message> {
  readonly messages: Message[];
}

/** The event of the end of an answer, of which each version of the SDK has more members. */
export interface EndEvent<Message> extends StepEvent<Message> {
  readonly isAborted?: boolean;
  readonly finishReason?: string | undefined;
  readonly outcome?: { readonly status: string };
}

/** Options for `toUIMessageStream` that save an answer while it is generated. */
export interface Turn<Message extends UIMessage> {
  readonly originalMessages: Message[];
  readonly generateMessageId: IdGenerator;
  /** Saves the answer after each step, so that a crash loses no tool results. */
  readonly onStepEnd: (event: StepEvent<Message>) => Promise<void>;
  /** Saves the answer, complete or not. If saving fails, the stream ends with the error. */
  readonly onEnd: (event: EndEvent<Message>) => Promise<void>;
  /** `onStepEnd` under its name in version 6 of the SDK. Version 7 calls only one of them. */
  readonly onStepFinish: (event: StepEvent<Message>) => Promise<void>;
  /** `onEnd` under its name in versions 5 and 6 of the SDK. Version 7 calls only one of them. */
  readonly onFinish: (event: EndEvent<Message>) => Promise<void>;
}

export function createTurn<Message extends UIMessage>(
  { codec, merge, onFindings }: MessageStoreParts<Message>,
  conversation: Conversation<Message>,
  { generateMessageId = createIdGenerator({ prefix: "msg", size: 16 }), ...options }: TurnOptions,
): Turn<Message> {
  const { id, messages: originalMessages } = conversation;
  const originalIds = new Set(originalMessages.map((message) => message.id));
  const source = codec.sourceOf(conversation);
  const isStale = staleness(originalMessages.at(-1)?.id, source?.content);
  const steps = stepCounter(originalMessages.at(-1));
  // The last state that this turn saved, not the merged one: otherwise, the next save would remove other requests'
  // messages, which the SDK's list never contains.
  let base: readonly JsonObject[] | undefined = source?.content.messages;

  async function save(messages: readonly Message[], closing: Closing): Promise<void> {
    const findings: Finding[] = [];
    const closed = messages.map((message, index) => {
      if (index < messages.length - 1) return message;
      const path = `$.messages[${index}]`;
      return closeMessage(message as PartsMessage, closing, path, reportTo(findings)) as Message;
    });
    const saved = closed.filter((message) => originalIds.has(message.id) || hasContent(message));
    const { encoded: mine } = await codec.encode(saved, source);
    await merge(id, { base, mine, messages: saved, isStale }, options);
    base = mine;
    if (findings.length > 0) onFindings(findings, id);
  }

  async function saveStep({ messages }: StepEvent<Message>): Promise<void> {
    steps.add(messages.at(-1));
    await save(messages, { isClosed: false });
  }

  async function saveEnd(event: EndEvent<Message>): Promise<void> {
    const isClosed = event.isAborted === true || ["aborted", "failed"].includes(event.outcome?.status ?? "");
    await save(event.messages, { isClosed, unfinishedFrom: steps.unfinishedFrom(event, isClosed) });
  }

  return {
    originalMessages: [...originalMessages],
    generateMessageId,
    onStepEnd: saveStep,
    onEnd: saveEnd,
    onStepFinish: saveStep,
    onFinish: saveEnd,
  };
}

/** Finish reasons of a complete response. After others, its service may not have stored it. */
const FINISHED_REASONS: ReadonlySet<string> = new Set(["content-filter", "length", "stop", "tool-calls"]);

interface StepCounter<Message> {
  /** Notes the end of a step. */
  add(answer: Message | undefined): void;
  /** Returns the index of the first part of the answer whose response was not finished, if there is one. */
  unfinishedFrom(event: EndEvent<Message>, isClosed: boolean): number | undefined;
}

function stepCounter<Message extends UIMessage>(original: Message | undefined): StepCounter<Message> {
  let previousEnd = original?.role === "assistant" ? original.parts.length : 0;
  let end = previousEnd;
  return {
    add(answer) {
      previousEnd = end;
      end = answer?.parts.length ?? end;
    },

    unfinishedFrom({ messages, finishReason }, isClosed) {
      const hasMore = (messages.at(-1)?.parts.length ?? 0) > end;
      if (hasMore)
        return isClosed || finishReason === undefined || isUnfinished(finishReason) ? end : undefined;
      return isUnfinished(finishReason) ? previousEnd : undefined;
    },
  };
}

function isUnfinished(finishReason: string | undefined): boolean {
  return finishReason !== undefined && !FINISHED_REASONS.has(finishReason);
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
