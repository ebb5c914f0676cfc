import { ThreadStoreError } from "@threadstore/core";
import { isError } from "@threadstore/core/driver";
import { visibleText } from "../output/visible-text.ts";
import { InterruptedError, UsageError } from "../usage-error.ts";
import { EXIT } from "./exit-codes.ts";

/** What a command that did not finish prints to standard error, and its exit code. */
export interface Failure {
  readonly message: string | undefined;
  readonly exitCode: number;
}

/** Returns the message and exit code for an error. `redact` removes secrets. */
export function failureOf(error: unknown, redact: (text: string) => string, signal: AbortSignal): Failure {
  if (signal.aborted && (error === signal.reason || isAbort(error))) {
    return {
      message: "threadstore: Stopped. Run the same command again to continue.\n",
      exitCode: EXIT.interrupted,
    };
  }
  // The library has already printed its message.
  if (isParserError(error)) {
    return { message: undefined, exitCode: error.exitCode === 0 ? EXIT.done : EXIT.usage };
  }
  const line = (text: string): string => `threadstore: ${visibleText(redact(text))}\n`;
  if (error instanceof UsageError) return { message: line(error.message), exitCode: EXIT.usage };
  if (error instanceof InterruptedError) {
    const message = line(`${storeMessage(error.cause)}\n  ${CONTINUES}`);
    return { message, exitCode: EXIT.failed };
  }
  if (ThreadStoreError.is(error)) return { message: line(storeMessage(error)), exitCode: EXIT.failed };
  const text = isError(error) ? (error.stack ?? error.message) : String(error);
  return { message: line(text), exitCode: EXIT.failed };
}

const CONTINUES =
  "The command has kept its position. Correct the cause, and run the same command again to continue.";

/** Recognizes an error of commander, which also ends the command after the help. */
function isParserError(error: unknown): error is { readonly exitCode: number } {
  return (
    isError(error) && "exitCode" in error && "code" in error && String(error.code).startsWith("commander.")
  );
}

function isAbort(error: unknown): boolean {
  return isError(error) && error.name === "AbortError";
}

function storeMessage(error: ThreadStoreError): string {
  const place = [error.store, error.namespace, error.id].filter((part) => part !== undefined && part !== "");
  const where = place.length === 0 ? "" : ` (${place.join(", ")})`;
  return `${error.code}${where}: ${error.message}${causeOf(error)}`;
}

function causeOf({ cause }: ThreadStoreError): string {
  return isError(cause) && cause.message !== "" ? `\n  caused by: ${cause.message}` : "";
}
