import type { Message } from "../messages/message.ts";
import type { Report } from "../report.ts";
import type { ChatMessage } from "./chat-message.ts";
import { finishDraft, type Draft, type SpokenDraft } from "./draft.ts";
import { toDrafts } from "./to-drafts.ts";

/**
 * Messages of Agent Framework and the messages of Chat Completions that say the same. Seldom one and one: a
 * message with three results becomes three, and a message with nothing for the model joins its neighbour.
 */
export interface ChatGroup {
  /** The positions of the messages of Agent Framework. */
  readonly sources: readonly number[];
  readonly chat: readonly ChatMessage[];
  /** For each of `chat`, where it comes from. */
  readonly places: readonly ChatPlace[];
}

/** Where a message of Chat Completions comes from. */
export interface ChatPlace {
  /** The message of Agent Framework; of a tool's result, the content. */
  readonly path: string;
  /** The contents that say what it says. */
  readonly contents: readonly string[];
  /** Its calls, in their order. */
  readonly calls: readonly string[];
}

interface OpenGroup {
  readonly sources: number[];
  readonly drafts: Draft[];
}

/** Turns a conversation of Agent Framework into one of Chat Completions. */
export function toChat(messages: readonly Message[], report: Report): ChatGroup[] {
  const groups: OpenGroup[] = [];
  const spoken = messages.map((message) => toDrafts(message, report));
  spoken.forEach((drafts, index) => {
    const next = drafts[1] ?? spoken.slice(index + 1).find((following) => following.length > 0)?.[0];
    addMessage(groups, index, drafts, next);
  });
  return groups.map(({ sources, drafts }) => ({
    sources,
    chat: drafts.map(finishDraft),
    places: drafts.map(toPlace),
  }));
}

function addMessage(
  groups: OpenGroup[],
  source: number,
  drafts: readonly Draft[],
  next: Draft | undefined,
): void {
  const group = groups.at(-1);
  if (group === undefined) {
    groups.push({ sources: [source], drafts: [...drafts] });
    return;
  }
  const [first, ...rest] = drafts;
  const calling = group.drafts.at(-1);
  if (first === undefined || group.drafts.length === 0) {
    group.sources.push(source);
    for (const draft of drafts) group.drafts.push(draft);
  } else if (isCalling(calling) && first.role === "assistant" && belongTogether(calling, first, next)) {
    // Calls of one turn in several messages: Chat Completions wants them in one, before the results.
    merge(calling, first);
    group.sources.push(source);
    for (const draft of rest) group.drafts.push(draft);
  } else {
    groups.push({ sources: [source], drafts: [...drafts] });
  }
}

/** Whether a message goes on with the calls of the one before: it calls, too, or the results come behind it. */
function belongTogether(calling: SpokenDraft, following: SpokenDraft, next: Draft | undefined): boolean {
  if (following.calls.length > 0) return true;
  return next?.role === "tool" && calling.calls.some(({ id }) => id === next.message.tool_call_id);
}

export function toPlace(draft: Draft): ChatPlace {
  const { path } = draft;
  if (draft.role === "tool") return { path, contents: [path], calls: [] };
  return { path, contents: draft.contentPaths, calls: draft.callPaths };
}

function isCalling(draft: Draft | undefined): draft is SpokenDraft {
  return draft?.role === "assistant" && draft.calls.length > 0;
}

function merge(into: SpokenDraft, from: SpokenDraft): void {
  for (const part of from.parts) into.parts.push(part);
  for (const call of from.calls) into.calls.push(call);
  for (const path of from.callPaths) into.callPaths.push(path);
  for (const path of from.contentPaths) into.contentPaths.push(path);
  into.refusal ??= from.refusal;
}
