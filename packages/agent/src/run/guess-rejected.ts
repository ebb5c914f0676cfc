import { leftOutAlone, positionsIn, type UnacceptedRange } from "../thread/unaccepted.ts";
import { isOutput } from "./leave-out-unaccepted.ts";
import { hasAttachments, isInput, isOwnResult, type Replacing, toNote } from "./unaccepted-notes.ts";

/** How many messages are left out alone, before several are. */
const MAX_SINGLE = 4;

type Guess = readonly UnacceptedRange[];

/** The ranges that a request contains. */
export interface SentRanges {
  /** Those with all of their messages. */
  readonly whole: readonly UnacceptedRange[];
  /** Those with all of their messages, or with all but results that `reduceHistory` has changed. */
  readonly replaceable: readonly UnacceptedRange[];
}

/**
 * Returns which messages of these ranges to leave out of a request, one guess after the other. A rejection rarely says
 * which message it is about, but most often one is too long. So the longest results and questions are left out one by
 * one, then the longer half of them, and then all. If that does not help, the service rejects what the model wrote: the
 * last of these turns is left out, and then all are. There are at most eight further requests, for which services charge
 * no tokens.
 */
export function guessRejected<Message extends object>(
  { whole, replaceable }: SentRanges,
  thread: readonly Message[],
  replacing: Replacing<Message>,
): Guess[] {
  return [...guessSome(whole, thread, replacing), ...guessTurns(replaceable, thread, replacing)];
}

/** Guesses that results or questions are rejected. */
function guessSome<Message extends object>(
  ranges: readonly UnacceptedRange[],
  thread: readonly Message[],
  replacing: Replacing<Message>,
): Guess[] {
  const replaceable = positionsIn(ranges).filter(
    (position) =>
      toNote(thread, position, replacing, false) !== undefined && !isOwnResult(thread, position, replacing),
  );
  const length = (position: number): number => JSON.stringify(thread[position]).length;
  const lengths = new Map(replaceable.map((position) => [position, length(position)]));
  const longest = replaceable.toSorted((a, b) => (lengths.get(b) ?? 0) - (lengths.get(a) ?? 0));
  const half = longest.slice(0, Math.ceil(longest.length / 2));
  const guesses = [
    ...longest.slice(0, MAX_SINGLE).map((position) => [position]),
    ...(half.length > 1 ? [half] : []),
    ...(longest.length > 1 ? [longest] : []),
  ];
  return guesses.map(leftOutAlone);
}

/** Guesses that something else is rejected: calls, the beginning of an answer, or the text of a question with images. */
function guessTurns<Message extends object>(
  ranges: readonly UnacceptedRange[],
  thread: readonly Message[],
  { threads }: Replacing<Message>,
): Guess[] {
  const whole = ranges.map((range) => ({ ...range, isLeftOut: true, isWhole: true }));
  const messagesOf = ({ start, end }: UnacceptedRange): readonly Message[] => thread.slice(start, end);
  const last = whole.findLast((range) => messagesOf(range).some((message) => isOutput(message, threads)));
  const hasMore = whole.flatMap(messagesOf).some((message) => isInput(message) && hasAttachments(message));
  return [
    ...(last === undefined || whole.length === 1 ? [] : [[last]]),
    ...(last === undefined && !hasMore ? [] : [whole]),
  ];
}
