import { INTERRUPTED_RESULT } from "../repair/interrupted-texts.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { ToolCall } from "../thread/tool-call.ts";
import { INTERRUPTED, UNSAVED } from "../tools/plan-call.ts";
import { definitionOf } from "../wire-form/message-entry.ts";
import { NOT_RUN } from "./abandon-turn.ts";
import type { Model } from "./protocol.ts";
import { isText } from "./remove-references.ts";

/** The requirements of replacing messages. */
export interface Replacing<Message extends object> {
  readonly threads: ThreadKind<string, Message>;
  readonly model: Pick<Model<Message, object>, "toAnswer" | "toToolResult">;
  /** The tools of the agent, by name. */
  readonly tools: ReadonlyMap<string, unknown>;
}

const RESULT_NOTE = "(This result is not shown: the model's service did not accept it.)";
const ATTACHMENT_NOTE = "(An attachment is not shown: the model's service did not accept it.)";
const QUESTION_NOTE = "(This message is not shown: the model's service did not accept it.)";
const TURN_NOTE = "The end of this turn is not shown: the model's service did not accept it.";

/** The results that agents write themselves. Services do not reject them. */
const OWN_RESULTS: readonly string[] = [INTERRUPTED, INTERRUPTED_RESULT, NOT_RUN, UNSAVED];

const INPUT_ROLES: readonly unknown[] = ["developer", "system", "user"];

/**
 * Returns the note in place of a result or a question at a position; `undefined` for another message. The note in place
 * of a question keeps the text beside attachments, unless it must replace all of the content.
 */
export function toNote<Message extends object>(
  thread: readonly Message[],
  position: number,
  replacing: Replacing<Message>,
  isWhole: boolean,
): Message | undefined {
  const message = thread[position];
  if (message === undefined) return undefined;
  if (isInput(message)) return toQuestionNote(message, replacing, isWhole);
  const call = findAnsweredCall(thread, position, replacing);
  return call && replacing.model.toToolResult(call, RESULT_NOTE, true);
}

/** Returns the note in place of the messages at the end of a turn, with the names of tools that they call. */
export function toTurnNote<Message extends object>(
  messages: readonly Message[],
  { threads: { wireForm }, model, tools }: Replacing<Message>,
): Message {
  const names = messages
    .flatMap((message) => wireForm.read(message as never, "", 0).calls)
    .map((call) => definitionOf(call)?.["name"])
    // The service receives the names of these tools in any case, so it does not reject them.
    .filter((name): name is string => typeof name === "string" && tools.has(name));
  if (names.length === 0) return model.toAnswer(`(${TURN_NOTE})`);
  const called = [...new Set(names)].join(", ");
  return model.toAnswer(`(${TURN_NOTE} It had called these tools, whose results are not shown: ${called}.)`);
}

/** Returns whether the message at a position is a result that the agent wrote itself. */
export function isOwnResult<Message extends object>(
  thread: readonly Message[],
  position: number,
  replacing: Replacing<Message>,
): boolean {
  const call = findAnsweredCall(thread, position, replacing);
  if (call === undefined) return false;
  const json = JSON.stringify(thread[position]);
  return OWN_RESULTS.some((text) => JSON.stringify(replacing.model.toToolResult(call, text, true)) === json);
}

/** Returns whether a message is part of the input of a run. */
export function isInput(message: object): boolean {
  return INPUT_ROLES.includes((message as { readonly role?: unknown }).role);
}

/** Returns whether a message contains something other than text. */
export function hasAttachments(message: object): boolean {
  const { content } = message as { readonly content?: unknown };
  return Array.isArray(content) && !content.every(isText);
}

/** Returns the call that the result at a position answers; `undefined` for another message. */
function findAnsweredCall<Message extends object>(
  thread: readonly Message[],
  index: number,
  { threads }: Replacing<Message>,
): ToolCall | undefined {
  const message = thread[index];
  if (message === undefined || !threads.isToolResult(message)) return undefined;
  const start = thread.slice(0, index).findLastIndex(isInput) + 1;
  const findOpen = (end: number): readonly ToolCall[] =>
    threads.findOpenCalls(thread.slice(start, end), "$.messages", "THREAD_INVALID").calls;
  const openIds = new Set(findOpen(index + 1).map(({ callId }) => callId));
  return findOpen(index).find(({ callId }) => !openIds.has(callId));
}

function toQuestionNote<Message extends object>(
  message: Message,
  { threads: { wireForm } }: Replacing<Message>,
  isWhole: boolean,
): Message {
  if (isWhole || !hasAttachments(message)) return { ...message, content: QUESTION_NOTE };
  const { content, role } = message as { readonly content?: unknown; readonly role?: string };
  const parts = content as readonly unknown[];
  const texts = parts.map((part) => (isText(part) ? part : wireForm.newTextPart(ATTACHMENT_NOTE, role)));
  return { ...message, content: texts };
}
