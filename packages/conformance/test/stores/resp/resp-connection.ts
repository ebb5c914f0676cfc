import { connect, type Socket } from "node:net";
import { splitRedis } from "../../../src/engines/fault-proxy/redis-splitter.ts";
import type { Endpoint } from "../../../src/suite/harness.ts";
import { asNetworkError } from "../network-error.ts";
import { asDriverError, ReplyError } from "./resp-errors.ts";

export type Reply = Buffer | string | number | null | readonly Reply[];

interface Pending {
  readonly bytes: Buffer;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

export interface ConnectionBug {
  /** Whether commands without a reply are sent again after the connection was lost. */
  readonly resendsPending?: boolean;
  /** Whether an aborted command leaves the queue, so that its reply goes to the next command. */
  readonly dequeuesAborted?: boolean;
  /** Whether an error reply counts as a missing value. */
  readonly hidesErrors?: boolean;
}

/** A connection that is opened on demand and reopened after a loss. Replies arrive in the order of the commands. */
export class RespConnection {
  readonly #endpoint: Endpoint;
  readonly #bug: ConnectionBug;
  #pending: Pending[] = [];
  #socket: Socket | undefined;

  constructor(endpoint: Endpoint, bug: ConnectionBug = {}) {
    this.#endpoint = endpoint;
    this.#bug = bug;
  }

  /** Sends a command. Rejects as soon as the signal aborts; it is then unknown whether the command takes effect. */
  async send(words: readonly (string | Uint8Array)[], signal?: AbortSignal): Promise<Reply> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const pending: Pending = { bytes: encoded(words), resolve, reject };
    const abort = (): void => {
      if (this.#bug.dequeuesAborted === true)
        this.#pending = this.#pending.filter((each) => each !== pending);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.#pending.push(pending);
    (this.#socket ??= this.#connect()).write(pending.bytes);
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Drops the connection together with the transaction in progress. */
  drop(): void {
    this.#socket?.destroy();
  }

  #connect(): Socket {
    const { host, port } = this.#endpoint;
    const socket = connect({ host, port, noDelay: true });
    const split = splitRedis();
    let failure: Error = Object.assign(new Error("The connection was closed."), { code: "ECONNRESET" });
    socket.on("error", (error) => (failure = error));
    socket.on("data", (bytes) => {
      for (const part of split(bytes)) this.#handleReply(part.bytes);
    });
    socket.on("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#handleLoss(failure);
    });
    return socket;
  }

  #handleLoss(failure: Error): void {
    if (this.#bug.resendsPending !== true) {
      for (const { reject } of this.#pending.splice(0)) reject(asNetworkError(failure));
    } else if (this.#pending.length > 0) {
      const socket = (this.#socket = this.#connect());
      for (const { bytes } of this.#pending) socket.write(bytes);
    }
  }

  #handleReply(bytes: Buffer): void {
    const pending = this.#pending.shift();
    const { reply } = decoded(bytes, 0);
    if (!(reply instanceof ReplyError)) pending?.resolve(reply);
    else if (this.#bug.hidesErrors === true) pending?.resolve(null);
    else pending?.reject(asDriverError(reply));
  }
}

function encoded(words: readonly (string | Uint8Array)[]): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = Buffer.from(word as string);
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n")];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

function decoded(bytes: Buffer, start: number): { reply: Reply | ReplyError; end: number } {
  const lineEnd = bytes.indexOf("\r\n", start);
  const line = bytes.toString("utf8", start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case "+":
      return { reply: line, end };
    case "-":
      return { reply: new ReplyError(line), end };
    case ":":
      return { reply: Number(line), end };
    case "$": {
      const after = end + Number(line);
      return line === "-1" ? { reply: null, end } : { reply: bytes.subarray(end, after), end: after + 2 };
    }
    default:
      return line === "-1" ? { reply: null, end } : decodedList(bytes, end, Number(line));
  }
}

function decodedList(bytes: Buffer, start: number, count: number): { reply: Reply; end: number } {
  const replies: Reply[] = [];
  let end = start;
  while (replies.length < count) {
    const next = decoded(bytes, end);
    if (next.reply instanceof ReplyError) throw next.reply;
    replies.push(next.reply);
    ({ end } = next);
  }
  return { reply: replies, end };
}
