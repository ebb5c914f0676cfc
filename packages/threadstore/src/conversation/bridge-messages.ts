import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { draft, type Draft, jsonOf, objectsOf, textDrafts, textOf } from "./entry.ts";
import { contentDrafts, partDrafts, resultDrafts } from "./parts.ts";
import { uiMessageDrafts } from "./sdk-messages.ts";

/** Reads a message whose content has all its parts, as those of Genkit and Strands Agents. */
export function contentMessageDrafts({ role, content }: JsonObject): Draft[] {
  return contentDrafts(content, { role: textOf(role), at: ".content" });
}

/** Reads an entry of a transcript of the Claude Agent SDK. Those that are not messages are shown as JSON. */
export function claudeDrafts(entry: JsonObject): Draft[] {
  const { json } = entry;
  const members = typeof json === "string" ? parsed(json) : entry;
  const type = textOf(members["type"]);
  const { message } = members;
  if (!isJsonObject(message)) {
    return [draft({ kind: "other", type, json: jsonOf(members) }, { role: type, at: "", value: entry })];
  }
  const drafts = contentDrafts(message["content"], {
    role: textOf(message["role"] ?? type),
    at: ".message.content",
  });
  // An entry that no store accepts as JSON is stored as text.
  return typeof json === "string" ? drafts.map((each) => ({ ...each, at: ".json" })) : drafts;
}

function parsed(json: string): JsonObject {
  try {
    const value: unknown = JSON.parse(json);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Reads an event of a session of the ADK. */
export function adkDrafts(event: JsonObject): Draft[] {
  const { author, content, errorMessage } = event;
  const { role, parts } = isJsonObject(content) ? content : {};
  const name = textOf(author ?? role);
  return [
    ...contentDrafts(parts, { role: name, at: ".content.parts" }),
    ...textDrafts(textOf(errorMessage), { role: name, at: ".errorMessage", value: errorMessage }),
  ];
}

/** Reads a message of Mastra, whose parts are in its content. */
export function mastraDrafts(message: JsonObject): Draft[] {
  const { content } = message;
  const role = textOf(message["role"]);
  const parts = isJsonObject(content) ? objectsOf(content["parts"]) : undefined;
  if (parts === undefined) return uiMessageDrafts(message);
  return parts.flatMap((part, index) => mastraPart(part, role, `.content.parts[${index}]`));
}

function mastraPart(part: JsonObject, role: string, at: string): Draft[] {
  const { type, toolInvocation: call } = part;
  if (type === "step-start") return [];
  if (!isJsonObject(call)) return partDrafts(part, { role, at, value: part });
  const { toolCallId, toolName, args, result } = call;
  const id = textOf(toolCallId);
  const place = { role, at: `${at}.toolInvocation`, value: call };
  const shown = draft({ kind: "call", id, name: textOf(toolName), input: textOf(args) }, place);
  if (result === undefined) return [shown];
  const output = { id, output: result, isError: false, at: "" };
  return [
    { ...shown, value: textOf(args) },
    ...resultDrafts(output, { role: "tool", at: `${at}.toolInvocation.result`, value: result }),
  ];
}
