import type { Model } from "../protocol.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { ToolCall } from "../tools/tool-call.ts";
import type { LeftOut } from "./left-out.ts";
import { isText } from "./remove-references.ts";

/** The requirements of replacing messages. */
export interface Replacing<Message extends object> {
  readonly threads: ThreadKind<string, Message>;
  readonly model: Pick<Model<Message, object>, "toToolResult">;
}

/** The messages of a request, some of which are replaced by notes. */
export interface Replaced<Message extends object> {
  readonly messages: readonly Message[];
  readonly leftOut: readonly LeftOut[];
}

const RESULT_NOTE = "(This result is not shown: the model's service did not accept it.)";
const ATTACHMENT_NOTE = "(An attachment is not shown: the model's service did not accept it.)";
const QUESTION_NOTE = "(This message is not shown: the model's service did not accept it.)";

/** Replaces the messages at these positions of a thread with notes, among the messages of a request. */
export function leaveOutUnaccepted<Message extends object>(
  messages: readonly Message[],
  thread: readonly Message[],
  positions: readonly number[],
  replacing: Replacing<Message>,
): Replaced<Message> {
  const notes = new Map<Message, Message>();
  const sent = new Set(messages);
  let results = 0;
  let questions = 0;
  for (const position of positions) {
    const message = thread[position];
    if (message === undefined || !sent.has(message)) continue;
    const note = toNote(thread, position, replacing);
    if (note === undefined) continue;
    notes.set(message, note);
    if (replacing.threads.isToolResult(message)) results += 1;
    else questions += 1;
  }
  const counts = [
    { reason: "results", count: results },
    { reason: "questions", count: questions },
  ];
  return {
    messages: messages.map((message) => notes.get(message) ?? message),
    leftOut: counts.filter(({ count }) => count > 0),
  };
}

/** Returns the note in place of the message at a position; `undefined` if it has to be sent. */
export function toNote<Message extends object>(
  thread: readonly Message[],
  position: number,
  replacing: Replacing<Message>,
): Message | undefined {
  const message = thread[position];
  if (message === undefined) return undefined;
  const isResult = replacing.threads.isToolResult(message);
  return isResult ? toResultNote(thread, position, replacing) : toQuestionNote(message, replacing);
}

function toResultNote<Message extends object>(
  thread: readonly Message[],
  index: number,
  { threads, model }: Replacing<Message>,
): Message | undefined {
  const start = thread.slice(0, index).findLastIndex((message) => roleOf(message) === "user") + 1;
  const findOpen = (end: number): readonly ToolCall[] =>
    threads.findOpenCalls(thread.slice(start, end), "$.messages", "THREAD_INVALID").calls;
  const openIds = new Set(findOpen(index + 1).map(({ callId }) => callId));
  const call = findOpen(index).find(({ callId }) => !openIds.has(callId));
  return call === undefined ? undefined : model.toToolResult(call, RESULT_NOTE, true);
}

/** Replaces the attachments of a question, or its text if it has none. */
function toQuestionNote<Message extends object>(
  message: Message,
  { threads: { wireForm } }: Replacing<Message>,
): Message | undefined {
  const role = roleOf(message);
  if (role !== "user") return undefined;
  const { content } = message as { readonly content?: unknown };
  const parts: readonly unknown[] = Array.isArray(content) ? content : [];
  if (parts.every(isText)) return { ...message, content: QUESTION_NOTE };
  const texts = parts.map((part) => (isText(part) ? part : wireForm.newTextPart(ATTACHMENT_NOTE, role)));
  return { ...message, content: texts };
}

function roleOf(message: object): unknown {
  return (message as { readonly role?: unknown }).role;
}
