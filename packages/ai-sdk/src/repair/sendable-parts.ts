import { canonicalJson, memberPath } from "@threadstore/core/documents";
import { encode } from "../encode.ts";
import { callsById, isFinished } from "./call-order.ts";
import type { Report } from "./finding.ts";
import {
  failedCall,
  hasInvalidItemId,
  INTERRUPTED_RESULT,
  isToolPart,
  NOT_APPROVED_RESULT,
  type Part,
  type PartsMessage,
  withoutServiceItems,
} from "./part.ts";

/** The longest id of a call that OpenAI accepts. */
const MAX_CALL_ID_LENGTH = 64;

/** The call ids of a conversation. */
export interface CallIds {
  /** The ids of the messages that follow, to which those of this message are added. */
  readonly used: Set<unknown>;
  /** The ids of all messages, to which new ids are added. */
  readonly all: Set<unknown>;
}

/** Returns the call ids of a conversation before any of its messages was processed. */
export function callIdsOf(messages: readonly PartsMessage[]): CallIds {
  const parts = messages.flatMap((message) => message.parts);
  return { used: new Set(), all: new Set(parts.filter(isToolPart).map(({ toolCallId }) => toolCallId)) };
}

/**
 * Returns a message whose parts can be converted to a prompt and, if it is closed, have valid call ids that no later
 * message has. The calls of an open message keep their ids, by which the page knows them. Returns the same message if
 * there is nothing to do.
 */
export function sendableParts<Message extends PartsMessage>(
  message: Message,
  path: string,
  callIds: CallIds,
  isClosed: boolean,
  report: Report,
): Message {
  const partsPath = memberPath(path, "parts");
  const mainCalls = callsById(message.parts.filter(isToolPart));
  let hasForeignItems = false;
  const parts = message.parts.flatMap((part, index) => {
    const partPath = memberPath(partsPath, index);
    if (hasInvalidItemId(part)) {
      report("service-item-missing", partPath, "The id of the service's item is not a string.");
      hasForeignItems = true;
    }
    if (!isToolPart(part)) return fileParts(part, partPath, report);
    if (part.type === "tool-" || part["toolName"] === "") {
      report("call-invalid", partPath, "This call does not name a tool.");
      return [];
    }
    const named = isClosed
      ? namedCall(part, partPath, callIds, report)
      : openCall(part, mainCalls.get(part["toolCallId"]), partPath, callIds, report);
    hasForeignItems ||= named !== part && (named !== undefined || isClosed);
    return named === undefined ? [] : [named];
  });
  const isUnchanged =
    parts.length === message.parts.length && parts.every((part, i) => part === message.parts[i]);
  if (isUnchanged && !hasForeignItems) return message;
  const content = parts.length > 0 ? parts : [{ type: "step-start" }];
  // The service knows a renamed call by its old id, and rejects the items of a response in part.
  return { ...message, parts: hasForeignItems ? content.map(withoutServiceItems) : content };
}

function namedCall(part: Part, path: string, { used, all }: CallIds, report: Report): Part | undefined {
  const { toolCallId: id } = part;
  const isValid = typeof id === "string" && id !== "" && id.length <= MAX_CALL_ID_LENGTH;
  if (isValid && !used.has(id)) {
    used.add(id);
    return part;
  }
  if (isValid) report("call-id-duplicated", path, "Another call has the same id.");
  else report("call-id-invalid", path, "The id of this call is empty or too long.");
  // The id of a call that the provider ran names an item of its service.
  return part["providerExecuted"] === true ? undefined : { ...part, toolCallId: newCallId(path, all) };
}

/**
 * Decides which call of an open message an id means, because a page that answers the id would answer all of its calls.
 * Copies are dropped, and another call ends, with a new id.
 */
function openCall(
  part: Part,
  main: Part | undefined,
  path: string,
  { used, all }: CallIds,
  report: Report,
): Part | undefined {
  used.add(part["toolCallId"]);
  if (main === undefined || main === part) return part;
  report("call-id-duplicated", path, "Another call of this message has the same id.");
  const isCopy = isFinished(part)
    ? valueForm(part) === valueForm(main)
    : requestForm(part) === requestForm(main);
  if (isCopy) return undefined;
  const renamed = { ...part, toolCallId: newCallId(path, all) };
  if (isFinished(part)) return renamed;
  const isAsking = part["state"] === "approval-requested";
  return failedCall(renamed, isAsking ? NOT_APPROVED_RESULT : INTERRUPTED_RESULT);
}

function requestForm({ type, toolName, input }: Part): string {
  return valueForm({ type, toolName, input });
}

function valueForm(value: object): string {
  return canonicalJson(encode(value, "$"));
}

function newCallId(path: string, all: Set<unknown>): string {
  // Derived from the position, so that the prompt of the next turn starts with the same text, which providers cache.
  let newId = `call-${(path.match(/\d+/gu) ?? []).join("-")}`;
  while (all.has(newId)) newId += "-2";
  all.add(newId);
  return newId;
}

/** Replaces a file that the SDK cannot send, because its URL is invalid. */
function fileParts(part: Part, path: string, report: Report): Part[] {
  const isFile = part.type === "file" || part.type === "reasoning-file";
  if (!isFile || part["providerReference"] !== undefined || isReadable(String(part["url"]))) return [part];
  report("content-invalid", path, "The URL of this file is invalid.");
  return part.type === "file" ? [{ type: "text", text: "(This file could not be read.)" }] : [];
}

/** The SDK reads the content of a data URL after its comma. */
function isReadable(url: string): boolean {
  return URL.canParse(url) && (!/^data:/iu.test(url) || url.includes(","));
}
