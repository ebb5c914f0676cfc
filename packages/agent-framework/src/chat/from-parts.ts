import { memberPath } from "@threadstore/core/documents";
import { type Content, newContent } from "../content/content.ts";
import { invalidNode } from "../json/invalid-node.ts";
import { getMember, getText, type JsonNode, type ObjectNode, objectNode, stringNode } from "../json/node.ts";
import type { Report } from "../report.ts";
import { audioMediaType, readDataUri, UNNAMED_FILE } from "./data-uri.ts";

/** Converts the content of a message of Chat Completions. */
export function fromChatContent(content: JsonNode | undefined, path: string, report: Report): Content[] {
  if (content === undefined || content.type === "null") return [];
  if (content.type === "string") return [newContent("text", path, { text: content })];
  if (content.type !== "array") throw invalidNode(path, "a string or an array of parts", content);
  return content.items.flatMap((part, index) => {
    const partPath = memberPath(path, index);
    if (part.type !== "object") throw invalidNode(partPath, "a content part", part);
    const converted = fromPart(part, partPath);
    if (converted !== undefined) return [converted];
    report("lost", partPath, "Agent Framework does not have this type of content.");
    return [];
  });
}

function fromPart(part: ObjectNode, path: string): Content | undefined {
  switch (getText(part, "type")) {
    case "text":
      return newContent("text", path, { text: requireText(part, "text", path) });
    case "refusal":
      return newRefusal(requireText(part, "refusal", path), path);
    case "image_url":
      return fromImage(getMember(part, "image_url"), path);
    case "input_audio":
      return fromAudio(getMember(part, "input_audio"), path);
    case "file":
      return fromFile(getMember(part, "file"), path);
    default:
      return undefined;
  }
}

export function newRefusal(message: JsonNode, path: string): Content {
  return newContent("error", path, { message, code: stringNode("Refusal") });
}

function fromImage(image: JsonNode | undefined, path: string): Content | undefined {
  const url = getText(image, "url");
  if (url === undefined) return undefined;
  const properties = objectNode([["detail", getMember(image, "detail")]]);
  const data = readDataUri(url);
  const uri = stringNode(url);
  if (data !== undefined) return newContent("data", path, { uri }, properties);
  return newContent("uri", path, { uri, mediaType: stringNode("image/*") }, properties);
}

function fromAudio(audio: JsonNode | undefined, path: string): Content | undefined {
  const data = getText(audio, "data");
  const mediaType = audioMediaType(getText(audio, "format") ?? "");
  if (data === undefined || mediaType === undefined) return undefined;
  return newContent("data", path, { uri: stringNode(`data:${mediaType};base64,${data}`) });
}

function fromFile(file: JsonNode | undefined, path: string): Content | undefined {
  const id = getMember(file, "file_id");
  if (id?.type === "string") return newContent("hostedFile", path, { id });
  const uri = getText(file, "file_data");
  if (uri === undefined || readDataUri(uri) === undefined) return undefined;
  const filename = getText(file, "filename");
  const name = filename === undefined || filename === UNNAMED_FILE ? undefined : stringNode(filename);
  return newContent("data", path, { uri: stringNode(uri), name });
}

export function requireText(node: JsonNode | undefined, name: string, path: string): JsonNode {
  const value = getMember(node, name);
  if (value?.type !== "string") throw invalidNode(memberPath(path, name), "a string", value);
  return value;
}
