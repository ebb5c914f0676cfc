import type { TurnEnd, TurnProtocol, TurnRefusal } from "@threadstore/conformance/fault-proxy";

// https://mariadb.com/docs/server/reference/clientserver-protocol

interface Message {
  /** Empty for a message of no bytes. */
  readonly payload: Buffer;
  readonly sequence: number;
  readonly end: number;
}

/** A longer message is sent as several packets, all but the last of this length. */
const PACKET_MAX_BYTES = 0xff_ff_ff;

/** Returns the complete messages from the start of the bytes on. Of a long one, only the first packet is the payload. */
function* messagesIn(bytes: Buffer): Generator<Message> {
  let start = 0;
  for (;;) {
    const payloadStart = start + 4;
    let packetStart = start;
    let length = PACKET_MAX_BYTES;
    while (length === PACKET_MAX_BYTES) {
      if (bytes.length < packetStart + 4) return;
      length = bytes.readUIntLE(packetStart, 3);
      packetStart += 4 + length;
    }
    if (bytes.length < packetStart) return;
    const payload = bytes.subarray(payloadStart, payloadStart + bytes.readUIntLE(start, 3));
    yield { payload, sequence: bytes[start + 3] ?? 0, end: packetStart };
    start = packetStart;
  }
}

/** Commands that have no response: COM_QUIT and COM_STMT_CLOSE. */
const COMMANDS_WITHOUT_RESPONSE: ReadonlySet<number | undefined> = new Set([0x01, 0x19]);

/** Each message of a client is a request: a command, or an answer in the handshake, whose number is not 0. */
function endOfRequest(bytes: Buffer): TurnEnd | undefined {
  for (const { payload, sequence, end } of messagesIn(bytes)) {
    return { length: end, isAside: sequence === 0 && COMMANDS_WITHOUT_RESPONSE.has(payload[0]) };
  }
  return undefined;
}

/** The first bytes of messages. */
const OK = 0x00;
const END = 0xfe;
const ERROR = 0xff;

/** The length of the response to a preparation, which an OK does not have. */
const PREPARED_LENGTH = 12;

function endOfResponse(bytes: Buffer): TurnEnd | undefined {
  // The lists of columns, of parameters or of rows that are still to come. Each has an END.
  let lists: number | undefined;
  for (const { payload, end } of messagesIn(bytes)) {
    lists = lists === undefined ? listsAfter(payload) : lists - Number(isEnd(payload));
    if (lists === 0 || payload[0] === ERROR) return { length: end };
  }
  return undefined;
}

/** Returns how many lists follow the first message of a response. */
function listsAfter(first: Buffer): number {
  if (first[0] === OK && first.length === PREPARED_LENGTH) {
    return Number(first.readUInt16LE(5) > 0) + Number(first.readUInt16LE(7) > 0);
  }
  const isSingle = [OK, END, ERROR].includes(first[0] ?? OK);
  return isSingle ? 0 : 2;
}

function isEnd(payload: Buffer): boolean {
  return payload[0] === END && payload.length < 9;
}

/** Returns a refusal, whose sequence number follows that of the request. */
function refusal(number: number, state: string, message: string): TurnRefusal {
  const payload = Buffer.concat([Buffer.of(ERROR, 0, 0), Buffer.from(`#${state}${message}`)]);
  payload.writeUInt16LE(number, 1);
  const response = (request: Uint8Array): Buffer => {
    const header = Buffer.of(0, 0, 0, (request[3] ?? 0) + 1);
    header.writeUIntLE(payload.length, 0, 3);
    return Buffer.concat([header, payload]);
  };
  return { name: `an error ${number}`, response };
}

/** The protocol of MariaDB, for the fault proxy. */
export const mysqlTurns: TurnProtocol = {
  name: "MariaDB",
  endOfRequest,
  endOfResponse,
  refusals: {
    denied: [
      refusal(1045, "28000", "Access denied for user"),
      refusal(1142, "42000", "command denied to user"),
    ],
    busy: [
      refusal(1040, "08004", "Too many connections"),
      refusal(1205, "HY000", "Lock wait timeout exceeded"),
      refusal(1213, "40001", "Deadlock found when trying to get lock"),
    ],
    failing: [],
    gateway: [refusal(1053, "08S01", "Server shutdown in progress")],
    full: [refusal(1114, "HY000", "The table is full")],
    missing: [],
    unexpected: [refusal(1054, "42S22", "Unknown column"), refusal(1105, "HY000", "Unknown error")],
  },
};
