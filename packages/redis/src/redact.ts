import { isError } from "@threadstore/core/driver";

/** What ioredis adds to an error, and what may wrap another error. */
interface RedisClientError extends Error {
  command?: { readonly name?: unknown; readonly args?: unknown };
  readonly lastNodeError?: unknown;
}

/**
 * Removes the arguments of commands from an error of ioredis, and returns the error. They contain passwords (AUTH,
 * HELLO) and the content of threads, which must not reach a log. The name of the command stays.
 */
export function redacted(error: unknown): unknown {
  if (!isError(error)) return error;
  const clientError: RedisClientError = error;
  const { command, lastNodeError, cause } = clientError;
  if (command !== undefined) clientError.command = { name: command.name };
  // Redis quotes a command that it does not know.
  for (const name of ["message", "stack"] as const) {
    const text = clientError[name];
    if (text?.includes(QUOTED_ARGUMENTS)) clientError[name] = text.replace(QUOTATION, "");
  }
  redacted(lastNodeError);
  redacted(cause);
  return error;
}

const QUOTED_ARGUMENTS = "with args beginning with:";
const QUOTATION = /,? with args beginning with:[^\n]*/u;
