import type { ProxiedRequest, RequestMatcher } from "./proxied-request.ts";

/** A fault of a request or of its response. */
export type Fault =
  /** Delays the request and the later ones on its connection. */
  | {
      readonly type: "delay";
      /** The minimum delay. */
      readonly milliseconds: number;
      /** The maximum random addition, in milliseconds. @default 0 */
      readonly jitter?: number;
    }
  /** Silences the connection: from now on, nothing arrives in either direction, and nothing is closed. */
  | { readonly type: "blackHole" }
  /** Resets the connection after this many bytes of the request, of which the server never gets the last byte. */
  | { readonly type: "cutRequest"; /** @default 0 */ readonly afterBytes?: number }
  /** Ends the connection after this many bytes of the response. The server has processed the request. */
  | {
      readonly type: "cutResponse";
      readonly afterBytes: number;
      /**
       * Whether to end the connection as if the server shut down, so that all those bytes arrive. A reset may overtake
       * them.
       * @default false
       */
      readonly orderly?: boolean;
    }
  /** Discards the server's response and resets the connection. The server has processed the request. */
  | { readonly type: "discardResponse" }
  /** Holds the server's response until `release` lets it through or `cut` discards it. */
  | { readonly type: "holdResponse" }
  /** Slows down the request and the response. */
  | { readonly type: "slow"; readonly bytesPerSecond: number }
  /** Responds with this HTTP response. */
  | {
      readonly type: "respondHttp";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly insteadOf?: InsteadOf;
    }
  /** Responds with these bytes, a complete response in the protocol of the connection. */
  | {
      readonly type: "respond";
      readonly response: Uint8Array | ((request: Uint8Array) => Uint8Array);
      readonly insteadOf?: InsteadOf;
    }
  /** Responds with this Redis error. */
  | {
      readonly type: "respondRedis";
      /** Without the leading `-`. {@link redisErrors} has the errors of Redis. */
      readonly error: string;
      readonly insteadOf?: InsteadOf;
    };

/**
 * With `server`, the request never reaches the server. With `response`, the server processes the request, and the client
 * gets the proxy's response instead of the server's, as from a gateway that lost the response.
 * @default "server"
 */
export type InsteadOf = "server" | "response";

/**
 * Selects the requests that a fault strikes, by count and never by time, so that tests are repeatable. If several
 * faults are due, the one armed last strikes. Arm a delay of all requests first, and special faults after it.
 */
export interface Trigger {
  /** @default every request */
  readonly when?: RequestMatcher;
  /** The number of the first matching request to strike, counted from 1 after arming. @default 1 */
  readonly nth?: number;
  /** How many consecutive matching requests to strike. @default 1 */
  readonly times?: number;
}

/** A fault that waits for its requests. */
export interface ArmedFault {
  /**
   * Resolves when the fault first takes effect. For the faults of a response, the server has processed the request by
   * then.
   */
  readonly struck: Promise<ProxiedRequest>;
  /** How often the fault has taken effect so far. */
  readonly strikes: number;
  /** Lets held responses through, including later ones. */
  release(): void;
  /** Discards held responses and resets their connections. */
  cut(): void;
  /** Strikes no more requests. Requests that have been struck are unaffected. */
  disarm(): void;
}

/** The exact errors of Redis, by cause. */
export const redisErrors = {
  readOnly: "READONLY You can't write against a read only replica.",
  loading: "LOADING Redis is loading the dataset in memory",
  outOfMemory: "OOM command not allowed when used memory > 'maxmemory'.",
  noScript: "NOSCRIPT No matching script. Please use EVAL.",
  clusterDown: "CLUSTERDOWN The cluster is down",
  busy: "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
  tryAgain: "TRYAGAIN Multiple keys request during rehashing of slot",
  masterDown: "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  noReplicas: "NOREPLICAS Not enough good replicas to write.",
  noAuthentication: "NOAUTH Authentication required.",
  noPermission: "NOPERM User default has no permissions to run the 'evalsha' command",
  wrongType: "WRONGTYPE Operation against a key holding the wrong kind of value",
  crossSlot: "CROSSSLOT Keys in request don't hash to the same slot",
  unknown: "ERR upstream failure",
  moved: (slot: number, address: string): string => `MOVED ${slot} ${address}`,
  ask: (slot: number, address: string): string => `ASK ${slot} ${address}`,
} as const;
