import {
  type FaultProxy,
  startFaultProxy,
  type TurnEnd,
  type TurnProtocol,
  type TurnRefusal,
} from "@threadstore/conformance/fault-proxy";

// https://www.postgresql.org/docs/current/protocol-message-formats.html

/** The types of the messages that a client ends a request with: Query, Sync, an answer to a challenge, or a function. */
const ENDS_OF_REQUESTS: ReadonlySet<string> = new Set(["Q", "S", "p", "F"]);

/** The challenges of Authentication messages that a client answers. */
const CHALLENGES: ReadonlySet<number> = new Set([3, 5, 7, 8, 9, 10, 11]);

interface Message {
  /** Empty for the first message of a connection, which has no type. */
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Returns the complete messages from the start of the bytes on. */
function* messagesIn(bytes: Buffer): Generator<Message> {
  let start = 0;
  for (;;) {
    // The length of the first message of a connection begins with a zero, which is not the type of a message.
    const lengthAt = bytes[start] === 0 ? start : start + 1;
    if (bytes.length < lengthAt + 4) return;
    const end = lengthAt + bytes.readInt32BE(lengthAt);
    if (bytes.length < end) return;
    yield { type: bytes.toString("latin1", start, lengthAt), start, end };
    start = end;
  }
}

function endOfRequest(bytes: Buffer): TurnEnd | undefined {
  for (const { type, start, end } of messagesIn(bytes)) {
    // A client says goodbye whenever its pool closes a connection.
    if (type === "X" && start === 0) return { length: end, isAside: true };
    if (type === "" || ENDS_OF_REQUESTS.has(type)) return { length: end };
  }
  return undefined;
}

function endOfResponse(bytes: Buffer): TurnEnd | undefined {
  for (const { type, start, end } of messagesIn(bytes)) {
    const isChallenge = type === "R" && CHALLENGES.has(bytes.readInt32BE(start + 5));
    if (type === "Z" || isChallenge) return { length: end };
  }
  return undefined;
}

/** Returns an ErrorResponse and ReadyForQuery. */
function refusal(code: string, message: string): TurnRefusal {
  const fields = Buffer.from(`SERROR\0VERROR\0C${code}\0M${message}\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + fields.length);
  const response = Buffer.concat([Buffer.from("E"), length, fields, Buffer.from("Z\0\0\0\u0005I", "latin1")]);
  return { name: `an error ${code}`, response };
}

/** The protocol of PostgreSQL, for the fault proxy. */
export const postgresTurns: TurnProtocol = {
  name: "PostgreSQL",
  endOfRequest,
  endOfResponse,
  refusals: {
    denied: [
      refusal("28P01", "password authentication failed"),
      refusal("42501", "permission denied for table"),
    ],
    busy: [
      refusal("57P03", "the database system is starting up"),
      refusal("53300", "sorry, too many clients already"),
      refusal("40001", "could not serialize access due to concurrent update"),
    ],
    failing: [],
    gateway: [refusal("08006", "server closed the connection unexpectedly")],
    full: [refusal("53100", "could not extend file: No space left on device")],
    missing: [],
    unexpected: [refusal("42703", "column does not exist"), refusal("0A000", "feature not supported")],
  },
};

export function startProxyTo(url: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(url);
  return startFaultProxy({ target: { host: hostname, port: Number(port) }, protocol: postgresTurns });
}
