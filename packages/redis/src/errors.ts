import {
  type BackendErrorCode,
  DriverError,
  type DriverErrorEffect,
  isError,
  networkFailureOf,
} from "@threadstore/core/driver";
import { redacted } from "./redact.ts";

/** The code of the error with which a script refuses to patch a record that is too short. */
export const CORRUPT_REPLY_CODE = "THREADSTORECORRUPT";

type Meaning = readonly [code: BackendErrorCode, message: string];

const WRONG_CREDENTIALS: Meaning = [
  "ACCESS_DENIED",
  "Redis rejected the user name or password. Correct the credentials in `url` or `client`.",
];

// A Cluster client follows these redirections.
const CLUSTER_NODE: Meaning = [
  "MISCONFIGURED",
  "The server is a node of a Redis Cluster. Pass a `Cluster` of ioredis as `client`.",
];

/** Keyed by the first word of an error reply. None of these commands had an effect. */
const MEANING_BY_REPLY_CODE: ReadonlyMap<string, Meaning> = new Map([
  ["NOAUTH", WRONG_CREDENTIALS],
  ["WRONGPASS", WRONG_CREDENTIALS],
  [
    "NOPERM",
    [
      "ACCESS_DENIED",
      "The Redis user may not use a command or key that the store needs. Grant the permissions listed in the README.",
    ],
  ],
  [
    "DENIED",
    [
      "ACCESS_DENIED",
      "Redis runs in protected mode and refuses connections from other hosts. Create a user, or bind an address.",
    ],
  ],
  [
    "OOM",
    [
      "STORAGE_FULL",
      "Redis has reached its `maxmemory` and does not evict keys. Raise the limit, or delete data.",
    ],
  ],
  [
    "MISCONF",
    [
      "BACKEND_ERROR",
      "Redis refuses writes because it cannot save its snapshot or append-only file. Check its log and its disk.",
    ],
  ],
  [
    "WRONGTYPE",
    [
      "MISCONFIGURED",
      "A key of the store holds another type of value: another application uses the prefix. Set a different `prefix`.",
    ],
  ],
  [
    "CROSSSLOT",
    [
      "MISCONFIGURED",
      "Redis Cluster reports that the keys of one thread are in different slots. Remove proxies or settings that rewrite keys.",
    ],
  ],
  [
    CORRUPT_REPLY_CODE,
    [
      "CORRUPT",
      "The stored record is shorter than when it was written, and was left as it is. Restore it, delete the thread, or save with `overwrite: true`.",
    ],
  ],
  ["LOADING", ["UNAVAILABLE", "Redis is loading its data. Try again later."]],
  [
    "READONLY",
    ["UNAVAILABLE", "Redis is a read-only replica. Wait for the failover to end, or connect to the master."],
  ],
  [
    "MASTERDOWN",
    ["UNAVAILABLE", "Redis is a replica that has lost its master. Wait for the failover to end."],
  ],
  [
    "NOREPLICAS",
    [
      "UNAVAILABLE",
      "Redis refuses writes because fewer replicas than `min-replicas-to-write` are in sync. Check the replicas.",
    ],
  ],
  ["BUSY", ["UNAVAILABLE", "Redis is busy running a script of another client. Try again later."]],
  ["NOSCRIPT", ["UNAVAILABLE", "Redis dropped a script between two commands. Try again."]],
  [
    "CLUSTERDOWN",
    ["UNAVAILABLE", "The Redis Cluster is down, or no master serves the slot. Check its nodes."],
  ],
  ["MOVED", CLUSTER_NODE],
  ["ASK", CLUSTER_NODE],
  ["TRYAGAIN", ["UNAVAILABLE", "The Redis Cluster is moving the thread to another node. Try again later."]],
]);

/** Returns whether Redis answered with an error. Compares names: the client may come from another copy of ioredis. */
export function isReplyError(error: unknown): error is ReplyError {
  return isError(error) && error.name === "ReplyError";
}

