import { describeRemovedToolCall, type LeftOut } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { SERVICE_BOUND, type ServiceBound } from "../service-rejection.ts";
import { typeOf } from "./call-items.ts";
import { BLANK_SCREENSHOT } from "./call-kinds.ts";
import { isInput, type ResponseItem } from "./response-item.ts";

/** Returns what replaces an item; `undefined` if the item is portable in this respect. */
type Replace = (item: JsonObject) => readonly JsonObject[] | undefined;

/** How the items of a transcript are made portable, by the kind of content that the service rejects. */
const REPLACEMENTS: { readonly [Kind in ServiceBound]: Replace } = {
  reasoning: (item) => (["compaction", "reasoning"].includes(typeOf(item)) ? [] : undefined),
  "stored-items": (item) => {
    if (!STORED_TYPES.has(typeOf(item))) return undefined;
    const { name, arguments: text, output } = item;
    return typeOf(item) === "mcp_call" ? [toText(name, text, output)] : [];
  },
  containers: replaceContainer,
  files: replaceFiles,
};

const STORED_TYPES: ReadonlySet<string> = new Set([
  "code_interpreter_call",
  "file_search_call",
  "image_generation_call",
  "mcp_approval_request",
  "mcp_approval_response",
  "mcp_call",
  "mcp_list_tools",
  "web_search_call",
]);

const REMOTE_PARTS: ReadonlySet<string> = new Set(["computer_screenshot", "input_file", "input_image"]);

const GONE = { type: "input_text", text: "[An attachment that is no longer available.]" };

/**
 * Replaces items that contain a kind of content that `kindsFor` returns for them. Returns all items, and the number of
 * replaced ones by the kind of content.
 */
export function leaveOut(
  items: readonly ResponseItem[],
  kindsFor: (item: ResponseItem, index: number) => ReadonlySet<ServiceBound>,
): { readonly items: ResponseItem[]; readonly leftOut: LeftOut[] } {
  const counts = new Map<ServiceBound, number>();
  const count = (kind: ServiceBound): void => void counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const replaced = items.flatMap((item, index) => {
    const kinds = kindsFor(item, index);
    for (const kind of SERVICE_BOUND) {
      const replacement = kinds.has(kind) ? REPLACEMENTS[kind](item as unknown as JsonObject) : undefined;
      if (replacement === undefined) continue;
      count(kind);
      return replacement as unknown as ResponseItem[];
    }
    return [item];
  });
  return {
    items: replaced,
    leftOut: [...counts].map(([reason, number]) => ({ reason, count: number })),
  };
}

/** Removes reasoning that the model's output does not follow, which the service rejects. */
export function dropLoneReasoning(items: readonly ResponseItem[]): ResponseItem[] {
  let isFollowed = false;
  const kept = items.toReversed().filter((item) => {
    if (item.type === "reasoning") return isFollowed;
    isFollowed = !isInput(item);
    return true;
  });
  return kept.toReversed();
}

function replaceContainer(item: JsonObject): readonly JsonObject[] | undefined {
  const { id, output, content } = item;
  if (typeOf(item) === "code_interpreter_call") {
    return [toText("code_interpreter", item["code"], readLogs(item["outputs"]))];
  }
  if (isContainerCall(item)) return [toText("shell", JSON.stringify(item["action"] ?? {}), "")];
  if (typeOf(item) === "shell_call_output" && typeof id === "string" && id.startsWith("sho")) {
    return [toAnswerText(JSON.stringify(output ?? []))];
  }
  if (!Array.isArray(content) || !content.some(citesContainer)) return undefined;
  const cleared = content.map((part) =>
    citesContainer(part) ? { ...(part as JsonObject), annotations: [] } : part,
  );
  return [{ ...item, content: cleared }];
}

/** Returns whether a part of the model's text refers to a file in a container. */
function citesContainer(part: JsonValue): boolean {
  const annotations = isJsonObject(part) ? part["annotations"] : undefined;
  return (
    Array.isArray(annotations) &&
    annotations.some((annotation) => isJsonObject(annotation) && annotation["container_id"] !== undefined)
  );
}

function replaceFiles(item: JsonObject): readonly JsonObject[] | undefined {
  const { content, output } = item;
  if (Array.isArray(content) && content.some(isRemotePart))
    return [{ ...item, content: content.map(withoutFile) }];
  if (Array.isArray(output) && output.some(isRemotePart))
    return [{ ...item, output: output.map(withoutFile) }];
  if (typeOf(item) !== "computer_call_output" || !isRemotePart(output)) return undefined;
  return [{ ...item, output: { type: "computer_screenshot", image_url: BLANK_SCREENSHOT } }];
}

function withoutFile(part: JsonValue): JsonValue {
  return isRemotePart(part) ? GONE : part;
}

function isContainerCall(item: JsonObject): boolean {
  const { environment } = item;
  return (
    typeOf(item) === "shell_call" &&
    isJsonObject(environment) &&
    environment["type"] === "container_reference"
  );
}

function isRemotePart(part: JsonValue | undefined): boolean {
  if (!isJsonObject(part)) return false;
  const { type, image_url: image, file_url: file, file_id: id } = part;
  if (typeof type !== "string" || !REMOTE_PARTS.has(type)) return false;
  return (
    [image, file].some((url) => typeof url === "string" && !url.startsWith("data:")) || typeof id === "string"
  );
}

function readLogs(outputs: JsonValue | undefined): string {
  const list = Array.isArray(outputs) ? outputs : [];
  return list
    .map((output) => (isJsonObject(output) && typeof output["logs"] === "string" ? output["logs"] : ""))
    .join("");
}

function toText(
  name: JsonValue | undefined,
  input: JsonValue | undefined,
  result: JsonValue | undefined,
): JsonObject {
  const [tool, args, output] = [name, input, result].map((value) => (typeof value === "string" ? value : ""));
  return toAnswerText(describeRemovedToolCall(tool ?? "", args ?? "", output ?? ""));
}

function toAnswerText(content: string): JsonObject {
  return { type: "message", role: "assistant", content };
}
