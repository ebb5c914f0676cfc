import type { UIMessage } from "ai";

/** The event of a step, of which each version of the SDK has more members. */
export interface StepEvent<Message> {
  readonly messages: Message[];
}

/** The event of the end of an answer, of which each version of the SDK has more members. */
export interface EndEvent<Message> extends StepEvent<Message> {
  readonly isAborted?: boolean;
  readonly isCancelled?: boolean;
  readonly finishReason?: string | undefined;
  readonly outcome?: { readonly status: string; readonly error?: unknown };
}

/** Returns whether an answer ended because the user stopped it or left the page. */
export function isStopped<Message>({
  isAborted,
  isCancelled,
  finishReason,
  outcome,
}: EndEvent<Message>): boolean {
  // Versions 5 and 6 of the SDK do not tell that the stream was cancelled.
  const isLeft = finishReason === undefined && (outcome?.status ?? "unknown") === "unknown";
  return isAborted === true || isCancelled === true || isLeft;
}

/** Finish reasons of a complete response. After others, its service may not have stored it. */
const FINISHED_REASONS: ReadonlySet<string> = new Set(["content-filter", "length", "stop", "tool-calls"]);

export interface StepCounter<Message> {
  /** Notes the end of a step. */
  add(answer: Message | undefined): void;
  /** Returns the index of the first part of the answer whose response was not finished, if there is one. */
  unfinishedFrom(event: EndEvent<Message>, isClosed: boolean): number | undefined;
}

export function stepCounter<Message extends UIMessage>(original: Message | undefined): StepCounter<Message> {
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
  return finishReason !== undefined && !isFinishedReason(finishReason);
}

/** Returns whether a response ended with this reason because it was complete. */
export function isFinishedReason(finishReason: string | undefined): boolean {
  return finishReason !== undefined && FINISHED_REASONS.has(finishReason);
}
