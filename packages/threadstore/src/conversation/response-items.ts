import type { JsonObject } from "@threadstore/core/documents";
import { contentText, type Entry, partText, textEntry, textOf } from "./entry.ts";

/** Reads an item of the Responses API. The Agents SDK has the same items with names in camel case. */
export function itemEntries(item: JsonObject): Entry[] {
  const type = textOf(item["type"]);
  const id = textOf(item["call_id"] ?? item["callId"] ?? item["id"]);
  if (/_(?:output|result)$|_response$/u.test(type)) {
    const output = item["output"] ?? item["approve"];
    return [{ kind: "result", id: textOf(item["approval_request_id"] ?? id), output: contentText(output) }];
  }
  if (/_call$|^mcp_approval_request$/u.test(type)) {
    const input = item["arguments"] ?? item["input"] ?? item["action"] ?? item["operation"];
    const call: Entry = { kind: "call", id, name: textOf(item["name"] ?? type), input: textOf(input) };
    const { output } = item;
    const isAnswered = type === "mcp_call" && output !== undefined && output !== null;
    return isAnswered ? [call, { kind: "result", id, output: textOf(output) }] : [call];
  }
  if (type === "reasoning") {
    const summary = Array.isArray(item["summary"]) ? item["summary"].map(partText).join("\n") : "";
    return textEntry("reasoning", summary);
  }
  const role = item["role"];
  if (role !== undefined) return textEntry(textOf(role), contentText(item["content"]));
  return textEntry(type, `[${type}]`);
}
