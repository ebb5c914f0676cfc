import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { type Approval, draft, type Draft, jsonOf, type Place, textDrafts, textOf } from "./entry.ts";
import { contentDrafts, resultDrafts } from "./parts.ts";

/** Reads an item of the Responses API. The Agents SDK has the same items with names in camel case. */
export function itemDrafts(item: JsonObject): Draft[] {
  const type = textOf(item["type"]);
  const id = textOf(item["call_id"] ?? item["callId"] ?? item["id"]);
  if (/_(?:output|result)$|_response$/u.test(type)) return outputDrafts(item, id);
  const assistant = { role: "assistant", at: "", value: item };
  if (/_call$|^mcp_approval_request$/u.test(type)) return callDrafts(item, id, assistant);
  if (type === "reasoning") return reasoningDrafts(item);
  const role = item["role"];
  if (role !== undefined) return contentDrafts(item["content"], { role: textOf(role), at: ".content" });
  return [draft({ kind: "other", type: type === "" ? "item" : type, json: jsonOf(item) }, assistant)];
}

function outputDrafts(item: JsonObject, id: string): Draft[] {
  const output = item["output"] ?? item["approve"];
  return resultDrafts(
    { id: textOf(item["approval_request_id"] ?? id), output, isError: false, at: ".output" },
    { role: "tool", at: "", value: item },
  );
}

function callDrafts(item: JsonObject, id: string, place: Place): Draft[] {
  const type = textOf(item["type"]);
  const input = item["arguments"] ?? item["input"] ?? item["action"] ?? item["operation"];
  const approval: { approval?: Approval } = type === "mcp_approval_request" ? { approval: "requested" } : {};
  const name = textOf(item["name"] ?? type);
  const { output, error, result } = item;
  const call = draft({ kind: "call", id, name, input: textOf(input), ...approval }, place);
  const answer = type === "mcp_call" ? (output ?? error ?? undefined) : undefined;
  if (answer !== undefined) {
    const isError = (output ?? undefined) === undefined;
    const at = isError ? ".error" : ".output";
    const results = resultDrafts(
      { id, output: answer, isError, at: "" },
      { role: "tool", at, value: answer },
    );
    return [{ ...call, value: textOf(input) }, ...results];
  }
  if (type !== "image_generation_call" || typeof result !== "string") return [call];
  const image = contentDrafts([{ type: "image", data: result }], { role: "assistant", at: ".result" });
  return [{ ...call, value: "" }, ...image.map((each) => ({ ...each, at: ".result", value: result }))];
}

/** The summary, and what some models return in full. */
function reasoningDrafts(item: JsonObject): Draft[] {
  return ["summary", "content", "rawContent"].flatMap((member) => {
    const parts = Array.isArray(item[member]) ? item[member] : [];
    return parts.flatMap((value, index) => {
      const text = isJsonObject(value) ? textOf(value["text"]) : textOf(value);
      return textDrafts(text, { role: "assistant", at: `.${member}[${index}]`, value }, "reasoning");
    });
  });
}
