/** A part of a request or response, as received. */
export interface MessagePart {
  readonly bytes: Buffer;
  /** Whether the message starts with this part. The first part of an HTTP message contains the whole head. */
  readonly first: boolean;
  /** Whether the message ends with this part. */
  readonly last: boolean;
  /** Whether this precedes a response without being part of it: HTTP's `100 Continue`, or a push of RESP3. */
  readonly interim: boolean;
}

/** Splits a stream of bytes into messages. Incomplete parts are buffered until more bytes arrive. */
export type MessageSplitter = (bytes: Buffer) => Iterable<MessagePart>;

/** For unknown protocols: everything that a client sends is one request, and the first bytes from the server respond. */
export function splitNothing(role: "request" | "response"): MessageSplitter {
  let first = true;
  return (bytes) => {
    const part = { bytes, first, last: first && role === "response", interim: false };
    first = false;
    return [part];
  };
}
