/** An invalid command line, URL, configuration or file. Its message is printed without a stack trace. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
