import { createReadStream } from "node:fs";

/** A line of a file. */
export interface FileLine {
  /** Its number, from 1 on. */
  readonly number: number;
  /** The line without its line break. Empty if it is too long. */
  readonly bytes: Buffer;
  /** Whether the line ends with a line break. */
  readonly isComplete: boolean;
  readonly isTooLong: boolean;
}

/**
 * Yields the lines of a file as bytes, of which none has more than `maxBytes`. Decoders of text would replace damaged
 * characters, and other readers of lines also split at U+2028.
 */
export async function* readLines(path: string, maxBytes: number = Infinity): AsyncGenerator<FileLine> {
  let rest: Buffer[] = [];
  let length = 0;
  let number = 0;
  const add = (bytes: Buffer): void => {
    length += bytes.length;
    if (length > maxBytes) rest = [];
    else rest.push(bytes);
  };
  const take = (isComplete: boolean): FileLine => {
    const line = {
      number: (number += 1),
      bytes: Buffer.concat(rest),
      isComplete,
      isTooLong: length > maxBytes,
    };
    [rest, length] = [[], 0];
    return line;
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      add(chunk.subarray(start, end));
      yield take(true);
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (length > 0) yield take(false);
}
