import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { FixResult, Repairer } from "../findings/repairer.ts";
import { type MessageEntry, roleOf, setMember, withoutMember } from "../wire-form/message-entry.ts";
import type { WireForm } from "../wire-form/wire-form.ts";
import { removeEntries, type RepairDraft } from "./repair-draft.ts";

/** Reads the messages of a thread, and repairs faults of single messages that cannot be read. */
export function readEntries(
  messages: readonly JsonValue[],
  form: WireForm,
  repairer: Repairer,
): MessageEntry[] {
  return messages.flatMap((value, position) => {
    const path = `$.messages[${position}]`;
    if (isJsonObject(value)) {
      const entry = form.read(value, path, position);
      return form.checkRole(entry, repairer) ? [entry] : [];
    }
    const message = "This is not a message object.";
    repairer.repair({ code: "message-invalid", path, position, message }, { drop: "A repair drops it." });
    return [];
  });
}

/** Repairs the contents of messages, and removes lists of calls that do not contain any. */
export function repairContents(draft: RepairDraft, repairer: Repairer): void {
  const removed = new Set<MessageEntry>();
  for (const entry of draft.entries) {
    if (!repairContent(entry, draft.form, repairer)) removed.add(entry);
    else if (roleOf(entry) === "assistant") repairCallList(entry, repairer);
  }
  removeEntries(draft, removed);
}

/** Returns whether the message is kept. */
function repairContent(entry: MessageEntry, form: WireForm, repairer: Repairer): boolean {
  const content = entry.value["content"];
  const role = roleOf(entry);
  // An item without a role is not a message but an action of the service.
  if (typeof content === "string" || role === undefined) return true;
  if (Array.isArray(content)) {
    repairParts(entry, content, form, repairer);
    if (content.length === 0 && role === "tool" && form.isChatCompletions) fillResult(entry, repairer);
    return true;
  }
  const isMissing = content === undefined || content === null;
  if (isMissing && (role === "assistant" || role === "function")) return true;
  let isKept = true;
  const drop = () => {
    isKept = false;
    return { description: "A repair drops the message.", action: "drop" } as const;
  };
  const rewrite = () => {
    // A message without content says nothing, but a call needs its result even if it is empty.
    if (isMissing && role !== "tool") return drop();
    setMember(entry, "content", isMissing ? "" : JSON.stringify(content));
    return isMissing ? "A repair sets it to an empty string." : "A repair replaces it with its JSON text.";
  };
  const { contentPath: path, position } = entry;
  const message = isMissing
    ? "The content is missing."
    : "The content is neither a string nor an array of parts.";
  repairer.repair({ code: "content-invalid", path, position, message }, { rewrite, drop });
  return isKept;
}

/** A call needs its result even if it is empty, and Chat Completions rejects an empty array. */
function fillResult(entry: MessageEntry, repairer: Repairer): void {
  const { contentPath: path, position } = entry;
  const rewrite = (): FixResult => {
    setMember(entry, "content", "");
    return { description: "A repair sets it to an empty string.", action: "rewrite" };
  };
  const message = "The content is an empty array.";
  repairer.repair({ code: "content-invalid", path, position, message }, { rewrite, drop: rewrite });
}

function repairParts(
  entry: MessageEntry,
  content: readonly JsonValue[],
  form: WireForm,
  repairer: Repairer,
): void {
  const parts = content.flatMap((part, index) => {
    const isTyped = isJsonObject(part) && typeof part["type"] === "string";
    const accepted = isTyped ? form.toPart(part, roleOf(entry)) : undefined;
    if (accepted === part) return [part];
    let replacement: JsonValue[] = [];
    const finding = {
      code: "content-invalid",
      path: `${entry.contentPath}[${index}]`,
      position: entry.position,
      message: isTyped ? "The API does not accept this part in this message." : "This is not a content part.",
    } as const;
    repairer.repair(finding, {
      rewrite: () => {
        const text = typeof part === "string" ? part : JSON.stringify(part);
        replacement = [accepted ?? form.newTextPart(text, roleOf(entry))];
        return accepted === undefined
          ? "A repair converts it to a text part."
          : "A repair converts it to the form of the API.";
      },
      drop: "A repair drops it.",
    });
    return replacement;
  });
  if (parts.length !== content.length || parts.some((part, index) => part !== content[index])) {
    // A call needs its result even if nothing of it can be kept. Providers reject an empty array.
    const isEmptyResult = parts.length === 0 && roleOf(entry) === "tool";
    setMember(entry, "content", isEmptyResult ? "" : parts);
  }
}

