import { type Replacing, toNote } from "./leave-out-unaccepted.ts";

/** How many messages are left out alone, before several are. */
const MAX_SINGLE = 4;

/**
 * Returns which of the messages at these positions to leave out of a request, one guess after the other. A refusal
 * rarely says which message it is about, but most often one is too long. So the longest are left out one by one, then
 * the longer half of all, and then all. There are at most six further requests, for
 * which services charge no tokens.
 */
export function guessRefused<Message extends object>(
  positions: readonly number[],
  thread: readonly Message[],
  replacing: Replacing<Message>,
): (readonly number[])[] {
  const replaceable = positions.filter((position) => toNote(thread, position, replacing) !== undefined);
  const length = (position: number): number => JSON.stringify(thread[position]).length;
  const lengths = new Map(replaceable.map((position) => [position, length(position)]));
  const longest = replaceable.toSorted((a, b) => (lengths.get(b) ?? 0) - (lengths.get(a) ?? 0));
  const half = longest.slice(0, Math.ceil(longest.length / 2));
  return [
    ...longest.slice(0, MAX_SINGLE).map((position) => [position]),
    ...(half.length > 1 ? [half] : []),
    ...(longest.length > 1 ? [longest] : []),
  ];
}
