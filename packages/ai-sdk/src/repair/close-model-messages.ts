import { memberPath } from "@threadstore/core/documents";
import type { ModelMessage } from "ai";
import type { Report } from "./finding.ts";
import { isReasoning, type Part, withoutServiceItems } from "./part.ts";

type LocatedPart = readonly [part: Part, path: string];

/**
 * Returns model messages that the SDK and providers accept: a call that can no longer receive a result becomes text, and
 * reasoning that nothing follows is dropped. Messages without such parts are the same.
 */
export function closeModelMessages(
  messages: readonly ModelMessage[],
  paths: readonly string[],
  report: Report,
): ModelMessage[] {
  return messages.map((message, index) => {
    if (isEmpty(message)) return withNote(message, paths[index] ?? "$", report);
    if (message.role !== "assistant" || typeof message.content === "string") return message;
    const following = messages.slice(index + 1);
    const next = following.findIndex(({ role }) => role !== "tool");
    // Without a later message, results and approvals can still arrive.
    if (next === -1) return message;
    const results = new Set(
      [message, ...following.slice(0, next)].flatMap(({ content }) => partsOf(content)).flatMap(resultIds),
    );
    const contentPath = memberPath(paths[index] ?? "$", "content");
    const parts = partsOf(message.content);
    const located = parts.map((part, position) => [part, memberPath(contentPath, position)] as const);
    const closed = closeParts(located, results, report);
    const isUnchanged = closed.length === parts.length && closed.every((part, i) => part === parts[i]);
    // Each part has a form of the SDK's types.
    return isUnchanged ? message : ({ ...message, content: closed } as unknown as ModelMessage);
  });
}

function isEmpty({ role, content }: ModelMessage): boolean {
  return (role === "user" || role === "assistant") && Array.isArray(content) && content.length === 0;
}

function withNote(message: ModelMessage, path: string, report: Report): ModelMessage {
  report("message-empty", memberPath(path, "content"), "This message does not have any content.");
  const text = message.role === "assistant" ? INTERRUPTED_ANSWER : EMPTY_QUESTION;
  return { ...message, content: [{ type: "text", text }] } as ModelMessage;
}

function partsOf(content: unknown): Part[] {
  return Array.isArray(content) ? (content as Part[]) : [];
}

function resultIds({ type, toolCallId }: Part): unknown[] {
  return type === "tool-result" ? [toolCallId] : [];
}

function closeParts(parts: readonly LocatedPart[], results: ReadonlySet<unknown>, report: Report): Part[] {
  const isOpen = ({ toolCallId }: Part): boolean => toolCallId !== undefined && !results.has(toolCallId);
  const isInterrupted = parts.some(([part]) => isOpen(part));
  const closed = parts.map(([part, path]): LocatedPart | undefined => {
    if (part.type === "tool-approval-request" && isOpen(part)) return undefined;
    if (part.type !== "tool-call" || !isOpen(part)) {
      return [isInterrupted ? withoutServiceItems(part) : part, path];
    }
    report("result-missing", path, "This call does not have a result, and can no longer receive one.");
    if (part["providerExecuted"] === true) return undefined;
    const text = `Interrupted: the call of ${String(part["toolName"])} did not finish. It is unknown whether it took effect.`;
    return [{ type: "text", text }, path];
  });
  const lastContent = closed.findLastIndex((located) => located !== undefined && !isReasoning(located[0]));
  const sent = closed.flatMap((located, index): Part[] => {
    if (located === undefined) return [];
    const [part, path] = located;
    if (!isReasoning(part) || index < lastContent) return [part];
    report("reasoning-dangling", path, "No text or call follows this reasoning in its response.");
    return [];
  });
  // Providers reject a message without content.
  return sent.length > 0 ? sent : [{ type: "text", text: INTERRUPTED_ANSWER }];
}

/** The text of an answer of which nothing else remains, for the model. */
const INTERRUPTED_ANSWER = "(This answer was interrupted.)";

/** The text of a question without content, for the model. */
const EMPTY_QUESTION = "(This message was empty.)";
