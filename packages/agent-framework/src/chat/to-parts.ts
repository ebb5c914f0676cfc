import { fieldText, itemsRepeatResult, itemText, type Content } from "../content/content.ts";
import { getText, printNode } from "../json/node.ts";
import type { Report } from "../report.ts";
import type { ChatCall, ChatPart } from "./chat-message.ts";
import { audioFormat, readDataUri, unnamedFile } from "./data-uri.ts";

/** The part of a message that says what a content says; `undefined` where Chat Completions has none. */
export function toPart(content: Content, isUser: boolean, report: Report): ChatPart | undefined {
  if (content.kind === "text") return { type: "text", text: wellFormedText(content, "text", report) };
  if (!isUser) return undefined;
  switch (content.kind) {
    case "data":
      return toDataPart(content, report);
    case "uri":
      return /^image\//i.test(fieldText(content, "mediaType") ?? "")
        ? toImagePart(content, report)
        : undefined;
    case "hostedFile":
      return { type: "file", file: { file_id: wellFormedText(content, "id", report) } };
    default:
      return undefined;
  }
}

function toDataPart(content: Content, report: Report): ChatPart | undefined {
  const uri = wellFormedText(content, "uri", report);
  const data = readDataUri(uri);
  if (data === undefined) return undefined;
  if (data.mediaType.startsWith("image/")) return toImagePart(content, report);
  if (data.mediaType === "application/pdf") {
    const filename = fieldText(content, "name")?.toWellFormed() ?? unnamedFile;
    return { type: "file", file: { filename, file_data: uri } };
  }
  const format = audioFormat(data.mediaType);
  return format === undefined ? undefined : { type: "input_audio", input_audio: { data: data.data, format } };
}

function toImagePart(content: Content, report: Report): ChatPart {
  const detail = getText(content.properties, "detail");
  const image = { url: wellFormedText(content, "uri", report) };
  const isKnown = detail === "auto" || detail === "low" || detail === "high";
  return { type: "image_url", image_url: isKnown ? { ...image, detail } : image };
}

export function toCall(content: Content, report: Report): ChatCall {
  const id = wellFormedText(content, "callId", report);
  const name = wellFormedText(content, "name", report);
  const text = wellFormedText(content, "arguments", report);
  return { id, type: "function", function: { name, arguments: text === "" ? "{}" : text } };
}

/** What the model is told as the result of a call. */
export function toResultText(content: Content, report: Report): string {
  const { result, exception, items } = content.fields;
  if (!itemsRepeatResult(content)) reportItems(content, report);
  if (result?.type === "string") return wellFormedText(content, "result", report);
  if (result !== undefined) return printNode(result);
  if (exception !== undefined) return `Error: ${wellFormedText(content, "exception", report)}`;
  const texts = items?.type === "array" ? items.items.map((item) => itemText(item) ?? "") : [];
  return texts.join("").toWellFormed();
}

function reportItems(content: Content, report: Report): void {
  const { items, result } = content.fields;
  const isAllText = items?.type === "array" && items.items.every((item) => itemText(item) !== undefined);
  if (isAllText && result === undefined) return;
  const what =
    "items of a function result: a tool message of Chat Completions is text. Kept and written back.";
  report("carried", content.path, what);
}

// A lone surrogate can be in a thread of Python's. No store can keep one, and no provider takes it.
export function wellFormedText(content: Content, name: keyof Content["fields"], report: Report): string {
  const text = fieldText(content, name) ?? "";
  if (text.isWellFormed()) return text;
  report("changed", content.path, `half of a character in ${name} of ${content.type} became U+FFFD.`);
  return text.toWellFormed();
}
