import { isBlank, type JsonNode, objectNode, type ObjectNode } from "../json/node.ts";
import type { Annotation } from "./annotations.ts";
import type { ContentKind, FieldName } from "./kind-rule.ts";

/** A content item of a message, independent of the language that wrote it. */
export interface Content {
  /** `unknown` for a type that this package does not know. */
  readonly kind: ContentKind | "unknown";
  /** The name of the type in its language, for reports. */
  readonly type: string;
  readonly fields: Fields;
  /** The call that an approval is about. */
  readonly call: Content | undefined;
  readonly properties: ObjectNode;
  readonly annotations: readonly Annotation[];
  /** The content items that a field of form `content` or `contents` has. */
  readonly nested: readonly Content[];
  /** The names of unknown members that carry information. */
  readonly unknownMembers: readonly string[];
  readonly path: string;
}

/** Fields in a neutral form: arguments as text, usage with the names of C#. Never `null`. */
export type Fields = { readonly [Name in FieldName]?: JsonNode | undefined };

/** Creates a content item that was not read from Agent Framework's JSON. */
export function newContent(
  kind: ContentKind,
  path: string,
  fields: Fields,
  properties: ObjectNode = objectNode([]),
): Content {
  return {
    kind,
    type: kind,
    fields,
    call: undefined,
    properties,
    annotations: [],
    nested: [],
    unknownMembers: [],
    path,
  };
}

/** Returns the value of a string field, or `undefined` if it is missing or of another type. */
export function fieldText(content: Content, name: FieldName): string | undefined {
  const value = content.fields[name];
  return value?.type === "string" ? value.value : undefined;
}

/** Returns whether the items of a result only repeat its text. Python writes text results this way. */
export function itemsRepeatResult({ fields }: Content): boolean {
  const { items, result } = fields;
  if (isBlank(items)) return true;
  if (items?.type !== "array" || items.items.length !== 1 || result?.type !== "string") return false;
  return itemText(items.items[0]) === result.value;
}

/** Returns the text of an item of a result, or `undefined` if it is not text. */
export function itemText(item: JsonNode | undefined): string | undefined {
  if (item?.type !== "object") return undefined;
  const members = new Map(item.members);
  const text = members.get("text");
  const type = members.get("type");
  return type?.type === "string" && type.value === "text" && text?.type === "string" ? text.value : undefined;
}
