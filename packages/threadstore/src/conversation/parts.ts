import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import {
  type Content,
  draft,
  type Draft,
  jsonOf,
  type Place,
  stringOf,
  textDrafts,
  textOf,
} from "./entry.ts";
import { mediaOf } from "./media.ts";

const REASONING = new Set(["reasoning", "reasoning_text", "redacted_thinking", "summary_text", "thinking"]);

/** Reads the content of a message of any API: a string, or an array of parts. */
export function contentDrafts(content: unknown, { role, at }: Omit<Place, "value">): Draft[] {
  if (!Array.isArray(content)) {
    return isJsonObject(content)
      ? partDrafts(content, { role, at, value: content })
      : textDrafts(textOf(content), { role, at, value: content });
  }
  return content.flatMap((value: unknown, index) =>
    partDrafts(value, { role, at: `${at}[${index}]`, value }),
  );
}

/** Reads a part of the content of a message of any API. */
export function partDrafts(part: unknown, place: Place): Draft[] {
  if (!isJsonObject(part)) return textDrafts(textOf(part), place);
  const call = callContent(part);
  if (call !== undefined) return [draft(call, place)];
  const result = resultOf(part);
  if (result !== undefined) return resultDrafts(result, place);
  const media = mediaOf(part);
  if (media !== undefined) return [draft(media, place)];
  const type = typeof part["type"] === "string" ? part["type"] : "";
  const text = partText(part);
  if (text !== undefined) return textDrafts(text, place, isReasoning(part, type) ? "reasoning" : "text");
  return [draft({ kind: "other", type: type === "" ? "part" : type, json: jsonOf(part) }, place)];
}

function isReasoning(part: JsonObject, type: string): boolean {
  const hasMember = typeof part["reasoning"] === "string" || isJsonObject(part["reasoningContent"]);
  return REASONING.has(type) || part["thought"] === true || hasMember;
}

function partText(part: JsonObject): string | undefined {
  const text = stringOf(part, "text", "refusal", "reasoning", "thinking", "transcript");
  if (text !== undefined) return text;
  // Strands.
  const inner = part["reasoningContent"];
  const nested = isJsonObject(inner) ? inner["reasoningText"] : undefined;
  return isJsonObject(nested) ? stringOf(nested, "text") : undefined;
}

/** Reads a call that is a part, as those of Anthropic, Gemini, Genkit and Strands are. */
function callContent(part: JsonObject): Content | undefined {
  const { type, functionCall, toolRequest, toolUse } = part;
  if (type === "tool_use" || type === "server_tool_use") {
    return { kind: "call", id: textOf(part["id"]), name: textOf(part["name"]), input: textOf(part["input"]) };
  }
  const call = [functionCall, toolRequest, toolUse].find((each) => isJsonObject(each));
  if (call === undefined) return undefined;
  const name = textOf(call["name"]);
  const id = textOf(call["id"] ?? call["ref"] ?? call["toolUseId"] ?? name);
  return { kind: "call", id, name, input: textOf(call["args"] ?? call["input"]) };
}

/** The result of a call, whose output can be a string, parts, or any JSON. */
export interface Result {
  readonly id: string;
  readonly output: unknown;
  readonly isError: boolean;
  /** The path of the output in the part or message. */
  readonly at: string;
}

function resultOf(part: JsonObject): Result | undefined {
  const { type, functionResponse, toolResponse, toolResult } = part;
  if (typeof type === "string" && type.endsWith("tool_result")) {
    const isError = part["is_error"] === true;
    return { id: textOf(part["tool_use_id"]), output: part["content"], isError, at: ".content" };
  }
  if (isJsonObject(functionResponse)) {
    const { id, name, response } = functionResponse;
    return { id: textOf(id ?? name), output: response, isError: false, at: ".functionResponse.response" };
  }
  if (isJsonObject(toolResponse)) {
    const { ref, name, output } = toolResponse;
    return { id: textOf(ref ?? name), output, isError: false, at: ".toolResponse.output" };
  }
  if (!isJsonObject(toolResult)) return undefined;
  const { toolUseId, content, status } = toolResult;
  return { id: textOf(toolUseId), output: content, isError: status === "error", at: ".toolResult.content" };
}

/** Returns a result, and the images and files in it. */
export function resultDrafts({ id, output, isError, at }: Result, place: Place): Draft[] {
  const parts = Array.isArray(output) ? output : isJsonObject(output) ? [output] : [];
  const media = parts.flatMap((part: unknown, index) => {
    const content = isJsonObject(part) ? mediaOf(part) : undefined;
    if (content === undefined || (content.kind !== "image" && content.kind !== "file")) return [];
    const path = `${place.at}${at}${Array.isArray(output) ? `[${index}]` : ""}`;
    return [draft({ ...content, id }, { role: place.role, at: path, value: part })];
  });
  const result = { kind: "result", id, output: outputText(output), ...(isError ? { isError } : {}) } as const;
  const value = media.length === 0 ? place.value : result.output;
  return [draft(result, { ...place, value }), ...media];
}

const TEXT = new Set(["text", "input_text", "output_text", "refusal"]);

/** Returns the text of an output: a note such as `[image]` for media, and JSON for unknown parts. */
export function outputText(output: unknown): string {
  if (!Array.isArray(output)) return isJsonObject(output) ? noteOf(output) : textOf(output);
  const isParts = output.every((part) => typeof part === "string" || (isJsonObject(part) && isPart(part)));
  return isParts
    ? output.map((part) => (isJsonObject(part) ? noteOf(part) : part)).join("\n")
    : textOf(output);
}

/** Returns whether an object is a text or a file, and not data of a tool that has a member with such a name. */
function isPart(part: JsonObject): boolean {
  const { type, text } = part;
  const isText = typeof text === "string" && (TEXT.has(textOf(type)) || Object.keys(part).length === 1);
  return isText || mediaOf(part) !== undefined;
}

function noteOf(part: JsonObject): string {
  if (!isPart(part)) return jsonOf(part);
  const { type, text } = part;
  return typeof text === "string" ? text : `[${typeof type === "string" ? type : "file"}]`;
}
