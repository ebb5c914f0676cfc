import type { Socket } from "node:net";
import type { Armory } from "./armed-faults.ts";
import { passAnswerPart, passRequestPart, type Exchange, type Link } from "./exchange.ts";
import { bodyOfAnswer, bodyOfRequest } from "./http-head.ts";
import { splitHttp } from "./http-splitter.ts";
import { injectionFor } from "./injected-answer.ts";
import { splitNothing, type MessagePart, type MessageSplitter } from "./message-part.ts";
import { createOrderedWriter } from "./ordered-writer.ts";
import { describeRequest, protocolOf, type Protocol } from "./proxied-request.ts";
import { splitRedis } from "./redis-splitter.ts";
import { resetSocket } from "./reset-socket.ts";

export interface ConnectionParts {
  readonly number: number;
  readonly client: Socket;
  readonly server: Socket;
  readonly armory: Armory;
  readonly random: () => number;
}

/** Connects a client with the server, request by request. */
export class ProxiedConnection {
  readonly #parts: ConnectionParts;
  readonly #link: Link;
  /** The exchanges whose answers have not come whole yet, in the order in which they will. */
  readonly #pending: Exchange[] = [];
  #protocol: Protocol | undefined;
  #splitRequests: MessageSplitter = splitNothing("request");
  #splitAnswers: MessageSplitter = splitNothing("answer");
  #receiving: Exchange | undefined;
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
    this.#join(client, server);
  }

  /** Whether the client has ended it; a black hole does not end it too. */
  get isEnded(): boolean {
    return this.#parts.client.readableEnded;
  }

  /** Resets both ends at once, whatever waits; resolves when they are gone. */
  async cut(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#parts.client, this.#parts.server].map(resetSocket));
  }

  #join(client: Socket, server: Socket): void {
    const { up, down } = this.#link;
    client.on("data", (bytes) => this.#receive(bytes));
    server.on("data", (bytes) => this.#answer(bytes));
    client.on("end", () => this.#unlessClosed(() => up.end()));
    server.on("end", () => this.#unlessClosed(() => this.#endAnswers()));
    // What a client sent before it went away still arrives, as on a real network.
    client.on("close", () => (this.#isClosed ? server.destroy() : up.end()));
    // An error is always followed by its close.
    client.on("error", () => undefined);
    server.on("error", () => this.#unlessClosed(() => down.reset()));
  }

  #unlessClosed(action: () => void): void {
    if (!this.#isClosed) action();
  }

  #receive(bytes: Buffer): void {
    if (this.#protocol === undefined) this.#speak(protocolOf(bytes[0]));
    for (const part of this.#splitRequests(bytes)) {
      if (this.#isClosed) return;
      this.#receivePart(part);
    }
  }

  #speak(protocol: Protocol): void {
    this.#protocol = protocol;
    if (protocol === "redis") {
      this.#splitRequests = splitRedis();
      this.#splitAnswers = splitRedis();
    } else if (protocol === "http") {
      this.#splitRequests = splitHttp(bodyOfRequest);
      this.#splitAnswers = splitHttp((head) => bodyOfAnswer(head, this.#pending[0]?.request.http?.method));
    }
  }

  #receivePart(part: MessagePart): void {
    const exchange = part.first ? this.#open(part.bytes) : this.#receiving;
    if (exchange === undefined) return;
    this.#receiving = exchange;
    exchange.isReceived = part.last;
    if (exchange.injected === undefined) passRequestPart(this.#link, exchange, part);
    else this.#inject(exchange, part);
  }

  #open(bytes: Buffer): Exchange {
    const { number, armory } = this.#parts;
    const request = describeRequest(number, this.#protocol ?? "unknown", bytes);
    const strike = armory.strike(request);
    const exchange = {
      request,
      strike,
      ...injectionFor(strike?.fault, request),
      isReceived: false,
      requestBytes: 0,
      answerBytes: 0,
      held: [],
    };
    this.#pending.push(exchange);
    return exchange;
  }

  #inject({ request }: Exchange, part: MessagePart): void {
    const isAskedToGoOn = part.first && !part.last && request.http?.headers.has("expect") === true;
    if (isAskedToGoOn) this.#link.down.write(Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"));
    this.#answerInjected();
  }

  #answer(bytes: Buffer): void {
    for (const part of this.#splitAnswers(bytes)) {
      if (this.#isClosed) return;
      this.#answerPart(part);
    }
  }

  #answerPart(part: MessagePart): void {
    const [exchange] = this.#pending;
    if (exchange === undefined || part.interim) {
      this.#link.down.write(part.bytes);
      return;
    }
    passAnswerPart(this.#link, exchange, part);
    if (!part.last) return;
    this.#pending.shift();
    this.#answerInjected();
  }

  /** Gives the answers of the proxy whose turn it is. */
  #answerInjected(): void {
    for (;;) {
      const [exchange] = this.#pending;
      if (exchange?.injected === undefined || !exchange.isReceived) return;
      exchange.strike?.takeEffect();
      this.#link.down.write(exchange.injected);
      this.#pending.shift();
    }
  }

  #endAnswers(): void {
    const [exchange] = this.#pending;
    // The end of the connection may be that of the answer.
    if (exchange !== undefined && exchange.answerBytes > 0) {
      this.#answerPart({ bytes: Buffer.alloc(0), first: false, last: true, interim: false });
    }
    this.#link.down.end();
  }
}
