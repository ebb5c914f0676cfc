import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "../thread/json.ts";
import {
  removeEntries,
  roleOf,
  setMember,
  withoutMember,
  type Draft,
  type Entry,
  type Wire,
} from "./draft.ts";
import type { Mender } from "./mender.ts";

/** Takes up the messages of a thread, each of which is looked at by itself. */
export function readEntries(list: readonly JsonValue[], wire: Wire, mender: Mender): Entry[] {
  return list.flatMap((value, position) => {
    const path = `$.messages[${position}]`;
    if (isJsonObject(value)) {
      const entry = wire.read(value, path, position);
      return wire.mendRole(entry, mender) ? [entry] : [];
    }
    const message = "this is no message object";
    mender.mend({ code: "message-invalid", path, position, message }, { drop: "it was dropped" });
    return [];
  });
}

/** Mends the contents of messages, and the member of calls where it holds none. */
export function mendContents(draft: Draft, mender: Mender): void {
  const removed = new Set<Entry>();
  for (const entry of draft.entries) {
    if (!mendContent(entry, draft.wire, mender)) removed.add(entry);
    else if (roleOf(entry) === "assistant") mendCallList(entry, mender);
  }
  removeEntries(draft, removed);
}

/** Whether the message stays. */
function mendContent(entry: Entry, wire: Wire, mender: Mender): boolean {
  const content = entry.message["content"];
  const role = roleOf(entry);
  // What has no role is no message, but something that a service did.
  if (typeof content === "string" || role === undefined) return true;
  if (Array.isArray(content)) {
    mendParts(entry, content, wire, mender);
    return true;
  }
  const isMissing = content === undefined || content === null;
  if (isMissing && (role === "assistant" || role === "function")) return true;
  let stays = true;
  const drop = () => {
    stays = false;
    return { what: "the message was dropped", action: "drop" } as const;
  };
  const rewrite = () => {
    // What nobody said is nothing to keep; but a call needs its result, even if that is nothing.
    if (isMissing && role !== "tool") return drop();
    setMember(entry, "content", isMissing ? "" : JSON.stringify(content));
    return isMissing ? "an empty text was put there" : "its JSON became the text";
  };
  const { contentPath: path, position } = entry;
  const message = isMissing ? "there is no content" : "the content is neither text nor a list of parts";
  mender.mend({ code: "content-invalid", path, position, message }, { rewrite, drop });
  return stays;
}

function mendParts(entry: Entry, content: readonly JsonValue[], wire: Wire, mender: Mender): void {
  const parts = content.flatMap((part, index) => {
    if (isPart(part)) return [part];
    let mended: JsonValue[] = [];
    const found = {
      code: "content-invalid",
      path: `${entry.contentPath}[${index}]`,
      position: entry.position,
      message: "this is no content part",
    } as const;
    mender.mend(found, {
      rewrite: () => {
        const text = typeof part === "string" ? part : JSON.stringify(part);
        mended = [wire.newTextPart(text, roleOf(entry))];
        return "it became a part of text";
      },
      drop: "the part was dropped",
    });
    return mended;
  });
  if (parts.length !== content.length || parts.some((part, index) => part !== content[index])) {
    setMember(entry, "content", parts);
  }
}

function isPart(part: JsonValue): boolean {
  if (!isJsonObject(part) || typeof part["type"] !== "string") return false;
  return part["type"] !== "text" || typeof part["text"] === "string";
}

function mendCallList(entry: Entry, mender: Mender): void {
  const calls = entry.message["tool_calls"];
  if (calls === undefined || (Array.isArray(calls) && calls.length > 0)) return;
  const remove = (): string => {
    entry.message = withoutMember(entry.message, "tool_calls");
    entry.isChanged = true;
    return "the member was dropped";
  };
  const { position } = entry;
  const path = `${entry.path}.tool_calls`;
  if (calls === null || Array.isArray(calls)) {
    const message = "there are no calls in it";
    mender.mend({ code: "calls-empty", path, position, message }, { rewrite: remove });
    return;
  }
  const message = "this is no list of calls";
  const drop = () => ({ what: remove(), action: "drop" }) as const;
  mender.mend({ code: "call-invalid", path, position, message }, { rewrite: drop, drop });
}

/** Drops messages of the assistant that say nothing. */
export function dropEmpty(draft: Draft, mender: Mender): void {
  const removed = new Set<Entry>();
  for (const entry of draft.entries) {
    if (roleOf(entry) !== "assistant" || entry.calls.length > 0 || hasContent(entry)) continue;
    const { path, position } = entry;
    const message = "the assistant's message has neither content nor calls";
    const drop = (): string => {
      removed.add(entry);
      return "the message was dropped";
    };
    mender.mend({ code: "message-empty", path, position, message }, { drop });
  }
  removeEntries(draft, removed);
}

/** Whether a message of the assistant has anything, apart from calls, that a provider would take it for. */
export function hasContent({ message }: Entry): boolean {
  const { content, refusal, audio, function_call: call } = message;
  if (isJsonObject(audio) || isJsonObject(call)) return true;
  if (typeof refusal === "string" && refusal !== "") return true;
  return content !== undefined && content !== null && !isEmptyContent(content);
}

function isEmptyContent(content: JsonValue): boolean {
  if (!Array.isArray(content)) return content === "";
  return content.every((part) => isJsonObject(part) && isEmptyText(part));
}

function isEmptyText({ type, text, refusal }: JsonObject): boolean {
  return text === "" ? type === "text" || type === "output_text" : type === "refusal" && refusal === "";
}

/** Drops what says once more exactly what the message before it says. Results are told apart by their calls. */
export function dropDuplicates(draft: Draft, mender: Mender): void {
  const removed = new Set<Entry>();
  let previous: string | undefined;
  for (const entry of draft.entries) {
    // As text, so that the order of members counts: a copy is a copy to the byte.
    const text = roleOf(entry) === "tool" ? undefined : JSON.stringify(draft.wire.finish(entry));
    if (text !== undefined && text === previous) {
      const { path, position } = entry;
      const message = "this message says exactly what the one before it says";
      const drop = (): string => {
        removed.add(entry);
        return "it was dropped";
      };
      mender.mend({ code: "message-duplicated", path, position, message }, { drop });
    }
    previous = text;
  }
  removeEntries(draft, removed);
}
