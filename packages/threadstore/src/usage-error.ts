import type { ThreadStoreError } from "@threadstore/core";

/** An invalid command line, URL, configuration or file. Its message is printed without a stack trace. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A failure of a store, after which the same command continues. Its cause is the error of the store. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  override readonly cause: ThreadStoreError;

  constructor(cause: ThreadStoreError) {
    super(cause.message);
    this.cause = cause;
  }
}

/** A store that does not exist, although the command needs one. */
export class MissingStoreError extends UsageError {}
