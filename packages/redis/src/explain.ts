import type { BackendErrorCode, FailureExplanation } from "@threadstore/core";
import { AnswerLostError, RedisSetupError, TooFewReplicasError, replyCode, wasNeverSent } from "./errors.ts";

type Meaning = readonly [code: BackendErrorCode, message: string, applied?: FailureExplanation["applied"]];

const denied: Meaning = [
  "ACCESS_DENIED",
  "Redis refused the user name or password. Correct those of the URL or client.",
];

// A client for Cluster follows these by itself.
const notForCluster: Meaning = [
  "MISCONFIGURED",
  "The server is a node of a Redis Cluster. Give the store a `Cluster` of ioredis as its `client`.",
];

/** By the first word of an error that Redis answered, which is its code. */
const replies: ReadonlyMap<string, Meaning> = new Map([
  ["NOAUTH", denied],
  ["WRONGPASS", denied],
  [
    "NOPERM",
    [
      "ACCESS_DENIED",
      "Redis does not allow its user a command or key of the store. The README names the permissions it needs.",
    ],
  ],
  [
    "DENIED",
    [
      "ACCESS_DENIED",
      "Redis is in protected mode and refuses connections from other hosts. Set up a user, or bind it.",
    ],
  ],
  [
    "OOM",
    [
      "STORAGE_FULL",
      "Redis has reached its maxmemory and evicts nothing. Raise it, or remove what is not needed.",
    ],
  ],
  [
    "MISCONF",
    [
      "BACKEND_ERROR",
      "Redis cannot write its snapshots or its append-only file and therefore refuses to change anything. Look at its log and its disk.",
    ],
  ],
  [
    "WRONGTYPE",
    [
      "MISCONFIGURED",
      "A key of the store holds something else: another application uses the prefix. Give the store one of its own.",
    ],
  ],
  [
    "CROSSSLOT",
    [
      "MISCONFIGURED",
      "Redis Cluster says that the keys of one thread lie in different slots. Do not rewrite keys between the store and Redis.",
    ],
  ],
  [
    "THREADSTOREDAMAGED",
    [
      "CORRUPT",
      "The stored record is shorter than it was written. It was left as it is. Restore it, delete the thread, or save with overwrite: true.",
    ],
  ],
  ["LOADING", ["UNAVAILABLE", "Redis is still loading its data."]],
  [
    "READONLY",
    [
      "UNAVAILABLE",
      "Redis is a replica, which does not accept writes: during a fail-over, or because the address is a replica's.",
    ],
  ],
  ["MASTERDOWN", ["UNAVAILABLE", "Redis is a replica that has lost its master."]],
  [
    "NOREPLICAS",
    [
      "UNAVAILABLE",
      "Redis has fewer replicas in time than min-replicas-to-write asks for, and refuses to write.",
    ],
  ],
  ["BUSY", ["UNAVAILABLE", "Redis is busy with somebody's script."]],
  ["NOSCRIPT", ["UNAVAILABLE", "Redis forgot a script between two commands."]],
  ["CLUSTERDOWN", ["UNAVAILABLE", "The Redis Cluster is down, or no master serves the slot."]],
  ["MOVED", notForCluster],
  ["ASK", notForCluster],
  ["TRYAGAIN", ["UNAVAILABLE", "The Redis Cluster is moving the thread to another node."]],
]);

/** What the certificate or the protocol is wrong with does not pass by itself. */
const misconfiguredTls =
  /^(?:CERT_|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|HOSTNAME_MISMATCH|SELF_SIGNED_|UNABLE_TO_(?:GET_ISSUER|VERIFY))/u;

export function explain(error: unknown): FailureExplanation | undefined {
  if (error instanceof RedisSetupError) return failure(["MISCONFIGURED", error.message]);
  if (error instanceof AnswerLostError) {
    return failure(["UNAVAILABLE", "The connection to Redis ended before the answer came.", "unknown"]);
  }
  if (error instanceof TooFewReplicasError) {
    const message = "Too few replicas confirmed it in time. Look at them, or ask for fewer with `replicas`.";
    return failure(["UNAVAILABLE", message, "undurable"]);
  }
  const reply = replyCode(error);
  if (reply !== undefined) return explainReply(reply);
  if (!wasNeverSent(error)) return undefined;
  // Cluster tells why the last node that it tried did not answer.
  if ("lastNodeError" in error && error.lastNodeError !== null) return explainUnsent(error.lastNodeError);
  return explainUnsent(error);
}

function explainReply(code: string): FailureExplanation {
  return failure(
    replies.get(code) ?? [
      "BACKEND_ERROR",
      `Redis answered with an error that has no meaning of its own here${named(code)}. See the cause.`,
      "unknown",
    ],
  );
}

function explainUnsent(error: unknown): FailureExplanation {
  const known = replies.get(replyCode(error) ?? "");
  if (known !== undefined) return { ...failure(known), applied: "no" };
  const code = error instanceof Error && "code" in error ? String(error.code) : (replyCode(error) ?? "");
  if (misconfiguredTls.test(code)) {
    return failure([
      "MISCONFIGURED",
      `The TLS connection to Redis failed${named(code)}. Check the port, the certificate and the client's \`tls.ca\`.`,
    ]);
  }
  return failure([
    "UNAVAILABLE",
    `Redis could not be reached${named(code)}. Check that it runs, and its host and port; the cause may say more.`,
  ]);
}

/** A code, for a message: only what looks like one, since anything can answer on a port. */
function named(code: string): string {
  return /^[A-Z][A-Z0-9_]{1,60}$/u.test(code) ? ` (${code})` : "";
}

function failure([code, message, applied = "no"]: Meaning): FailureExplanation {
  return { code, message, applied };
}
