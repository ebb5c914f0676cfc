import { canonicalJson, isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { decode } from "./decode.ts";
import { isToolPart } from "./repair/part.ts";

type Members = Readonly<Record<string, JsonObject[string] | undefined>>;

/** Returns the canonical JSON of a stored value as a page receives it: dates, for example, as strings. */
export function pageForm(encoded: Members): string {
  const members = Object.entries(encoded).map(([name, value]) => {
    return [name, value === undefined ? undefined : decode(value, "$", () => undefined)] as const;
  });
  return canonicalJson(JSON.parse(JSON.stringify(Object.fromEntries(members))));
}

/** Returns the form of a call's tool and arguments. */
export function callForm({ type, toolName, input }: Members): string {
  return pageForm({ type, toolName, input });
}

/** Returns the form of a part that is not a call, without what changes while it is generated. */
export function contentForm(part: JsonObject): string {
  const { state: _state, providerMetadata: _metadata, ...content } = part;
  return pageForm(content);
}

export function partsOf({ parts }: JsonObject): readonly JsonObject[] {
  return Array.isArray(parts) ? parts.filter(isJsonObject) : [];
}

export function isData({ type }: JsonObject): boolean {
  return typeof type === "string" && type.startsWith("data-");
}

export function isCall({ type }: JsonObject): boolean {
  return typeof type === "string" && isToolPart({ type });
}
