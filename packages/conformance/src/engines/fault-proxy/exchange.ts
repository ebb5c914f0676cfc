import type { Strike } from "./armed-faults.ts";
import { parseHttpHead } from "./http-head.ts";
import type { MessagePart } from "./message-part.ts";
import type { OrderedWriter } from "./ordered-writer.ts";
import type { ProxiedRequest } from "./proxied-request.ts";

/** A request and its response, with the fault that strikes them. */
export interface Exchange {
  readonly request: ProxiedRequest;
  readonly strike: Strike | undefined;
  /** The response of the proxy if the request must not reach the server. */
  readonly injected: Buffer | undefined;
  /** The response of the proxy that replaces the server's. */
  readonly substitute: Buffer | undefined;
  /** Whether the whole request has been received. */
  isReceived: boolean;
  /** The bytes received so far of the request and of the response. */
  requestBytes: number;
  responseBytes: number;
  /** The parts of a response that is held, until it is complete. */
  readonly held: Buffer[];
  /** Whether the server says that it ends the connection after its response. */
  isLast: boolean;
}

/** The two directions of a connection, and the ways to end it early. */
export interface Link {
  readonly up: OrderedWriter;
  readonly down: OrderedWriter;
  readonly random: () => number;
  /** Resets both ends after everything written so far. */
  readonly reset: () => void;
  /** After everything written so far, resets the server's end and shuts down the client's in an orderly way. */
  readonly hangUp: () => void;
  /** Resets both ends immediately. */
  readonly cut: () => void;
  /** Drops everything from now on, but keeps the connection open. */
  readonly silence: () => void;
}

/** Passes part of a request to the server, subject to the fault. */
export function passRequestPart(link: Link, exchange: Exchange, part: MessagePart): void {
  const { up } = link;
  const { fault, takeEffect = () => undefined } = exchange.strike ?? {};
  const before = exchange.requestBytes;
  exchange.requestBytes += part.bytes.length;
  switch (fault?.type) {
    case "delay":
      if (part.first) {
        takeEffect();
        up.waitUntil(performance.now() + fault.milliseconds + link.random() * (fault.jitter ?? 0));
      }
      up.write(part.bytes);
      break;
    case "slow":
      if (part.first) takeEffect();
      up.trickle(part.bytes, fault.bytesPerSecond);
      break;
    case "blackHole":
      takeEffect();
      link.silence();
      break;
    case "cutRequest": {
      const allowed = (fault.afterBytes ?? 0) - before;
      // The last byte is never sent, because the server could then process the request.
      up.write(part.bytes.subarray(0, Math.min(allowed, part.bytes.length - (part.last ? 1 : 0))));
      if (part.bytes.length <= allowed && !part.last) break;
      takeEffect();
      link.reset();
      break;
    }
    default:
      up.write(part.bytes);
  }
}

/** Passes part of the server's response to the client, subject to the fault. */
export function passResponsePart(link: Link, exchange: Exchange, part: MessagePart): void {
  const { down } = link;
  const { fault, takeEffect = () => undefined } = exchange.strike ?? {};
  const before = exchange.responseBytes;
  exchange.responseBytes += part.bytes.length;
  if (part.first && exchange.request.http !== undefined) exchange.isLast = announcesEnd(part.bytes);
  switch (fault?.type) {
    case "slow":
      down.trickle(part.bytes, fault.bytesPerSecond);
      break;
    case "cutResponse":
      down.write(part.bytes.subarray(0, Math.max(0, fault.afterBytes - before)));
      if (exchange.responseBytes <= fault.afterBytes && !part.last) break;
      takeEffect();
      if (fault.orderly === true) link.hangUp();
      else link.reset();
      break;
    case "discardResponse":
      if (!part.last) break;
      takeEffect();
      link.reset();
      break;
    case "respond":
    case "respondHttp":
    case "respondRedis":
      if (!part.last || exchange.substitute === undefined) break;
      takeEffect();
      down.write(exchange.isLast ? announcingEnd(exchange.substitute) : exchange.substitute);
      break;
    case "holdResponse":
      exchange.held.push(part.bytes);
      if (part.last) hold(link, exchange, takeEffect);
      break;
    default:
      down.write(part.bytes);
  }
}

/** Returns whether the head of an HTTP response has `Connection: close`. */
function announcesEnd(head: Buffer): boolean {
  return parseHttpHead(head).headers.get("connection")?.toLowerCase() === "close";
}

/** Adds `Connection: close` to an HTTP response. A client that reused the connection would get no response. */
function announcingEnd(response: Buffer): Buffer {
  const endOfLine = response.indexOf("\r\n");
  const header = Buffer.from("\r\nconnection: close");
  return Buffer.concat([response.subarray(0, endOfLine), header, response.subarray(endOfLine)]);
}

/** Holds a response. Later responses on the connection wait too, as they would if the server were slow. */
function hold(link: Link, { held, strike }: Exchange, takeEffect: () => void): void {
  takeEffect();
  const decided = strike?.decision.then((decision) => {
    if (decision === "cut") link.cut();
    return decision;
  });
  if (decided !== undefined) link.down.waitFor(decided);
  for (const bytes of held) link.down.write(bytes);
}
