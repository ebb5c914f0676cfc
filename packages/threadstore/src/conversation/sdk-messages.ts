import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { type Approval, draft, type Draft, objectsOf, type Place, textOf } from "./entry.ts";
import { contentDrafts, partDrafts, resultDrafts } from "./parts.ts";

/** Reads a message of `useChat` of the AI SDK, whose tool calls contain their results. */
export function uiMessageDrafts(message: JsonObject): Draft[] {
  const role = textOf(message["role"]);
  const drafts = (objectsOf(message["parts"]) ?? []).flatMap((part, index): Draft[] => {
    const type = textOf(part["type"]);
    const place = { role, at: `.parts[${index}]`, value: part };
    if (type === "step-start") return [];
    const isCall = type === "dynamic-tool" || type.startsWith("tool-");
    return isCall ? toolDrafts(part, place) : partDrafts(part, place);
  });
  return drafts.length > 0 ? drafts : contentDrafts(message["content"], { role, at: ".content" });
}

function toolDrafts(part: JsonObject, place: Place): Draft[] {
  const { type, toolCallId, toolName, input, output, errorText } = part;
  const id = textOf(toolCallId);
  const name = textOf(toolName ?? textOf(type).slice("tool-".length));
  const approval = approvalOf(part);
  const call = { kind: "call", id, name, input: textOf(input), ...(approval && { approval }) } as const;
  const value = output ?? errorText;
  if (value === undefined) return [draft(call, place)];
  const isError = output === undefined;
  const at = `${place.at}${isError ? ".errorText" : ".output"}`;
  const result = { id, output: value, isError, at: "" };
  return [draft(call, { ...place, value: input }), ...resultDrafts(result, { role: "tool", at, value })];
}

function approvalOf({ state, approval }: JsonObject): Approval | undefined {
  const isApproved = isJsonObject(approval) ? approval["approved"] : undefined;
  if (typeof isApproved === "boolean") return isApproved ? "approved" : "denied";
  if (state === "output-denied") return "denied";
  return state === "approval-requested" ? "requested" : undefined;
}

const APPROVALS = new Set(["tool-approval-request", "tool-approval-response"]);

/** Reads a model message of the AI SDK. */
export function modelMessageDrafts(message: JsonObject): Draft[] {
  const role = textOf(message["role"]);
  const parts = objectsOf(message["content"]);
  if (parts === undefined) return contentDrafts(message["content"], { role, at: ".content" });
  return parts.flatMap((part, index): Draft[] => {
    const place = { role, at: `.content[${index}]`, value: part };
    const id = textOf(part["toolCallId"]);
    if (part["type"] === "tool-call") {
      const name = textOf(part["toolName"]);
      return [draft({ kind: "call", id, name, input: textOf(part["input"] ?? part["args"]) }, place)];
    }
    // The call shows them.
    if (APPROVALS.has(textOf(part["type"]))) return [];
    if (part["type"] !== "tool-result") return partDrafts(part, place);
    const { output, isError, at } = outputOf(part);
    return resultDrafts({ id, output, isError, at }, place);
  });
}

/** Unwraps the output of a result: `{ type, value }` since version 5. */
function outputOf(part: JsonObject): { output: unknown; isError: boolean; at: string } {
  const output = part["output"] ?? part["result"];
  const at = part["output"] === undefined ? ".result" : ".output";
  const type = isJsonObject(output) ? textOf(output["type"]) : "";
  const isWrapped = /^(?:text|json|error-text|error-json|content|execution-denied)$/u.test(type);
  if (!isJsonObject(output) || !isWrapped) return { output, isError: part["isError"] === true, at };
  const isError = type.startsWith("error-") || type === "execution-denied";
  return { output: output["value"] ?? output["reason"], isError, at: `${at}.value` };
}
