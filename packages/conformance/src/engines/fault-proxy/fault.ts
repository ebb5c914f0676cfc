import type { ProxiedRequest, RequestMatcher } from "./proxied-request.ts";

/** What may go wrong with a request, or with its answer. */
export type Fault =
  /** The request arrives late, and so do those after it on its connection. */
  | {
      readonly type: "delay";
      /** At least this long. */
      readonly milliseconds: number;
      /** Up to this many milliseconds more, by chance. @default 0 */
      readonly jitter?: number;
    }
  /** From here on the connection is silent: nothing arrives, in either direction, and nothing is closed. */
  | { readonly type: "blackHole" }
  /** The connection is reset after so many bytes of the request: the server may see a beginning, never the whole. */
  | { readonly type: "cutRequest"; /** @default 0 */ readonly afterBytes?: number }
  /** The connection is lost after so many bytes of the answer: the server has done what it was asked. */
  | {
      readonly type: "cutAnswer";
      readonly afterBytes: number;
      /**
       * Whether it ends as if the server shut down, so that all those bytes arrive; a reset may overtake them.
       * @default false
       */
      readonly orderly?: boolean;
    }
  /** The server has answered, and the client sees a reset instead. */
  | { readonly type: "discardAnswer" }
  /** The server has answered, and the answer waits until `release` lets it through, or `cut` discards it. */
  | { readonly type: "holdAnswer" }
  /** Request and answer trickle. */
  | { readonly type: "slow"; readonly bytesPerSecond: number }
  /** The proxy answers. */
  | {
      readonly type: "answerHttp";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly insteadOf?: InsteadOf;
    }
  /** The proxy answers with an error. */
  | {
      readonly type: "answerRedis";
      /** Without the leading `-`; {@link redisErrors} has those that Redis sends. */
      readonly error: string;
      readonly insteadOf?: InsteadOf;
    };

/**
 * `server`: the server never sees the request. `answer`: it has done what it was asked, and the client gets this
 * instead of its answer, as from a gateway that has lost it.
 * @default "server"
 */
export type InsteadOf = "server" | "answer";

/**
 * Which requests a fault is for. By count and never by time, so that a test is the same each time. Where several faults
 * are due, the one armed last strikes: a delay of everything first, what is special after it.
 */
export interface Trigger {
  /** @default every request */
  readonly when?: RequestMatcher;
  /** The first matching request to be struck, counted from the arming. @default 1 */
  readonly nth?: number;
  /** How many matching requests are struck, one after the other. @default 1 */
  readonly times?: number;
}

/** A fault in wait. */
export interface ArmedFault {
  /**
   * Resolves when the fault took effect for the first time. For the faults of an answer that is when the server has
   * answered: what was asked is done by then.
   */
  readonly struck: Promise<ProxiedRequest>;
  /** How often it took effect so far. */
  readonly strikes: number;
  /** Lets held answers through, and later ones too. */
  release(): void;
  /** Discards held answers: their clients see a reset. */
  cut(): void;
  /** Strikes no further request; what was struck stays so. */
  disarm(): void;
}

/** The errors of Redis by what is the matter, word for word. */
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