function repairCallList(entry: MessageEntry, repairer: Repairer): void {
  const calls = entry.value["tool_calls"];
  if (calls === undefined || (Array.isArray(calls) && calls.length > 0)) return;
  const remove = (): string => {
    entry.value = withoutMember(entry.value, "tool_calls");
    entry.isChanged = true;
    return "A repair removes the member.";
  };
  const { position } = entry;
  const path = `${entry.path}.tool_calls`;
  if (calls === null || Array.isArray(calls)) {
    const message = "The list of calls is empty.";
    repairer.repair({ code: "calls-empty", path, position, message }, { rewrite: remove });
    return;
  }
  const message = "This is not a list of calls.";
  const drop = () => ({ description: remove(), action: "drop" }) as const;
  repairer.repair({ code: "call-invalid", path, position, message }, { rewrite: drop, drop });
}

/** Drops assistant messages that say nothing, messages without parts, and messages of the given roles without content. */
export function dropEmpty(draft: RepairDraft, repairer: Repairer, filledRoles: readonly string[]): void {
  const removed = new Set<MessageEntry>();
  for (const entry of draft.entries) {
    const isRequired = filledRoles.includes(roleOf(entry) ?? "");
    const isOfModel = isEmptyAnswer(entry);
    if (!isOfModel && !isEmptyList(entry) && !(isRequired && isBlank(entry.value["content"]))) continue;
    const { path, position } = entry;
    const message = isOfModel
      ? "The assistant message has neither content nor calls."
      : "The message does not have content.";
    const drop = (): string => {
      removed.add(entry);
      return "A repair drops it.";
    };
    repairer.repair({ code: "message-empty", path, position, message }, { drop });
  }
  removeEntries(draft, removed);
}

/** Returns whether this is a message of the assistant that says nothing. */
export function isEmptyAnswer(entry: MessageEntry): boolean {
  return roleOf(entry) === "assistant" && entry.calls.length === 0 && !hasContent(entry);
}

/** Returns whether an assistant message has content, apart from calls, that makes providers accept it. */
export function hasContent({ value }: MessageEntry): boolean {
  const { content, refusal, audio, function_call: call } = value;
  if (isJsonObject(audio) || isJsonObject(call)) return true;
  if (typeof refusal === "string" && refusal !== "") return true;
  return content !== undefined && content !== null && !isEmptyContent(content);
}

/** Returns whether this is a message of another role with an empty array of parts, which no provider accepts. */
function isEmptyList(entry: MessageEntry): boolean {
  const { content } = entry.value;
  return roleOf(entry) !== "tool" && Array.isArray(content) && content.length === 0;
}

function isBlank(content: JsonValue | undefined): boolean {
  if (!Array.isArray(content)) return typeof content === "string" && content.trim() === "";
  return content.every((part) => isJsonObject(part) && part["type"] === "text" && isBlank(part["text"]));
}

function isEmptyContent(content: JsonValue): boolean {
  if (!Array.isArray(content)) return content === "";
  return content.every((part) => isJsonObject(part) && isEmptyText(part));
}

function isEmptyText({ type, text, refusal }: JsonObject): boolean {
  // A copy of a call that Anthropic's messages contain.
  if (type === "tool_use") return true;
  return text === "" ? type === "text" || type === "output_text" : type === "refusal" && refusal === "";
}

/**
 * Drops messages that are identical to the previous one, and repeated actions of the service. Results are compared by
 * their calls, in a separate step.
 */
export function dropDuplicates(draft: RepairDraft, repairer: Repairer): void {
  const removed = new Set<MessageEntry>();
  const ids = new Set<string>();
  let previousText: string | undefined;
  for (const entry of draft.entries) {
    // Compares the text, so that the order of members counts: a duplicate is identical byte for byte.
    const text = roleOf(entry) === "tool" ? undefined : JSON.stringify(draft.form.write(entry));
    const id = draft.form.serviceActionId(entry.source);
    const isIdentical = text !== undefined && text === previousText;
    if (isIdentical || (id !== undefined && ids.has(id))) {
      const { path, position } = entry;
      const message = isIdentical
        ? "The message is identical to the previous one."
        : "An earlier item has the same id.";
      const drop = (): string => {
        removed.add(entry);
        return "A repair drops it.";
      };
      repairer.repair({ code: "message-duplicated", path, position, message }, { drop });
    }
    if (id !== undefined) ids.add(id);
    previousText = text;
  }
  removeEntries(draft, removed);
}
