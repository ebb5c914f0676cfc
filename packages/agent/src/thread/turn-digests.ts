import { shortDigest } from "./short-digest.ts";

/** The range of messages that the input of a turn is. */
export interface InputPlace {
  /** The index of its first message. */
  readonly start: number;
  /** The number of its messages. */
  readonly input: number;
}

/** Returns the digests of the first and the last message of an input, or of its only one. */
export function digestInput(input: readonly object[]): readonly string[] {
  const [first, ...others] = input;
  const last = others.at(-1);
  return [first, last].flatMap((message) => (message === undefined ? [] : [digestOf(message)]));
}

/**
 * Returns where the input with these digests is among messages, if that is not where its turn says; `undefined` if it is
 * there, or nowhere: another program can have edited it.
 */
export function findMovedInput(
  digests: readonly string[],
  { start, input }: InputPlace,
  messages: readonly object[],
): InputPlace | undefined {
  const [firstDigest, lastDigest = firstDigest] = digests;
  if (firstDigest === undefined) return undefined;
  const current = digestInput(messages.slice(start, start + input));
  if (current.length === digests.length && current.every((digest, index) => digest === digests[index])) {
    return undefined;
  }
  const end = messages.findLastIndex((message) => digestOf(message) === lastDigest);
  const isSingle = digests.length === 1;
  const first = isSingle
    ? end
    : messages.findLastIndex((message, index) => index < end && digestOf(message) === firstDigest);
  return first < 0 || end < 0 ? undefined : { start: first, input: end - first + 1 };
}

function digestOf(message: object): string {
  return shortDigest(JSON.stringify(message));
}
