import { isJsonObject, type JsonObject, memberPath } from "@threadstore/core/documents";
import type { Problem } from "../transfer-format.ts";

/** The members of parts in the API, for which the Agents SDK for JavaScript has other names. */
const PART_MEMBERS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["input_image", ["image_url", "file_id"]],
  ["input_file", ["file_data", "file_id", "file_url"]],
]);

const MESSAGE =
  "It is an item of the Responses API, as the Agents SDK for Python stores them. Convert it for JavaScript.";

/**
 * Returns the problem with an item that the Agents SDK for Python has stored. Its names of members differ from those of
 * the SDK for JavaScript, which would send such an item to a model without them.
 */
export function problemOfPythonItem(item: JsonObject): Pick<Problem, "path" | "message"> | undefined {
  const { type, content, summary } = item;
  if (Object.hasOwn(item, "call_id")) return { path: "$.call_id", message: MESSAGE };
  if (type === "reasoning" && content === undefined && Array.isArray(summary)) {
    return { path: "$.summary", message: MESSAGE };
  }
  const parts: readonly unknown[] = Array.isArray(content) ? content : [];
  for (const [index, part] of parts.entries()) {
    const names = isJsonObject(part) ? PART_MEMBERS.get(part["type"]) : undefined;
    const name = names?.find((each) => Object.hasOwn(part as JsonObject, each));
    if (name !== undefined) return { path: `${memberPath("$.content", index)}.${name}`, message: MESSAGE };
  }
  return undefined;
}
