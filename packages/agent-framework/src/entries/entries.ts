import { memberPath } from "@threadstore/core/documents";
import { readContent } from "../content/read-content.ts";
import { arrayNode, getMember, type JsonNode, type ObjectNode, setMember } from "../json/node.ts";
import type { Message } from "../messages/message.ts";
import { readMessage } from "../messages/read-message.ts";
import type { Language } from "../shapes/shape.ts";

/** A content item of a thread under repair. */
export interface ContentEntry {
  /** A unique key. The path for a content item that was read. */
  readonly key: string;
  /** The path at which it was read, or the path of the content item because of which it was added. */
  readonly path: string;
  node: JsonNode;
}

/** A message of a thread under repair. */
export interface MessageEntry {
  readonly path: string;
  node: ObjectNode;
  contents: ContentEntry[];
  /** Whether {@link contents} differ from those of the node. */
  contentsChanged: boolean;
  /** Messages to insert before this one. */
  readonly before: MessageEntry[];
  /** Messages to insert after this one. */
  readonly after: MessageEntry[];
}

export function newMessageEntry(
  node: ObjectNode,
  path: string,
  contents: readonly ContentEntry[],
): MessageEntry {
  return { path, node, contents: [...contents], contentsChanged: true, before: [], after: [] };
}

/** Creates the entry of a message that was read. */
export function toMessageEntry(node: ObjectNode, path: string): MessageEntry {
  const list = getMember(node, "contents");
  const nodes = list?.type === "array" ? list.items : [];
  const contents = nodes.map((content, index): ContentEntry => {
    const key = memberPath(`${path}.contents`, index);
    return { key, path: key, node: content };
  });
  return { ...newMessageEntry(node, path, contents), contentsChanged: false };
}

/** Returns the repaired message. An unchanged message is the node that was read. */
export function finishMessage({ node, contents, contentsChanged }: MessageEntry): ObjectNode {
  if (!contentsChanged) return node;
  return setMember(node, "contents", arrayNode(contents.map((content) => content.node)));
}

export function removeContent(message: MessageEntry, content: ContentEntry): void {
  message.contents = message.contents.filter((other) => other !== content);
  message.contentsChanged = true;
}

export function setContent(message: MessageEntry, content: ContentEntry, node: JsonNode): void {
  content.node = node;
  message.contentsChanged = true;
}

/** Returns the messages in order, with added messages inserted and emptied messages removed. */
export function arrange(messages: readonly MessageEntry[]): MessageEntry[] {
  return messages.flatMap((message) => {
    const before = message.before.splice(0);
    const after = message.after.splice(0);
    const isEmptied = message.contentsChanged && message.contents.length === 0;
    return [...before, ...(isEmptied ? [] : [message]), ...after];
  });
}

/** Reads a message without its contents. Throws `THREAD_INVALID` with the path. */
export function readHead(message: MessageEntry, language: Language): Message {
  return readMessage(withoutContents(message.node), language, message.path);
}

function withoutContents(node: ObjectNode): ObjectNode {
  return getMember(node, "contents")?.type === "array" ? setMember(node, "contents", arrayNode([])) : node;
}

/** Reads the current state of a message. The keys of its content items take the place of their paths. */
export function toMessage(entry: MessageEntry, language: Language): Message {
  const contents = entry.contents.flatMap(({ key, node }) =>
    node.type === "null" ? [] : [readContent(node, language, key)],
  );
  return { ...readHead(entry, language), contents };
}
