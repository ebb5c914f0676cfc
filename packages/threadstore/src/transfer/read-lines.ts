import { createReadStream } from "node:fs";

/**
 * Yields the lines of a file as bytes, without their line breaks, with their numbers from 1 on. Decoders of text would
 * replace damaged characters, and other readers of lines also split at U+2028.
 */
export async function* readLines(
  path: string,
): AsyncGenerator<{ readonly number: number; readonly bytes: Buffer; readonly isComplete: boolean }> {
  let rest: Buffer[] = [];
  let number = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      number += 1;
      yield { number, bytes: Buffer.concat([...rest, chunk.subarray(start, end)]), isComplete: true };
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield { number: number + 1, bytes: Buffer.concat(rest), isComplete: false };
}
