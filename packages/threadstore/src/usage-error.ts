/** An invalid command line, URL, configuration or file. Its message is printed without a stack trace. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A store that does not exist, although the command needs one. */
export class MissingStoreError extends UsageError {}
