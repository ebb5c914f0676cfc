import { parseHttpHead, type HttpBody, type HttpHead } from "./http-head.ts";
import type { MessagePart, MessageSplitter } from "./message-part.ts";

/** Splits one direction of an HTTP/1.1 connection, which may carry any number of messages. */
export function splitHttp(bodyOf: (head: HttpHead) => HttpBody): MessageSplitter {
  let buffered: Buffer = Buffer.alloc(0);
  let body: BodyScanner | undefined;

  const takeHead = (): MessagePart | undefined => {
    const end = buffered.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const bytes = take(end + 4);
    const extent = bodyOf(parseHttpHead(bytes));
    const interim = extent === "none, more heads follow";
    body = interim ? undefined : scannerOf(extent);
    return { bytes, first: !interim, last: !interim && body === undefined, interim };
  };
  const takeBody = (scan: BodyScanner): MessagePart | undefined => {
    if (buffered.length === 0) return undefined;
    const { length, done } = scan(buffered);
    if (done) body = undefined;
    return { bytes: take(length), first: false, last: done, interim: false };
  };
  const take = (length: number): Buffer => {
    const bytes = buffered.subarray(0, length);
    buffered = buffered.subarray(length);
    return bytes;
  };

  return function* split(bytes) {
    buffered = Buffer.concat([buffered, bytes]);
    for (;;) {
      const part = body === undefined ? takeHead() : takeBody(body);
      if (part === undefined) return;
      yield part;
    }
  };
}

/** Returns how many of the bytes belong to the body, and whether the body ends with them. */
type BodyScanner = (bytes: Buffer) => { readonly length: number; readonly done: boolean };

/** Returns `undefined` for a message without a body. */
function scannerOf(extent: Exclude<HttpBody, "none, more heads follow">): BodyScanner | undefined {
  if (extent === "chunked") return chunkScanner();
  if (extent === "until close") return (bytes) => ({ length: bytes.length, done: false });
  let remaining = extent.length;
  if (remaining === 0) return undefined;
  return (bytes) => {
    const length = Math.min(remaining, bytes.length);
    remaining -= length;
    return { length, done: remaining === 0 };
  };
}

function chunkScanner(): BodyScanner {
  let line = "";
  let remaining = 0;
  let inTrailer = false;
  return (bytes) => {
    let position = 0;
    while (position < bytes.length) {
      if (remaining > 0) {
        const length = Math.min(remaining, bytes.length - position);
        remaining -= length;
        position += length;
        continue;
      }
      line += String.fromCharCode(bytes[position] ?? 0);
      position += 1;
      if (!line.endsWith("\r\n")) continue;
      if (inTrailer && line === "\r\n") return { length: position, done: true };
      const size = inTrailer ? 0 : Number.parseInt(line, 16);
      inTrailer = size === 0;
      // A line break follows the data of a chunk.
      remaining = inTrailer ? 0 : size + 2;
      line = "";
    }
    return { length: position, done: false };
  };
}
