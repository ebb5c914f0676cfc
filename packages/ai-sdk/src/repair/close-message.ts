import { memberPath } from "@threadstore/core/documents";
import type { Report } from "./finding.ts";
import {
  failedCall,
  INTERRUPTED_RESULT,
  isReasoning,
  isToolPart,
  NOT_APPROVED_RESULT,
  type Part,
  type PartsMessage,
  withoutServiceItems,
} from "./part.ts";

/** The state of a message. */
export interface Closing {
  /** Whether its open calls can no longer be answered, because a message follows or because it was aborted. */
  readonly isClosed: boolean;
  /** The index of the first part whose response the service may not have stored. None by default. */
  readonly unfinishedFrom?: number | undefined;
}

interface LocatedPart {
  readonly part: Part;
  readonly path: string;
  readonly isUnfinished: boolean;
}

/**
 * Returns an answer that providers accept in a later request, whatever interrupted it: without calls that have no
 * result, reasoning that nothing follows, and references to items that the service did not store. Returns the same
 * message if there is nothing to do.
 */
export function closeMessage<Message extends PartsMessage>(
  message: Message,
  { isClosed, unfinishedFrom = Infinity }: Closing,
  path: string,
  report: Report,
): Message {
  if (message.role !== "assistant") return message;
  const partsPath = memberPath(path, "parts");
  const parts: Part[] = [];
  let step: LocatedPart[] = [];
  const endStep = (): void => {
    parts.push(...closeStep(step, isClosed, report));
    step = [];
  };
  for (const [index, part] of message.parts.entries()) {
    if (part.type === "step-start" || part.type === "steering-message") {
      endStep();
      parts.push(part);
    } else {
      step.push({ part, path: memberPath(partsPath, index), isUnfinished: index >= unfinishedFrom });
    }
  }
  endStep();
  const isUnchanged =
    parts.length === message.parts.length && parts.every((part, i) => part === message.parts[i]);
  if (isUnchanged) return message;
  // Versions of the SDK reject a message without parts.
  return { ...message, parts: parts.length === 0 ? [{ type: "step-start" }] : parts };
}

/** Closes the parts of one step, which is one response of the model. */
function closeStep(step: readonly LocatedPart[], isClosed: boolean, report: Report): Part[] {
  const results = step.map((located) => ({ ...located, ...closePart(located, isClosed, report) }));
  const isUnfinished = results.some((result) => result.isUnfinished || result.isInterrupted);
  const portable = isUnfinished ? results.map((result) => withoutItems(result, report)) : results;
  const lastContent = portable.findLastIndex(({ closed }) => closed !== undefined && isContent(closed));
  return portable.flatMap(({ closed, path }, index) => {
    if (closed === undefined) return [];
    if (!isReasoning(closed) || index < lastContent) return [closed];
    report("reasoning-dangling", path, "No text or call follows this reasoning in its response.");
    return [];
  });
}

interface ClosedPart {
  /** The part, or `undefined` if it is dropped. */
  readonly closed: Part | undefined;
  /** Whether the part shows that its response was interrupted. */
  readonly isInterrupted: boolean;
}

function closePart({ part, path }: LocatedPart, isClosed: boolean, report: Report): ClosedPart {
  if (isToolPart(part)) return closeCall(part, path, isClosed, report);
  if (part["state"] !== "streaming") return { closed: part, isInterrupted: false };
  report("text-incomplete", path, "The stream ended before this part was complete.");
  return { closed: part["text"] === "" ? undefined : { ...part, state: "done" }, isInterrupted: true };
}

function closeCall(part: Part, path: string, isClosed: boolean, report: Report): ClosedPart {
  const { state, approval, providerExecuted, preliminary } = part as Part & {
    approval?: { approved?: unknown };
  };
  if (state === "input-streaming") {
    report("call-incomplete", path, "The stream ended before the arguments of this call were complete.");
    return { closed: undefined, isInterrupted: true };
  }
  const hasResult =
    ["output-available", "output-error", "output-denied"].includes(String(state)) && preliminary !== true;
  if (!isClosed || hasResult) return { closed: part, isInterrupted: false };
  report("result-missing", path, "This call does not have a result, and can no longer receive one.");
  if (state === "approval-responded" && approval?.approved === false) {
    return { closed: { ...part, state: "output-denied" }, isInterrupted: false };
  }
  // The provider's calls and their results are items of the service.
  if (providerExecuted === true) return { closed: undefined, isInterrupted: true };
  if (state === "approval-requested") {
    return { closed: failedCall(part, NOT_APPROVED_RESULT), isInterrupted: false };
  }
  return { closed: failedCall(part, INTERRUPTED_RESULT), isInterrupted: true };
}

/** Makes a part of an interrupted response portable. */
function withoutItems<Result extends ClosedPart & LocatedPart>(result: Result, report: Report): Result {
  const { closed, path } = result;
  if (closed === undefined) return result;
  const isServiceCall = isToolPart(closed) && closed["providerExecuted"] === true;
  const portable = isServiceCall ? undefined : withoutServiceItems(closed);
  if (portable === closed) return result;
  report("service-item-missing", path, "The service may not have stored the item that this part refers to.");
  return { ...result, closed: portable };
}

/** Returns whether a part is something that can follow reasoning in a response. */
function isContent(part: Part): boolean {
  if (part.type === "text") return part["text"] !== "" || part["providerMetadata"] !== undefined;
  return isToolPart(part) || part.type === "file" || part.type === "custom";
}
