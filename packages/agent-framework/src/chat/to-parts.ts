import { type Content, fieldText, itemsRepeatResult, itemText } from "../content/content.ts";
import { getText, printNode } from "../json/node.ts";
import type { Report } from "../report.ts";
import type { ChatCall, ChatPart } from "./converted-message.ts";
import { audioFormat, readDataUri, UNNAMED_FILE } from "./data-uri.ts";

/** Converts a content item to a part of a message, or returns `undefined` if Chat Completions has no counterpart. */
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
    const filename = fieldText(content, "name")?.toWellFormed() ?? UNNAMED_FILE;
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

/** Returns the text that the model receives as the result of a call. */
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
  const message =
    "A tool message of Chat Completions is text. The items of the function result are stored and written back.";
  report("preserved", content.path, message);
}

// Threads written by Python can contain lone surrogates, which no store and no provider accepts.
export function wellFormedText(content: Content, name: keyof Content["fields"], report: Report): string {
  const text = fieldText(content, name) ?? "";
  if (text.isWellFormed()) return text;
  report("changed", content.path, `A lone surrogate in ${name} of ${content.type} became U+FFFD.`);
  return text.toWellFormed();
}
