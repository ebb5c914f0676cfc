/** A piece of a request or of an answer, as it came. */
export interface MessagePart {
  readonly bytes: Buffer;
  /** Whether it begins the message. The first part of an HTTP message has the whole head. */
  readonly first: boolean;
  /** Whether it ends the message. */
  readonly last: boolean;
  /** Whether it comes before an answer without being one: HTTP's `100 Continue`, a push of RESP3. */
  readonly interim: boolean;
}

/** Divides a stream of bytes into messages; keeps what is not enough for a part until more comes. */
export type MessageSplitter = (bytes: Buffer) => Iterable<MessagePart>;

/** For a protocol that the proxy does not know: all that a client sends is one request, and what comes first is its answer. */
export function splitNothing(role: "request" | "answer"): MessageSplitter {
  let first = true;
  return (bytes) => {
    const part = { bytes, first, last: first && role === "answer", interim: false };
    first = false;
    return [part];
  };
}
