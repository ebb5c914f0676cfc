import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { type Content, draft, type Draft, objectsOf, textDrafts, textOf } from "./entry.ts";
import { contentDrafts, resultDrafts } from "./parts.ts";

/** Members in which services that are compatible with OpenAI return the reasoning of a model. */
const REASONING_MEMBERS = ["reasoning_content", "reasoning"] as const;

/** Reads a message of Chat Completions, or of an API with the same roles. */
export function chatDrafts(message: JsonObject): Draft[] {
  const { content, refusal, tool_call_id: callId, name, audio } = message;
  const role = textOf(message["role"]);
  if ((role === "tool" || role === "function") && !Array.isArray(message["parts"])) {
    const result = { id: textOf(callId ?? name), output: content, isError: false, at: ".content" };
    return resultDrafts(result, { role, at: "", value: message });
  }
  const transcript = isJsonObject(audio) ? textOf(audio["transcript"]) : "";
  return [
    ...REASONING_MEMBERS.flatMap((member) => {
      const value = message[member];
      const text = typeof value === "string" ? value : "";
      return textDrafts(text, { role, at: `.${member}`, value }, "reasoning");
    }),
    ...contentDrafts(content, { role, at: ".content" }),
    ...textDrafts(textOf(refusal), { role, at: ".refusal", value: refusal }),
    ...textDrafts(transcript, { role, at: ".audio", value: audio }),
    ...callDrafts(message, role),
  ];
}

function callDrafts({ tool_calls: calls, function_call: single }: JsonObject, role: string): Draft[] {
  const drafts = (objectsOf(calls) ?? []).map((value, index) => {
    return draft(callContent(value), { role, at: `.tool_calls[${index}]`, value });
  });
  // The deprecated form, whose results name the function.
  if (!isJsonObject(single)) return drafts;
  const content = callContent({ id: single["name"] ?? "", function: single });
  return [...drafts, draft(content, { role, at: ".function_call", value: single })];
}

function callContent({ id, function: definition, custom }: JsonObject): Content {
  const {
    name,
    arguments: input,
    input: text,
  } = isJsonObject(definition) ? definition : isJsonObject(custom) ? custom : {};
  return { kind: "call", id: textOf(id), name: textOf(name), input: textOf(input ?? text) };
}
