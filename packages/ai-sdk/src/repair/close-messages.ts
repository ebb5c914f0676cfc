import type { UIMessage } from "ai";
import { closeMessage } from "./close-message.ts";
import type { Report } from "./finding.ts";
import type { PartsMessage } from "./part.ts";
import { callIdsOf, sendableParts } from "./sendable-parts.ts";
import { shortenTexts, type TextLengths } from "./text-lengths.ts";
import { withUniqueItems } from "./unique-items.ts";

/** What providers accept, besides what no provider does. */
export interface CloseOptions {
  readonly serviceItems: "drop" | "keep";
  readonly textLengths: TextLengths | undefined;
}

/** Returns messages that providers accept. `paths` has the location of each message. */
export function closeMessages<Message extends UIMessage>(
  messages: readonly Message[],
  { serviceItems, textLengths }: CloseOptions,
  paths: readonly string[],
  report: Report,
): Message[] {
  const unfinishedFrom = serviceItems === "drop" ? 0 : undefined;
  const callIds = callIdsOf(messages);
  // Backwards, because the last message keeps the ids of its calls.
  const closed = messages.toReversed().map((message, count) => {
    const path = paths[messages.length - 1 - count] ?? "$";
    const closing = { isClosed: count > 0, unfinishedFrom };
    const findings: Parameters<Report>[] = [];
    const note: Report = (...finding) => void findings.push(finding);
    // Each part of the SDK's types has a type and further members.
    const sendable = sendableParts(message as PartsMessage, path, callIds, closing.isClosed, note);
    return {
      original: message,
      message: closeMessage(sendable, closing, path, note),
      findings,
    };
  });
  const usedItems = new Set<string>();
  return closed.toReversed().map(({ original, message, findings }, index) => {
    for (const finding of findings) report(...finding);
    const path = paths[index] ?? "$";
    const unique = withUniqueItems(message, { original, path }, usedItems, report);
    return (textLengths === undefined ? unique : shortenTexts(unique, path, textLengths, report)) as Message;
  });
}
