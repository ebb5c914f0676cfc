/** The connection ended before Redis answered. ioredis has no error for it: it would send the command again. */
export class AnswerLostError extends Error {
  override readonly name = "RedisAnswerLostError";

  constructor(cause?: unknown) {
    super("The connection to Redis ended before the answer came.", cause === undefined ? {} : { cause });
  }
}

/** The change is on the master, and not known to be on as many replicas as it should. */
export class TooFewReplicasError extends Error {
  override readonly name = "RedisTooFewReplicasError";

  constructor(cause?: unknown) {
    super("Too few replicas have confirmed the change.", cause === undefined ? {} : { cause });
  }
}

/** What is wrong with the set-up where ioredis has no error for it. The message names the remedy. */
export class RedisSetupError extends Error {
  override readonly name = "RedisSetupError";
}

/** Whether Redis answered with an error. By name, not by class: the client may be of another copy of ioredis. */
export function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

/** The code of an error that Redis answered: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
export function replyCode(error: unknown): string | undefined {
  return isReplyError(error) ? error.message.split(" ", 1)[0] : undefined;
}

// Most of ioredis' own errors have neither a code nor a class; that a command was not sent is known all the same.
const unsent = new WeakSet<Error>();

/** Marks the error of a command that was never sent. */
export function neverSent(error: unknown): Error {
  const marked = error instanceof Error ? error : new Error("Redis could not be reached.", { cause: error });
  unsent.add(marked);
  return marked;
}

export function wasNeverSent(error: unknown): error is Error {
  return error instanceof Error && unsent.has(error);
}
