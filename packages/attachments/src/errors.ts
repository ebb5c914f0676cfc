import { ThreadStoreError } from "@threadstore/core";
import { type AttachmentName, hashOf, RESERVED_NAME } from "./format/names.ts";

/** Creates the error for a thread that cannot be restored. `remedy` starts a sentence that continues with ", or". */
export function corrupt(corruption: string, remedy: string): ThreadStoreError {
  return new ThreadStoreError(
    "CORRUPT",
    `${corruption} It was not changed. ${remedy}, or delete the thread, or save it with \`overwrite: true\`.`,
  );
}

/** Creates the error for an attachment that is missing, or whose content does not match its hash. */
export function corruptAttachment(
  name: AttachmentName,
  record: string,
  state: "missing" | "altered",
): ThreadStoreError {
  return corrupt(
    `The thread's attachment sha256:${hashOf(name)} is ${state}.`,
    `Restore the record ${record} of the namespace ${RESERVED_NAME} within the thread's namespace from a backup`,
  );
}

/** Turns the failure of a call on an attachment into one of the call on its thread. */
export function attachmentFailure(error: unknown, name: AttachmentName): unknown {
  if (!ThreadStoreError.is(error)) return error;
  const message = `The thread's attachment sha256:${hashOf(name)}: ${error.message}`;
  const namespace = error.namespace?.replace(/\/?\.attachments$/u, "");
  const details = { store: error.store, namespace, cause: error };
  if (error.code !== "OUTCOME_UNKNOWN") return new ThreadStoreError(error.code, message, details);
  // The outcome of writing an attachment does not matter as long as no thread refers to it.
  return new ThreadStoreError("UNAVAILABLE", `${message} The thread was not changed. Try again.`, details);
}
