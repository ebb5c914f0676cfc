import { readContent } from "../content/read-content.ts";
import { arrayNode, getMember, setMember, type JsonNode, type ObjectNode } from "../json/node.ts";
import type { Message } from "../messages/message.ts";
import { readMessage } from "../messages/read-message.ts";
import type { Language } from "../shapes/shape.ts";

/** A content while a thread is mended. */
export interface Slot {
  /** Unique; for a content that was read, where it is. */
  readonly key: string;
  /** Where it was when it was read; of one that was added, where the reason for it was. */
  readonly path: string;
  node: JsonNode;
}

/** A message while a thread is mended. */
export interface Item {
  readonly path: string;
  node: ObjectNode;
  slots: Slot[];
  /** Whether {@link slots} are not what the message says. */
  slotsChanged: boolean;
  /** Messages that are to come before and behind it. */
  readonly before: Item[];
  readonly after: Item[];
}

export function newItem(node: ObjectNode, path: string, slots: readonly Slot[]): Item {
  return { path, node, slots: [...slots], slotsChanged: true, before: [], after: [] };
}

/** Takes up a message as it was read. */
export function readItem(node: ObjectNode, path: string): Item {
  const contents = getMember(node, "contents");
  const nodes = contents?.type === "array" ? contents.items : [];
  const slots = nodes.map((content, index): Slot => {
    const key = `${path}.contents[${index}]`;
    return { key, path: key, node: content };
  });
  return { ...newItem(node, path, slots), slotsChanged: false };
}

/** The message as it is now. One that was not touched is the very node that was read. */
export function finishItem({ node, slots, slotsChanged }: Item): ObjectNode {
  return slotsChanged ? setMember(node, "contents", arrayNode(slots.map((slot) => slot.node))) : node;
}

export function removeSlot(item: Item, slot: Slot): void {
  item.slots = item.slots.filter((other) => other !== slot);
  item.slotsChanged = true;
}

export function setSlot(item: Item, slot: Slot, node: JsonNode): void {
  slot.node = node;
  item.slotsChanged = true;
}

/** The messages in their order, with those that were added, and without those that were emptied. */
export function arrange(items: readonly Item[]): Item[] {
  return items.flatMap((item) => {
    const before = item.before.splice(0);
    const after = item.after.splice(0);
    const isEmptied = item.slotsChanged && item.slots.length === 0;
    return [...before, ...(isEmptied ? [] : [item]), ...after];
  });
}

/** The message without its contents. Throws `THREAD_INVALID` with the path. */
export function readHead(item: Item, language: Language): Message {
  return readMessage(withoutContents(item.node), language, item.path);
}

function withoutContents(node: ObjectNode): ObjectNode {
  return getMember(node, "contents")?.type === "array" ? setMember(node, "contents", arrayNode([])) : node;
}

/** The message as it is now, in which the keys of the contents stand for their paths. */
export function toMessage(item: Item, language: Language): Message {
  const contents = item.slots.flatMap(({ key, node }) =>
    node.type === "null" ? [] : [readContent(node, language, key)],
  );
  return { ...readHead(item, language), contents };
}
