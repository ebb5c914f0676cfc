import { parseHttpHead, type HttpBody, type HttpHead } from "./http-head.ts";
import type { MessagePart, MessageSplitter } from "./message-part.ts";

/** Divides HTTP/1.1 in one direction of a connection, with any number of messages on it. */
export function splitHttp(bodyOf: (head: HttpHead) => HttpBody): MessageSplitter {
  let rest: Buffer = Buffer.alloc(0);
  let body: BodyScanner | undefined;

  const takeHead = (): MessagePart | undefined => {
    const end = rest.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const bytes = take(end + 4);
    const extent = bodyOf(parseHttpHead(bytes));
    const interim = extent === "none, more heads follow";
    body = interim ? undefined : scannerOf(extent);
    return { bytes, first: !interim, last: !interim && body === undefined, interim };
  };
  const takeBody = (scan: BodyScanner): MessagePart | undefined => {
    if (rest.length === 0) return undefined;
    const { length, done } = scan(rest);
    if (done) body = undefined;
    return { bytes: take(length), first: false, last: done, interim: false };
  };
  const take = (length: number): Buffer => {
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };

  return function* split(bytes) {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const part = body === undefined ? takeHead() : takeBody(body);
      if (part === undefined) return;
      yield part;
    }
  };
}

/** How many of these bytes belong to the body, and whether it ends with them. */
type BodyScanner = (bytes: Buffer) => { readonly length: number; readonly done: boolean };

/** `undefined` for a message that ends with its head. */
function scannerOf(extent: Exclude<HttpBody, "none, more heads follow">): BodyScanner | undefined {
  if (extent === "chunked") return chunkScanner();
  if (extent === "until close") return (bytes) => ({ length: bytes.length, done: false });
  let missing = extent.length;
  if (missing === 0) return undefined;
  return (bytes) => {
    const length = Math.min(missing, bytes.length);
    missing -= length;
    return { length, done: missing === 0 };
  };
}

function chunkScanner(): BodyScanner {
  let line = "";
  let missing = 0;
  let inTrailer = false;
  return (bytes) => {
    let position = 0;
    while (position < bytes.length) {
      if (missing > 0) {
        const length = Math.min(missing, bytes.length - position);
        missing -= length;
        position += length;
        continue;
      }
      line += String.fromCharCode(bytes[position] ?? 0);
      position += 1;
      if (!line.endsWith("\r\n")) continue;
      if (inTrailer && line === "\r\n") return { length: position, done: true };
      const size = inTrailer ? 0 : Number.parseInt(line, 16);
      inTrailer = size === 0;
      // A chunk's data end with a line break of their own.
      missing = inTrailer ? 0 : size + 2;
      line = "";
    }
    return { length: position, done: false };
  };
}
