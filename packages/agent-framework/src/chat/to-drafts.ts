import { quoteName } from "@threadstore/core/documents";
import { type Content, fieldText } from "../content/content.ts";
import type { CallFacts } from "../messages/call-facts.ts";
import type { Message } from "../messages/message.ts";
import type { Report } from "../report.ts";
import type { ChatPart, ChatSpeakerMessage } from "./converted-message.ts";
import { type Draft, isEmpty, type SpeakerDraft } from "./draft.ts";
import { toCall, toPart, toResultText, wellFormedText } from "./to-parts.ts";

const SPEAKER_ROLES: readonly string[] = [
  "assistant",
  "developer",
  "system",
  "user",
] satisfies SpeakerDraft["role"][];

/** The context that the conversion of a message depends on. */
export interface DraftContext {
  readonly facts: Pick<CallFacts, "unansweredNotes">;
  /** The paths of requests for approval that become the calls that they are about. */
  readonly pendingPaths: ReadonlySet<string>;
  readonly report: Report;
}

/** Converts a message of Agent Framework to the messages of Chat Completions that correspond to it, if any. */
export function toDrafts(message: Message, context: DraftContext): Draft[] {
  const { role } = message;
  const { report } = context;
  if (message.isExcluded) {
    report("preserved", message.path, "Compaction excluded this message. It is stored and written back.");
    return [];
  }
  if (role === "assistant") return toAssistantDrafts(message, context);
  const results = message.contents.filter(({ kind }) => kind === "result");
  const others = message.contents.filter(({ kind }) => kind !== "result");
  // Results come first: providers reject a thread in which anything separates a call from its result.
  const drafts: Draft[] = results.map((content) => toResult(content, report));
  if (!isSpeakerRole(role)) {
    for (const content of others) reportPreserved(content, role, report);
    return drafts;
  }
  const draft = newDraft(role, message, report);
  for (const content of others) {
    const part = toPart(content, role === "user", report);
    if (part === undefined) reportPreserved(content, role, report);
    else addPart(draft, part, content);
  }
  return isEmpty(draft) ? drafts : [...drafts, draft];
}

/** Content items after a result respond to it, so they become a separate message. */
function toAssistantDrafts(message: Message, context: DraftContext): Draft[] {
  const { report } = context;
  const drafts: Draft[] = [];
  let draft = newDraft("assistant", message, report);
  const finish = (): void => {
    if (!isEmpty(draft)) drafts.push(draft);
    draft = newDraft("assistant", message, report);
  };
  for (const content of message.contents) {
    if (content.kind === "result") {
      finish();
      drafts.push(toResult(content, report));
    } else {
      addToAssistant(draft, content, context);
    }
  }
  finish();
  return drafts;
}

function addToAssistant(draft: SpeakerDraft, content: Content, context: DraftContext): void {
  const { report } = context;
  const call = context.pendingPaths.has(content.path) ? content.call : content;
  if (call?.kind === "call" && !context.facts.unansweredNotes.has(call.path)) {
    draft.calls.push(toCall(call, report));
    draft.callPaths.push(content.path);
    draft.contentPaths.push(content.path);
    return;
  }
  const isRefusal = content.kind === "error" && fieldText(content, "code") === "Refusal";
  if (isRefusal && draft.refusal === undefined) {
    draft.refusal = wellFormedText(content, "message", report);
    draft.contentPaths.push(content.path);
    return;
  }
  const part = toPart(content, false, report);
  if (part === undefined) reportPreserved(content, "assistant", report);
  else addPart(draft, part, content);
}

function addPart(draft: SpeakerDraft, part: ChatPart, content: Content): void {
  draft.parts.push(part);
  draft.contentPaths.push(content.path);
}

function toResult(content: Content, report: Report): Draft {
  const id = wellFormedText(content, "callId", report);
  const message = { role: "tool", tool_call_id: id, content: toResultText(content, report) } as const;
  return { role: "tool", message, path: content.path };
}

function newDraft(role: SpeakerDraft["role"], message: Message, report: Report): SpeakerDraft {
  const { path } = message;
  const name = readName(role, message, report);
  return { role, name, parts: [], calls: [], refusal: undefined, path, contentPaths: [], callPaths: [] };
}

// The assistant's name is left out: it is the agent's name, the model does not need it, and some providers reject it.
function readName(role: string, { authorName, path }: Message, report: Report): string | undefined {
  if (role !== "user" || authorName === undefined || authorName === "") return undefined;
  if (/^[\w-]{1,64}$/.test(authorName)) return authorName;
  report(
    "preserved",
    path,
    "Providers accept only letters, digits, _ and - in an author's name. The name is stored and written back.",
  );
  return undefined;
}

function reportPreserved({ path, type, kind }: Content, role: string, report: Report): void {
  const subject = type === "" ? "content without a type" : `content of type ${quoteName(type)}`;
  const warning = WARNINGS[kind] ?? "";
  report(
    "preserved",
    path,
    `Chat Completions has no counterpart for ${subject} in a message of role ${quoteName(role)}. It is stored and written back.${warning}`,
  );
}

const WARNINGS: { readonly [kind: string]: string } = {
  approvalRequest: " If it is pending, answer it in Agent Framework.",
  approvalResponse: " If its call has not run, Agent Framework runs it.",
};

function isSpeakerRole(role: string): role is ChatSpeakerMessage["role"] {
  return SPEAKER_ROLES.includes(role);
}
