import type { MessageSplitter } from "./message-part.ts";

/** Divides RESP, versions 2 and 3, in either direction: a command or a reply is one part. */
export function splitRedis(): MessageSplitter {
  let rest: Buffer = Buffer.alloc(0);
  return function* split(bytes) {
    rest = Buffer.concat([rest, bytes]);
    for (let end = endOfValue(rest, 0); end !== undefined; end = endOfValue(rest, 0)) {
      const isPush = rest[0] === ">".charCodeAt(0);
      yield { bytes: rest.subarray(0, end), first: !isPush, last: !isPush, interim: isPush };
      rest = rest.subarray(end);
    }
  };
}

/** The words of a command. */
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

/** Where the value that starts at `start` ends; `undefined` while some of it is missing. */
function endOfValue(bytes: Buffer, start: number): number | undefined {
  const lineEnd = bytes.indexOf("\r\n", start);
  if (lineEnd === -1) return undefined;
  const next = lineEnd + 2;
  const size = Number(bytes.toString("latin1", start + 1, lineEnd));
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case "$":
    case "!":
    case "=":
      // -1 says "no value".
      return size < 0 ? next : withinBytes(bytes, next + size + 2);
    case "*":
    case "~":
    case ">":
      return endOfValues(bytes, next, size);
    case "%":
      return endOfValues(bytes, next, size * 2);
    case "|":
      // Attributes, before the value that they are about.
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
