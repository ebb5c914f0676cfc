import { broken } from "../../suite/expectations.ts";
import { type Fault, type FaultProxy, type InsteadOf, redisErrors } from "./index.ts";

/** How a backend is spoken to. */
export type Protocol = "http" | "redis";

/** How the store behind the work speaks to its backend, as its requests show. */
export async function protocolOf(proxy: FaultProxy, work: () => Promise<unknown>): Promise<Protocol> {
  let found: Protocol | undefined;
  const watch = proxy.arm({
    type: "delay",
    milliseconds: 0,
    when: ({ http, redis }) => {
      if (http !== undefined) found ??= "http";
      if (redis !== undefined) found ??= "redis";
      return false;
    },
  });
  await work();
  watch.disarm();
  return (
    found ??
    broken("the store reaches its backend through the proxy, by HTTP or RESP", "it sent neither there")
  );
}

/** What may be wrong. */
export type RefusalKind = "denied" | "busy" | "failing" | "gateway" | "full" | "missing" | "strange";

interface Answers {
  /** By status, without a body that only some would understand. */
  readonly http: readonly number[];
  readonly redis: readonly string[];
}

/** What backends answer then. */
const refusals: Readonly<Record<RefusalKind, Answers>> = {
  /** The credentials, or what they permit. */
  denied: { http: [401, 403], redis: [redisErrors.noAuthentication, redisErrors.noPermission] },
  /** Before it did anything, and for a moment. */
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
  /** For a moment, and perhaps after it did what it was asked. */
  failing: { http: [500, 502, 503, 504], redis: [] },
  /** What stands between client and server says, whatever the server has done. */
  gateway: { http: [500, 502, 503, 504], redis: [redisErrors.unknown] },
  full: { http: [507], redis: [redisErrors.outOfMemory] },
  /** To a read, that nothing is there. */
  missing: { http: [404], redis: [] },
  /** What a store that is set up as it should be never gets. */
  strange: {
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

/** An answer that the proxy can give, and how to speak of it. */
export interface Refusal {
  readonly name: string;
  readonly fault: Fault;
}

export function refusalsOf(
  protocol: Protocol,
  kind: RefusalKind,
  insteadOf: InsteadOf = "server",
): Refusal[] {
  const { http, redis } = refusals[kind];
  if (protocol === "redis")
    return redis.map((error) => ({ name: codeOf(error), fault: { type: "answerRedis", error, insteadOf } }));
  const answers: Refusal[] = http.map((status) => ({
    name: `HTTP ${status}`,
    fault: { type: "answerHttp", status, insteadOf },
  }));
  return kind === "strange" ? [...answers, loginPage] : answers;
}

/** What somebody answers who stands in between and takes every request for that of a browser. */
const loginPage: Refusal = {
  name: "a page of HTML",
  fault: {
    type: "answerHttp",
    status: 200,
    headers: { "content-type": "text/html" },
    body: "<!doctype html><html><head><title>Log in</title></head><body>Welcome!</body></html>",
  },
};

function codeOf(error: string): string {
  return `an error ${error.split(" ", 1)[0] ?? ""}`;
}