/** An error reply, as ioredis represents it. */
interface ReplyError extends Error {
  readonly command?: { readonly name?: string };
}

/** Returns the code of an error reply: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
export function replyCodeOf(error: unknown): string | undefined {
  return isReplyError(error) ? error.message.split(" ", 1)[0] : undefined;
}

/** The failure of a command that Redis answered with an error. */
export function replyFailure(error: ReplyError, effect: DriverErrorEffect = "unknown"): DriverError {
  const replyCode = replyCodeOf(error);
  const meaning = MEANING_BY_REPLY_CODE.get(replyCode ?? "");
  if (meaning !== undefined) return new DriverError(...meaning, { cause: redacted(error) });
  const message = `Redis answered with an unexpected error${inParentheses(replyCode)}. See the cause.`;
  return new DriverError("BACKEND_ERROR", message, { effect, cause: redacted(error) });
}

/** The failure of a command that was not sent, because connecting or selecting the database failed. */
export function connectionFailure(error: unknown): DriverError {
  if (isReplyError(error)) {
    if (error.command?.name !== "select" || replyCodeOf(error) !== "ERR") return replyFailure(error, "none");
    const message =
      "The Redis database does not exist. Correct its number in `url` or `client`, or raise the `databases` setting.";
    return new DriverError("MISCONFIGURED", message, { cause: redacted(error) });
  }
  const reason = lastNodeError(error) ?? error;
  const meaning = MEANING_BY_REPLY_CODE.get(replyCodeOf(reason) ?? "") ?? unreachable(reason);
  return new DriverError(...meaning, { cause: redacted(error) });
}

/** Returns whether a client called a method that this package's commands do not have. */
export function isCommandUnknown(error: unknown): boolean {
  return isError(error) && error.name === "TypeError" && error.message.endsWith(" is not a function");
}

/** The failure of a command that a client of a newer version of ioredis cannot send. */
export function versionMismatch(cause: unknown): DriverError {
  const message =
    "The client cannot send the store's commands: it belongs to a newer version of ioredis than the one that @threadstore/redis imports. Install one version of ioredis.";
  return new DriverError("MISCONFIGURED", message, { cause });
}

/** A Cluster that cannot connect reports the error of the last node that it tried. */
function lastNodeError(error: unknown): unknown {
  return isError(error) && "lastNodeError" in error ? error.lastNodeError : undefined;
}

function unreachable(reason: unknown): Meaning {
  const code = isError(reason) && "code" in reason ? String(reason.code) : replyCodeOf(reason);
  if (networkFailureOf(reason) === "certificate-refused") {
    const message = `The TLS connection to Redis failed${inParentheses(code)}. Check the port, the certificate and \`tls.ca\`.`;
    return ["MISCONFIGURED", message];
  }
  const message = `Could not connect to Redis${inParentheses(code)}. Check that it is running, and the host and port.`;
  return ["UNAVAILABLE", message];
}

/** Formats a code for a message. Omits anything that does not look like one: any program may answer on a port. */
function inParentheses(code: string | undefined): string {
  return code !== undefined && /^[A-Z][A-Z0-9_]{1,60}$/u.test(code) ? ` (${code})` : "";
}

/** The failure of a command whose connection ended before Redis answered. */
export function responseLost(cause: unknown): DriverError {
  const message = "The connection to Redis ended before the response arrived. Try again later.";
  return new DriverError("UNAVAILABLE", message, { effect: "unknown", cause: redacted(cause) });
}

/** The failure of a change that the master has applied, but too few replicas have confirmed. */
export function tooFewReplicas(cause?: unknown): DriverError {
  const message =
    "Too few replicas confirmed the change in time. Check the replicas, or lower `replicas.count`.";
  return new DriverError("UNAVAILABLE", message, { effect: "not-durable", cause: redacted(cause) });
}
