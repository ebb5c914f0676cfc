import { ThreadStoreError } from "@threadstore/core";
import { type AttachmentName, hashIn, RESERVED } from "./format/names.ts";

export function invalidArgument(message: string): ThreadStoreError {
  return new ThreadStoreError("INVALID_ARGUMENT", message);
}

/** What is wrong with what is stored, and what may help, as the beginning of a sentence. */
export function corrupt(damage: string, remedy: string): ThreadStoreError {
  const message = `${damage} It was left as it is. ${remedy}, or delete the thread, or save it with overwrite: true.`;
  return new ThreadStoreError("CORRUPT", message);
}

/** An attachment that a thread names and that is `missing`, or has other content than its hash says. */
export function lostAttachment(
  name: AttachmentName,
  record: string,
  is: "missing" | "altered",
): ThreadStoreError {
  return corrupt(
    `The thread's attachment sha256:${hashIn(name)} is ${is}.`,
    `Restore the record ${record} of the thread's namespace ${RESERVED} from a backup`,
  );
}

/** The failure of a step on an attachment, as one of the call on its thread. */
export function failureOf(error: unknown, name: AttachmentName): unknown {
  if (!ThreadStoreError.is(error)) return error;
  const message = `The thread's attachment sha256:${hashIn(name)}: ${error.message}`;
  const namespace = error.namespace?.replace(/\/?\.attachments$/u, "");
  const details = { store: error.store, namespace, cause: error };
  if (error.code !== "OUTCOME_UNKNOWN") return new ThreadStoreError(error.code, message, details);
  // What became of an attachment does not matter as long as no thread names it.
  return new ThreadStoreError("UNAVAILABLE", `${message} The thread was not touched: try again.`, details);
}
