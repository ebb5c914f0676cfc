import type { Message } from "../messages/message.ts";
import type { ChatMessage } from "./converted-message.ts";
import { type Draft, finishDraft, type SpeakerDraft } from "./draft.ts";
import { type DraftContext, toDrafts } from "./to-drafts.ts";

/**
 * Messages of Agent Framework and their counterparts in Chat Completions. These rarely correspond one to one: a
 * message with three results becomes three messages, and a message without content for the model joins the one
 * before it.
 */
export interface ChatGroup {
  /** The positions of the messages of Agent Framework. */
  readonly sources: readonly number[];
  readonly chat: readonly ChatMessage[];
  /** The origin of each message in {@link chat}. */
  readonly origins: readonly ChatOrigin[];
}

/** The location in Agent Framework's thread from which a message of Chat Completions was converted. */
export interface ChatOrigin {
  /** The path of the message, or of the content item for a tool result. */
  readonly path: string;
  /** The paths of the content items. */
  readonly contents: readonly string[];
  /** The paths of the calls, in order. */
  readonly calls: readonly string[];
}

interface OpenGroup {
  readonly sources: number[];
  readonly drafts: Draft[];
}

/** Converts a conversation of Agent Framework to one of Chat Completions. */
export function toChat(messages: readonly Message[], context: DraftContext): ChatGroup[] {
  const groups: OpenGroup[] = [];
  const converted = messages.map((message) => toDrafts(message, context));
  converted.forEach((drafts, index) => {
    const next = drafts[1] ?? converted.slice(index + 1).find((later) => later.length > 0)?.[0];
    addMessage(groups, index, drafts, next);
  });
  return groups.map(({ sources, drafts }) => ({
    sources,
    chat: drafts.map(finishDraft),
    origins: drafts.map(toOrigin),
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
  const [first, ...others] = drafts;
  const calling = group.drafts.at(-1);
  if (first === undefined || group.drafts.length === 0) {
    group.sources.push(source);
    for (const draft of drafts) group.drafts.push(draft);
  } else if (isCalling(calling) && first.role === "assistant" && continuesCalls(first, calling, next)) {
    // Chat Completions requires parallel calls in one message, before their results.
    merge(calling, first);
    group.sources.push(source);
    for (const draft of others) group.drafts.push(draft);
  } else {
    groups.push({ sources: [source], drafts: [...drafts] });
  }
}

/** Returns whether a message continues the calls before it: it has calls too, or is followed by their results. */
function continuesCalls(draft: SpeakerDraft, calling: SpeakerDraft, next: Draft | undefined): boolean {
  if (draft.calls.length > 0) return true;
  return next?.role === "tool" && calling.calls.some(({ id }) => id === next.message.tool_call_id);
}

export function toOrigin(draft: Draft): ChatOrigin {
  const { path } = draft;
  if (draft.role === "tool") return { path, contents: [path], calls: [] };
  return { path, contents: draft.contentPaths, calls: draft.callPaths };
}

function isCalling(draft: Draft | undefined): draft is SpeakerDraft {
  return draft?.role === "assistant" && draft.calls.length > 0;
}

function merge(target: SpeakerDraft, source: SpeakerDraft): void {
  for (const part of source.parts) target.parts.push(part);
  for (const call of source.calls) target.calls.push(call);
  for (const path of source.callPaths) target.callPaths.push(path);
  for (const path of source.contentPaths) target.contentPaths.push(path);
  target.refusal ??= source.refusal;
}
