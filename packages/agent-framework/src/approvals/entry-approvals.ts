import {
  type ContentEntry,
  type MessageEntry,
  removeContent,
  setContent,
  toMessage,
} from "../entries/entries.ts";
import { getMember, type JsonNode, objectNode, stringNode } from "../json/node.ts";
import { type Approval, type CallFacts, findCallFacts } from "../messages/call-facts.ts";
import type { Language } from "../shapes/shape.ts";

/** Finds the facts about the calls of messages under repair. The keys of content items take the place of paths. */
export function findEntryFacts(messages: readonly MessageEntry[], language: Language): CallFacts {
  return findCallFacts(messages.map((message) => toMessage(message, language)));
}

/** A content item of a message under repair. */
interface LocatedEntry {
  readonly message: MessageEntry | undefined;
  readonly content: ContentEntry | undefined;
}

export function locate(messages: readonly MessageEntry[], { content, index }: Approval): LocatedEntry {
  const message = messages[index];
  return { message, content: message?.contents.find(({ key }) => key === content.path) };
}

/** Replaces a request with its call, or removes it if its message already has the call. */
export function replaceWithCall(
  { message, content }: LocatedEntry,
  calls: ReadonlySet<string>,
  language: Language,
  callId: string,
): void {
  if (message === undefined || content === undefined) return;
  const node = ["toolCall", "functionCall", "function_call", "call"]
    .map((name) => getMember(content.node, name))
    .find((member) => member?.type === "object");
  if (node === undefined || calls.has(callId)) removeContent(message, content);
  else setContent(message, content, withType(node, language));
}

// Older C# versions write the call in a request without its type.
function withType(node: JsonNode, language: Language): JsonNode {
  if (language === "python" || node.type !== "object" || getMember(node, "$type") !== undefined) return node;
  return objectNode([["$type", stringNode("functionCall")], ...node.members]);
}
