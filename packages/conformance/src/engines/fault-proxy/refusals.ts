import { fail } from "../../suite/expectations.ts";
import { type Fault, type FaultProxy, type InsteadOf, redisErrors } from "./index.ts";
import type { RefusalKind } from "./refusal-kind.ts";
import type { TurnProtocol } from "./turns.ts";

/** The protocol of a backend. */
export type Protocol = "http" | "redis" | TurnProtocol;

/** Resolves with the protocol of the requests that a store sends through the proxy while it does the work. */
export async function protocolOf(proxy: FaultProxy, work: () => Promise<unknown>): Promise<Protocol> {
  let protocol: Protocol | undefined;
  const watch = proxy.arm({
    type: "delay",
    milliseconds: 0,
    when: ({ http, redis, turns }) => {
      protocol ??= turns;
      if (http !== undefined) protocol ??= "http";
      if (redis !== undefined) protocol ??= "redis";
      return false;
    },
  });
  await work();
  watch.disarm();
  return (
    protocol ??
    fail(
      "the store connects to its backend through the proxy, with HTTP, RESP or the network's `protocol`",
      "it sent none of them",
    )
  );
}

interface Responses {
  /** Status codes. The responses have no body, since its format differs between services. */
  readonly http: readonly number[];
  readonly redis: readonly string[];
}

/** The responses of backends. */
const RESPONSES: Readonly<Record<RefusalKind, Responses>> = {
  denied: { http: [401, 403], redis: [redisErrors.noAuthentication, redisErrors.noPermission] },
  busy: {
    http: [429],
    redis: [
      redisErrors.loading,
      redisErrors.readOnly,
      redisErrors.clusterDown,
      redisErrors.masterDown,
      redisErrors.tryAgain,
      redisErrors.busy,
      redisErrors.noReplicas,
    ],
  },
  failing: { http: [500, 502, 503, 504], redis: [] },
  gateway: { http: [500, 502, 503, 504], redis: [redisErrors.unknown] },
  full: { http: [507], redis: [redisErrors.outOfMemory] },
  missing: { http: [404], redis: [] },
  unexpected: {
    http: [400, 405, 409, 410, 412, 418, 501],
    redis: [
      redisErrors.wrongType,
      redisErrors.crossSlot,
      redisErrors.noScript,
      redisErrors.moved(1, "127.0.0.1:1"),
      redisErrors.ask(1, "127.0.0.1:1"),
      redisErrors.unknown,
    ],
  },
};

/** A response that the proxy can inject, and its name for messages. */
export interface Refusal {
  readonly name: string;
  readonly fault: Fault;
}

export function refusalsOf(
  protocol: Protocol,
  kind: RefusalKind,
  insteadOf: InsteadOf = "server",
): Refusal[] {
  if (typeof protocol === "object")
    return protocol.refusals[kind].map(({ name, response }) => ({
      name,
      fault: { type: "respond", response, insteadOf },
    }));
  const { http, redis } = RESPONSES[kind];
  if (protocol === "redis")
    return redis.map((error) => ({ name: codeOf(error), fault: { type: "respondRedis", error, insteadOf } }));
  const statuses: Refusal[] = http.map((status) => ({
    name: `HTTP ${status}`,
    fault: { type: "respondHttp", status, insteadOf },
  }));
  return kind === "unexpected" ? [...statuses, LOGIN_PAGE] : statuses;
}

/** The response of a captive portal or proxy that takes every client for a browser. */
const LOGIN_PAGE: Refusal = {
  name: "an HTML page",
  fault: {
    type: "respondHttp",
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<!doctype html><html><head><title>Log in</title></head><body>Welcome!</body></html>",
  },
};

function codeOf(error: string): string {
  return `an error ${error.split(" ", 1)[0] ?? ""}`;
}

export type { RefusalKind } from "./refusal-kind.ts";
