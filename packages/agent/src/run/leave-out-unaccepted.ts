import type { LeftOut } from "../left-out.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import type { UnacceptedRange } from "../thread/unaccepted.ts";
import { isInput, type Replacing, toNote, toTurnNote } from "./unaccepted-notes.ts";

/** The messages of a request, some of which are replaced by notes. */
export interface Replaced<Message extends object> {
  readonly messages: readonly Message[];
  readonly leftOut: readonly LeftOut[];
}

/** The messages of a request that notes replace. */
interface Replacements<Message extends object> {
  /** Those that a note replaces one for one. */
  readonly notes: ReadonlyMap<Message, Message>;
  /** The model's, for which there is one note together. */
  readonly outputs: ReadonlySet<Message>;
}

/** Replaces the messages in ranges of a thread with notes, among the messages of a request. */
export function leaveOutUnaccepted<Message extends object>(
  messages: readonly Message[],
  thread: readonly Message[],
  ranges: readonly UnacceptedRange[],
  replacing: Replacing<Message>,
): Replaced<Message> {
  const { notes, outputs } = findReplacements(messages, thread, ranges, replacing);
  const counts = { results: 0, questions: 0, turns: 0 };
  const sent: Message[] = [];
  let omitted: Message[] = [];
  const addTurnNote = (): void => {
    if (omitted.length > 0) sent.push(toTurnNote(omitted, replacing));
    counts.turns += omitted.length;
    omitted = [];
  };
  for (const message of messages) {
    const isResult = replacing.threads.isToolResult(message);
    // A result cannot stay without its call, even if `reduceHistory` has changed it.
    if (outputs.has(message) || (isResult && omitted.length > 0)) {
      omitted.push(message);
      continue;
    }
    addTurnNote();
    const note = notes.get(message);
    if (note !== undefined) counts[isResult ? "results" : "questions"] += 1;
    sent.push(note ?? message);
  }
  addTurnNote();
  const leftOut = Object.entries(counts).map(([reason, count]) => ({ reason, count }));
  return { messages: sent, leftOut: leftOut.filter(({ count }) => count > 0) };
}

function findReplacements<Message extends object>(
  messages: readonly Message[],
  thread: readonly Message[],
  ranges: readonly UnacceptedRange[],
  replacing: Replacing<Message>,
): Replacements<Message> {
  const { threads } = replacing;
  const sent = new Set(messages);
  const notes = new Map<Message, Message>();
  const outputs = new Set<Message>();
  for (const { start, end, isWhole } of ranges) {
    const isComplete = (message: Message): boolean => !isOutput(message, threads) || sent.has(message);
    const isReplaced = isWhole && thread.slice(start, end).every(isComplete);
    for (let position = start; position < end; position += 1) {
      const message = thread[position];
      if (message === undefined || !sent.has(message)) continue;
      if (isReplaced && isOutput(message, threads)) outputs.add(message);
      const note = toNote(thread, position, replacing, isReplaced);
      if (note !== undefined) notes.set(message, note);
    }
  }
  return { notes, outputs };
}

/** Returns whether a message is from the model: not the input of a run, and not a result. */
export function isOutput<Message extends object>(
  message: Message,
  threads: ThreadKind<string, Message>,
): boolean {
  return !isInput(message) && !threads.isToolResult(message);
}
