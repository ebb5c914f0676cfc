import type { ArrayNode, JsonNode } from "../json/node.ts";
import { arrayNode, isBlank, objectNode, type ObjectNode } from "../json/node.ts";
import type { ContentKind, FieldName } from "./kinds.ts";

/** One content of a message, independent of the language that wrote it. */
export interface Content {
  /** `unknown` for a type that this package does not know, or that has no counterpart in the other language. */
  readonly kind: ContentKind | "unknown";
  /** What its language calls the type, for reports. */
  readonly type: string;
  readonly fields: Fields;
  /** The call within an approval. */
  readonly call: Content | undefined;
  readonly properties: ObjectNode;
  readonly annotations: ArrayNode;
  /** The members that this package does not know, apart from those that say nothing. */
  readonly unknownMembers: readonly string[];
  /** Where it was read. */
  readonly path: string;
}

/** Fields in neutral form: arguments as text, usage with the names of C#. None is `null`. */
export type Fields = { readonly [Name in FieldName]?: JsonNode | undefined };

/** A content that was not read but comes from a message of Chat Completions. */
export function newContent(
  kind: ContentKind,
  path: string,
  fields: Fields,
  properties: ObjectNode = objectNode([]),
): Content {
  const annotations = arrayNode([]);
  return { kind, type: kind, fields, call: undefined, properties, annotations, unknownMembers: [], path };
}

/** What a field of text says; `undefined` when there is none. */
export function fieldText(content: Content, name: FieldName): string | undefined {
  const value = content.fields[name];
  return value?.type === "string" ? value.value : undefined;
}

/** Whether a result's items say only what its text says, as Python writes for a result of text. */
export function itemsRepeatResult({ fields }: Content): boolean {
  const { items, result } = fields;
  if (isBlank(items)) return true;
  if (items?.type !== "array" || items.items.length !== 1 || result?.type !== "string") return false;
  return itemText(items.items[0]) === result.value;
}

/** The text of an item of a result; `undefined` when it is something else. */
export function itemText(item: JsonNode | undefined): string | undefined {
  if (item?.type !== "object") return undefined;
  const members = new Map(item.members);
  const text = members.get("text");
  const type = members.get("type");
  return type?.type === "string" && type.value === "text" && text?.type === "string" ? text.value : undefined;
}
