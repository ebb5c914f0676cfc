import { newContent, type Content } from "../content/content.ts";
import { invalid } from "../interchange-error.ts";
import {
  describeNode,
  getMember,
  getText,
  memberPath,
  objectNode,
  stringNode,
  type JsonNode,
  type ObjectNode,
} from "../json/node.ts";
import type { Report } from "../report.ts";
import { audioMediaType, readDataUri, unnamedFile } from "./data-uri.ts";

/** The contents that say what the content of a message of Chat Completions says. */
export function fromChatContent(content: JsonNode | undefined, path: string, report: Report): Content[] {
  if (content === undefined || content.type === "null") return [];
  if (content.type === "string") return [newContent("text", path, { text: content })];
  if (content.type !== "array") throw invalid(path, "text or a list of parts", describeNode(content));
  return content.items.flatMap((part, index) => {
    const partPath = `${path}[${index}]`;
    if (part.type !== "object") throw invalid(partPath, "a content part", describeNode(part));
    const found = fromPart(part, partPath);
    if (found !== undefined) return [found];
    report("lost", partPath, "a content part that Agent Framework has no content for.");
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
  const name = filename === undefined || filename === unnamedFile ? undefined : stringNode(filename);
  return newContent("data", path, { uri: stringNode(uri), name });
}

export function requireText(node: JsonNode | undefined, name: string, path: string): JsonNode {
  const value = getMember(node, name);
  if (value?.type !== "string") throw invalid(memberPath(path, name), "a string", describeNode(value));
  return value;
}
