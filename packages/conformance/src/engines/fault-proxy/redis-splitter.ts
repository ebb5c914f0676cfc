import type { MessageSplitter } from "./message-part.ts";

/** Splits RESP, versions 2 and 3, in either direction. Each command or reply is one part. */
export function splitRedis(): MessageSplitter {
  let buffered: Buffer = Buffer.alloc(0);
  return function* split(bytes) {
    buffered = Buffer.concat([buffered, bytes]);
    for (let end = endOfValue(buffered, 0); end !== undefined; end = endOfValue(buffered, 0)) {
      const isPush = buffered[0] === ">".charCodeAt(0);
      yield { bytes: buffered.subarray(0, end), first: !isPush, last: !isPush, interim: isPush };
      buffered = buffered.subarray(end);
    }
  };
}

/** Returns the words of a command. */
export function parseRedisCommand(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  let position = bytes.indexOf("\r\n") + 2;
  while (position < bytes.length) {
    const lineEnd = bytes.indexOf("\r\n", position);
    const length = Number(bytes.toString("latin1", position + 1, lineEnd));
    words.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length));
    position = lineEnd + 2 + length + 2;
  }
  return words;
}

/** Returns where the value at `start` ends, or `undefined` if it is incomplete. */
function endOfValue(bytes: Buffer, start: number): number | undefined {
  const lineEnd = bytes.indexOf("\r\n", start);
  if (lineEnd === -1) return undefined;
  const next = lineEnd + 2;
  const size = Number(bytes.toString("latin1", start + 1, lineEnd));
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case "$":
    case "!":
    case "=":
      // A size of -1 stands for a null value.
      return size < 0 ? next : withinBytes(bytes, next + size + 2);
    case "*":
    case "~":
    case ">":
      return endOfValues(bytes, next, size);
    case "%":
      return endOfValues(bytes, next, size * 2);
    case "|":
      // Attributes, followed by the value that they describe.
      return endOfValues(bytes, next, size * 2 + 1);
    default:
      return next;
  }
}

function endOfValues(bytes: Buffer, start: number, count: number): number | undefined {
  let end: number | undefined = start;
  for (let index = 0; index < count && end !== undefined; index += 1) end = endOfValue(bytes, end);
  return end;
}

function withinBytes(bytes: Buffer, end: number): number | undefined {
  return end <= bytes.length ? end : undefined;
}
