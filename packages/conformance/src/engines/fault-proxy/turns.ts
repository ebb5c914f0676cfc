import type { MessagePart, MessageSplitter } from "./message-part.ts";
import type { RefusalKind } from "./refusal-kind.ts";

/** The end of the first message in the bytes that have been received, as their length. */
export interface TurnEnd {
  readonly length: number;
  /**
   * Whether the message belongs to no turn: a request without a response, such as a farewell, or bytes that the server
   * sends unasked. It is passed on and not counted.
   * @default false
   */
  readonly isAside?: boolean;
}

/** An error with which a backend of the protocol refuses a request. */
export interface TurnRefusal {
  /** For failures of cases, such as `an error 57P03`. */
  readonly name: string;
  /** The complete response, or a function that returns it, if it depends on the request, such as on its number. */
  readonly response: Uint8Array | ((request: Uint8Array) => Uint8Array);
}

/**
 * A protocol in which each request of a connection has one response, in the order of the requests. The fault proxy does
 * not need to know more about it than where they end.
 */
export interface TurnProtocol {
  readonly name: string;
  /** Returns where the first request ends, or `undefined` if it is incomplete. Called with at least one byte. */
  readonly endOfRequest: (bytes: Buffer) => TurnEnd | undefined;
  /** Returns where the first response ends, or `undefined` if it is incomplete. Called with at least one byte. */
  readonly endOfResponse: (bytes: Buffer) => TurnEnd | undefined;
  /** The errors of the backend by cause. `busy` and `gateway` must have at least one. */
  readonly refusals: Readonly<Record<RefusalKind, readonly TurnRefusal[]>>;
}

/** Splits one direction of a connection into turns. Each is one part. */
export function splitTurns(endOf: TurnProtocol["endOfRequest"]): MessageSplitter {
  let buffered: Buffer = Buffer.alloc(0);
  return function* split(bytes) {
    buffered = Buffer.concat([buffered, bytes]);
    for (let end = firstEnd(); end !== undefined; end = firstEnd()) {
      const { length, isAside = false } = end;
      const part: MessagePart = {
        bytes: buffered.subarray(0, length),
        first: !isAside,
        last: !isAside,
        interim: isAside,
      };
      buffered = buffered.subarray(length);
      yield part;
    }
  };
  function firstEnd(): TurnEnd | undefined {
    return buffered.length === 0 ? undefined : endOf(buffered);
  }
}
