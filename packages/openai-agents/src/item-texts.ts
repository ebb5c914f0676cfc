import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";

type ReplaceText = (text: string, path: string) => string;

/** The members of items, by type, in which every string is text that can be cut. Repairs know the contents of others. */
const TEXT_MEMBERS: { readonly [type: string]: readonly string[] } = {
  apply_patch_call: ["operation"],
  hosted_tool_call: ["output"],
  reasoning: ["content", "rawContent"],
  shell_call: ["action"],
  shell_call_output: ["output"],
};

/** The members of a message's parts that are text, besides `text` itself. Others are images and files. */
const PART_MEMBERS: readonly string[] = ["refusal", "transcript"];

/** Returns an item with its texts replaced, except for contents; the item itself if nothing changes. */
export function replaceItemTexts(item: JsonObject, replace: ReplaceText): JsonObject {
  const { type = "message", content } = item;
  if (typeof type !== "string") return item;
  if (type === "message") {
    if (!Array.isArray(content)) return item;
    const parts = mapElements(content, ".content", (part, path) =>
      isJsonObject(part) ? replaceMembers(part, PART_MEMBERS, path, replace) : part,
    );
    return parts === content ? item : { ...item, content: parts };
  }
  const names = Object.hasOwn(TEXT_MEMBERS, type) ? TEXT_MEMBERS[type] : undefined;
  return replaceMembers(item, names ?? [], "", replace);
}

function replaceMembers(
  object: JsonObject,
  names: readonly string[],
  path: string,
  replace: ReplaceText,
): JsonObject {
  let isChanged = false;
  const members = Object.entries(object).map(([name, value]): [string, JsonValue] => {
    const replaced = names.includes(name) ? replaceAll(value, memberPath(path, name), replace) : value;
    isChanged ||= replaced !== value;
    return [name, replaced];
  });
  return isChanged ? Object.fromEntries(members) : object;
}

/** Replaces all strings in a value. */
function replaceAll(value: JsonValue, path: string, replace: ReplaceText): JsonValue {
  if (typeof value === "string") return replace(value, path);
  if (Array.isArray(value))
    return mapElements(value, path, (element, at) => replaceAll(element, at, replace));
  return isJsonObject(value) ? replaceMembers(value, Object.keys(value), path, replace) : value;
}

function mapElements(
  elements: JsonValue[],
  path: string,
  map: (element: JsonValue, path: string) => JsonValue,
): JsonValue[] {
  const mapped = elements.map((element, index) => map(element, memberPath(path, index)));
  return mapped.some((element, index) => element !== elements[index]) ? mapped : elements;
}
