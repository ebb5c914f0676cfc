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
  /** The server never sees the request; the proxy answers it. */
  | {
      readonly type: "answerHttp";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The server never sees the command; the proxy answers it with an error. */
  | {
      readonly type: "answerRedis";
      /** Without the leading `-`; {@link redisErrors} has those that Redis sends. */
      readonly error: string;
    };

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
  tryAgain: "TRYAGAIN Multiple keys request during rehashing of slot",
  masterDown: "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  moved: (slot: number, address: string): string => `MOVED ${slot} ${address}`,
  ask: (slot: number, address: string): string => `ASK ${slot} ${address}`,
} as const;
