import { fieldText, type Content } from "../content/content.ts";
import type { Message } from "../messages/message.ts";
import type { Report } from "../report.ts";
import type { ChatPart, ChatSpokenMessage } from "./chat-message.ts";
import { isEmpty, type Draft, type SpokenDraft } from "./draft.ts";
import { toCall, toPart, toResultText, wellFormedText } from "./to-parts.ts";

const spokenRoles: readonly string[] = [
  "assistant",
  "developer",
  "system",
  "user",
] satisfies SpokenDraft["role"][];

/** The messages of Chat Completions that say what a message of Agent Framework says: none, one or several. */
export function toDrafts(message: Message, report: Report): Draft[] {
  const { role } = message;
  if (role === "assistant") return toAssistantDrafts(message, report);
  const results = message.contents.filter(({ kind }) => kind === "result");
  const others = message.contents.filter(({ kind }) => kind !== "result");
  // Results first: whatever stands between a call and its result makes providers refuse the thread.
  const drafts: Draft[] = results.map((content) => toResult(content, report));
  if (!isSpokenRole(role)) {
    for (const content of others)
      carry(content, report, `in a message of role ${JSON.stringify(role.slice(0, 80))}`);
    return drafts;
  }
  const draft = startDraft(role, message, report);
  for (const content of others) {
    const part = toPart(content, role === "user", report);
    if (part === undefined) carry(content, report, `in a message of role "${role}"`);
    else addPart(draft, part, content);
  }
  return isEmpty(draft) ? drafts : [...drafts, draft];
}

/** What stands behind a result is the answer to it, and thus a message of its own. */
function toAssistantDrafts(message: Message, report: Report): Draft[] {
  const drafts: Draft[] = [];
  let draft = startDraft("assistant", message, report);
  const finish = (): void => {
    if (!isEmpty(draft)) drafts.push(draft);
    draft = startDraft("assistant", message, report);
  };
  for (const content of message.contents) {
    if (content.kind === "result") {
      finish();
      drafts.push(toResult(content, report));
    } else {
      addToAssistant(draft, content, report);
    }
  }
  finish();
  return drafts;
}

function addToAssistant(draft: SpokenDraft, content: Content, report: Report): void {
  if (content.kind === "call") {
    draft.calls.push(toCall(content, report));
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
  if (part === undefined) carry(content, report, 'in a message of role "assistant"');
  else addPart(draft, part, content);
}

function addPart(draft: SpokenDraft, part: ChatPart, content: Content): void {
  draft.parts.push(part);
  draft.contentPaths.push(content.path);
}

function toResult(content: Content, report: Report): Draft {
  const id = wellFormedText(content, "callId", report);
  const message = { role: "tool", tool_call_id: id, content: toResultText(content, report) } as const;
  return { role: "tool", message, path: content.path };
}

function startDraft(role: SpokenDraft["role"], message: Message, report: Report): SpokenDraft {
  const { path } = message;
  const name = readName(role, message, report);
  return { role, name, parts: [], calls: [], refusal: undefined, path, contentPaths: [], callPaths: [] };
}

// The assistant's name is the agent's: the model need not be told, and some providers refuse the member there.
function readName(role: string, { authorName, path }: Message, report: Report): string | undefined {
  if (role !== "user" || authorName === undefined || authorName === "") return undefined;
  if (/^[\w-]{1,64}$/.test(authorName)) return authorName;
  report(
    "carried",
    path,
    "the author's name: providers take letters, digits, _ and - only. Kept and written back.",
  );
  return undefined;
}

function carry({ path, type, kind }: Content, report: Report, where: string): void {
  const name = type === "" ? "content without a type" : JSON.stringify(type.slice(0, 80));
  const hint =
    kind === "approvalRequest" ? " A call that still waits for an answer has to be asked for again." : "";
  report(
    "carried",
    path,
    `${name} ${where} has no counterpart in Chat Completions. Kept and written back.${hint}`,
  );
}

function isSpokenRole(role: string): role is ChatSpokenMessage["role"] {
  return spokenRoles.includes(role);
}
