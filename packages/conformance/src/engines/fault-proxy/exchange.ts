import type { Strike } from "./armed-faults.ts";
import type { MessagePart } from "./message-part.ts";
import type { OrderedWriter } from "./ordered-writer.ts";
import type { ProxiedRequest } from "./proxied-request.ts";

/** A request, and what is to become of it and of its answer. */
export interface Exchange {
  readonly request: ProxiedRequest;
  readonly strike: Strike | undefined;
  /** The answer, if the proxy gives it and the server sees nothing of the request. */
  readonly injected: Buffer | undefined;
  /** What the client gets instead of the server's answer. */
  readonly substitute: Buffer | undefined;
  /** Whether the whole request has come. */
  isReceived: boolean;
  /** How many bytes of the request, and of the answer, have come. */
  requestBytes: number;
  answerBytes: number;
  /** The parts of an answer that is to be held, until it is whole. */
  readonly held: Buffer[];
}

/** The two ways that a connection leads, and how it may end early. */
export interface Link {
  readonly up: OrderedWriter;
  readonly down: OrderedWriter;
  readonly random: () => number;
  /** Resets both ends, after what was written so far. */
  readonly reset: () => void;
  /** Resets the server's end, and ends the client's as an orderly server does, after what was written so far. */
  readonly hangUp: () => void;
  /** Resets both ends at once. */
  readonly cut: () => void;
  /** Lets nothing through any more, and closes nothing. */
  readonly silence: () => void;
}

/** Sends a part of a request on to the server, or whatever its fault makes of it. */
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
      // Its last byte never arrives: the server could act on it.
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

/** Sends a part of the server's answer on to the client, or whatever the fault makes of it. */
export function passAnswerPart(link: Link, exchange: Exchange, part: MessagePart): void {
  const { down } = link;
  const { fault, takeEffect = () => undefined } = exchange.strike ?? {};
  const before = exchange.answerBytes;
  exchange.answerBytes += part.bytes.length;
  switch (fault?.type) {
    case "slow":
      down.trickle(part.bytes, fault.bytesPerSecond);
      break;
    case "cutAnswer":
      down.write(part.bytes.subarray(0, Math.max(0, fault.afterBytes - before)));
      if (exchange.answerBytes <= fault.afterBytes && !part.last) break;
      takeEffect();
      if (fault.orderly === true) link.hangUp();
      else link.reset();
      break;
    case "discardAnswer":
      if (!part.last) break;
      takeEffect();
      link.reset();
      break;
    case "answerHttp":
    case "answerRedis":
      if (!part.last || exchange.substitute === undefined) break;
      takeEffect();
      down.write(exchange.substitute);
      break;
    case "holdAnswer":
      exchange.held.push(part.bytes);
      if (part.last) hold(link, exchange, takeEffect);
      break;
    default:
      down.write(part.bytes);
  }
}

/** What comes after on the connection waits too, as it would behind an answer that is late. */
function hold(link: Link, { held, strike }: Exchange, takeEffect: () => void): void {
  takeEffect();
  const decided = strike?.verdict.then((verdict) => {
    if (verdict === "cut") link.cut();
    return verdict;
  });
  if (decided !== undefined) link.down.waitFor(decided);
  for (const bytes of held) link.down.write(bytes);
}
