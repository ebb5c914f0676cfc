import type { Socket } from "node:net";
import type { ArmedFaults } from "./armed-faults.ts";
import { passResponsePart, passRequestPart, type Exchange, type Link } from "./exchange.ts";
import { bodyOfResponse, bodyOfRequest } from "./http-head.ts";
import { splitHttp } from "./http-splitter.ts";
import { injectionFor } from "./injected-response.ts";
import { splitNothing, type MessagePart, type MessageSplitter } from "./message-part.ts";
import { createOrderedWriter } from "./ordered-writer.ts";
import { describeRequest, protocolOf, type Protocol } from "./proxied-request.ts";
import { splitRedis } from "./redis-splitter.ts";
import { resetSocket } from "./reset-socket.ts";
import { splitTurns, type TurnProtocol } from "./turns.ts";

export interface ConnectionParts {
  readonly number: number;
  readonly client: Socket;
  readonly server: Socket;
  readonly faults: ArmedFaults;
  readonly random: () => number;
  /** The protocol, if it is one of turns. */
  readonly protocol: TurnProtocol | undefined;
}

/** Connects a client with the server and passes on their requests and responses. */
export class ProxiedConnection {
  readonly #parts: ConnectionParts;
  readonly #link: Link;
  /** The exchanges whose responses are incomplete, in the order of the responses. */
  readonly #pending: Exchange[] = [];
  #protocol: Protocol | undefined;
  #splitRequests: MessageSplitter = splitNothing("request");
  #splitResponses: MessageSplitter = splitNothing("response");
  #current: Exchange | undefined;
  #isClosed = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    const { client, server, random } = parts;
    const up = createOrderedWriter(server);
    const down = createOrderedWriter(client);
    this.#link = {
      up,
      down,
      random,
      reset: () => {
        this.#isClosed = true;
        up.reset();
        down.reset();
      },
      hangUp: () => {
        this.#isClosed = true;
        up.reset();
        down.end();
      },
      cut: () => void this.cut(),
      silence: () => {
        this.#isClosed = true;
      },
    };
    this.#connect(client, server);
  }

  /** Whether the client has ended the connection. After a black hole, the proxy does not end its side. */
  get isEnded(): boolean {
    return this.#parts.client.readableEnded;
  }

  /** Resets both ends immediately, whatever is still waiting. Resolves when both sockets are closed. */
  async cut(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#parts.client, this.#parts.server].map(resetSocket));
  }

  #connect(client: Socket, server: Socket): void {
    const { up, down } = this.#link;
    client.on("data", (bytes) => this.#receiveRequest(bytes));
    server.on("data", (bytes) => this.#receiveResponse(bytes));
    client.on("end", () => this.#unlessClosed(() => up.end()));
    server.on("end", () => this.#unlessClosed(() => this.#endResponses()));
    // Data that a client sent before it disconnected still arrives, as on a real network.
    client.on("close", () => (this.#isClosed ? server.destroy() : up.end()));
    // An error event is always followed by a close event.
    client.on("error", () => undefined);
    server.on("error", () => this.#unlessClosed(() => down.reset()));
  }

  #unlessClosed(action: () => void): void {
    if (!this.#isClosed) action();
  }

  #receiveRequest(bytes: Buffer): void {
    if (this.#protocol === undefined) this.#useProtocol(this.#parts.protocol ?? protocolOf(bytes[0]));
    for (const part of this.#splitRequests(bytes)) {
      if (this.#isClosed) return;
      this.#passRequest(part);
    }
  }

  #useProtocol(protocol: Protocol): void {
    this.#protocol = protocol;
    if (typeof protocol === "object") {
      this.#splitRequests = splitTurns(protocol.endOfRequest);
      this.#splitResponses = splitTurns(protocol.endOfResponse);
    } else if (protocol === "redis") {
      this.#splitRequests = splitRedis();
      this.#splitResponses = splitRedis();
    } else if (protocol === "http") {
      this.#splitRequests = splitHttp(bodyOfRequest);
      this.#splitResponses = splitHttp((head) =>
        bodyOfResponse(head, this.#pending[0]?.request.http?.method),
      );
    }
  }

  #passRequest(part: MessagePart): void {
    if (part.interim) {
      this.#link.up.write(part.bytes);
      return;
    }
    const exchange = part.first ? this.#start(part.bytes) : this.#current;
    if (exchange === undefined) return;
    this.#current = exchange;
    exchange.isReceived = part.last;
    if (exchange.injected === undefined) passRequestPart(this.#link, exchange, part);
    else this.#inject(exchange, part);
  }

  #start(bytes: Buffer): Exchange {
    const { number, faults } = this.#parts;
    const request = describeRequest(number, this.#protocol ?? "unknown", bytes);
    const strike = faults.strike(request);
    const exchange = {
      request,
      strike,
      ...injectionFor(strike?.fault, request),
      isReceived: false,
      requestBytes: 0,
      responseBytes: 0,
      held: [],
      isLast: false,
    };
    this.#pending.push(exchange);
    return exchange;
  }

  #inject({ request }: Exchange, part: MessagePart): void {
    const expectsContinue = part.first && !part.last && request.http?.headers.has("expect") === true;
    if (expectsContinue) this.#link.down.write(Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"));
    this.#respondInjected();
  }

  #receiveResponse(bytes: Buffer): void {
    for (const part of this.#splitResponses(bytes)) {
      if (this.#isClosed) return;
      this.#passResponse(part);
    }
  }

  #passResponse(part: MessagePart): void {
    const [exchange] = this.#pending;
    if (exchange === undefined || part.interim) {
      this.#link.down.write(part.bytes);
      return;
    }
    passResponsePart(this.#link, exchange, part);
    if (!part.last) return;
    this.#pending.shift();
    this.#respondInjected();
  }

  /** Sends the injected responses that are next in order. */
  #respondInjected(): void {
    for (;;) {
      const [exchange] = this.#pending;
      if (exchange?.injected === undefined || !exchange.isReceived) return;
      exchange.strike?.takeEffect();
      this.#link.down.write(exchange.injected);
      this.#pending.shift();
    }
  }

  #endResponses(): void {
    const [exchange] = this.#pending;
    // The end of the connection may also be the end of a response.
    if (exchange !== undefined && exchange.responseBytes > 0) {
      this.#passResponse({ bytes: Buffer.alloc(0), first: false, last: true, interim: false });
    }
    this.#link.down.end();
  }
}
