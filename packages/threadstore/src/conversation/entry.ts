import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/** A part of a conversation, for people. */
export type Entry =
  | { readonly kind: "text"; readonly role: string; readonly text: string }
  /** A call of a tool. Its result has the same id. */
  | { readonly kind: "call"; readonly id: string; readonly name: string; readonly input: string }
  | { readonly kind: "result"; readonly id: string; readonly output: string };

/** Returns a string as it is, and any other value as JSON. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Returns the objects of an array; `undefined` if the value is not an array of objects. */
export function objectsOf(value: unknown): JsonObject[] | undefined {
  return Array.isArray(value) && value.every((each) => isJsonObject(each)) ? value : undefined;
}

/** Returns the text of a part of any API, or a note such as `[image_url]` for other content. */
export function partText(part: unknown): string {
  if (typeof part === "string") return part;
  if (!isJsonObject(part)) return textOf(part);
  for (const name of ["text", "refusal", "reasoning", "thinking"]) {
    const text = part[name];
    if (typeof text === "string") return text;
  }
  return `[${typeof part["type"] === "string" ? part["type"] : "part"}]`;
}

/** Returns the text of a message's content: a string or an array of parts. */
export function contentText(content: unknown): string {
  if (Array.isArray(content)) return content.map(partText).join("\n");
  return isJsonObject(content) ? partText(content) : textOf(content);
}

export function textEntry(role: string, text: string): Entry[] {
  return text === "" ? [] : [{ kind: "text", role, text }];
}
