import { fail } from "../../suite/expectations.ts";
import { type Fault, type FaultProxy, type InsteadOf, redisErrors } from "./index.ts";

/** The protocol of a backend. */
export type Protocol = "http" | "redis";

/** Resolves with the protocol of the requests that a store sends through the proxy while it does the work. */
export async function protocolOf(proxy: FaultProxy, work: () => Promise<unknown>): Promise<Protocol> {
  let protocol: Protocol | undefined;
  const watch = proxy.arm({
    type: "delay",
    milliseconds: 0,
    when: ({ http, redis }) => {
      if (http !== undefined) protocol ??= "http";
      if (redis !== undefined) protocol ??= "redis";
      return false;
    },
  });
  await work();
  watch.disarm();
  return (
    protocol ??
    fail("the store connects to its backend through the proxy, with HTTP or RESP", "it sent neither")
  );
}

/** Why a backend refuses a request. */
export type RefusalKind = "denied" | "busy" | "failing" | "gateway" | "full" | "missing" | "unexpected";

interface Responses {
  /** Status codes. The responses have no body, since its format differs between services. */
  readonly http: readonly number[];
  readonly redis: readonly string[];
}

/** The responses of backends. */
const RESPONSES: Readonly<Record<RefusalKind, Responses>> = {
  /** The credentials are wrong, or do not permit the request. */
  denied: { http: [401, 403], redis: [redisErrors.noAuthentication, redisErrors.noPermission] },
  /** The backend is temporarily unavailable and has not processed the request. */
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
  /** The backend is temporarily failing and may have processed the request. */
  failing: { http: [500, 502, 503, 504], redis: [] },
  /** A gateway between client and server reports an error, whether or not the server has processed the request. */
  gateway: { http: [500, 502, 503, 504], redis: [redisErrors.unknown] },
  full: { http: [507], redis: [redisErrors.outOfMemory] },
  /** A read finds nothing. */
  missing: { http: [404], redis: [] },
  /** Errors that a correctly configured store never gets. */
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
