import { ThreadStoreError } from "@threadstore/core";
import {
  type CodedError,
  defineErrorClass,
  documentErrors,
  type DocumentErrors,
  type ErrorClass,
  mismatchMessage,
} from "@threadstore/core/documents";

const CONVERSATION_ERROR_CODES = [
  "CONFLICT",
  "CONVERSATION_BUSY",
  "INVALID_ARGUMENT",
  "MESSAGE_REFUSED",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
] as const;

/**
 * The reason why a call failed. The set is closed, and a code's meaning never changes within a major version. The
 * README lists the remedy for each.
 */
export type ConversationErrorCode = (typeof CONVERSATION_ERROR_CODES)[number];

/** The details of a {@link ConversationError}. */
export interface ConversationErrorDetails {
  /** The location of the fault in the stored thread or the argument, such as `$.messages[3].parts[0].text`. */
  readonly path?: string | undefined;
  /** With `CONFLICT`: the stored version, if the store reported it. */
  readonly currentVersion?: string | undefined;
  /** The messages of the call, none of which was written. Logs do not show them. */
  readonly unsaved?: readonly unknown[] | undefined;
  /** The unchanged error of the store or of the AI SDK. The SDK's errors quote messages. */
  readonly cause?: unknown;
}

/**
 * The only error class of this package. Failures of the store other than conflicts are its `ThreadStoreError`s.
 * Branch on `code`: messages are for people and may change. They never contain a conversation's content. Only
 * `CONVERSATION_BUSY` is `retryable`: repeating the same call never helps otherwise.
 */
export type ConversationError = CodedError<ConversationErrorCode, ConversationErrorDetails>;

export const ConversationError: ErrorClass<ConversationErrorCode, ConversationErrorDetails> =
  defineErrorClass<ConversationErrorCode, ConversationErrorDetails>({
    name: "ConversationError",
    brand: "threadstore.conversation-error",
    codes: CONVERSATION_ERROR_CODES,
    retryable: ["CONVERSATION_BUSY"],
    details: { path: "visible", currentVersion: "visible", unsaved: "hidden" },
  });

type Errors = DocumentErrors<ConversationError>;

const errors: Errors = documentErrors(ConversationError, {
  invalid: "Restore the conversation from a backup, or delete it.",
  mismatch:
    "The thread with this id is not such a conversation. Use another id, or a namespace for conversations.",
});
export const checkedStore: Errors["checkedStore"] = errors.checkedStore;
export const envelopeError: Errors["envelopeError"] = errors.envelopeError;
export const invalidArgument: Errors["invalidArgument"] = errors.invalidArgument;

/** Creates the error for a part of a stored thread that violates a requirement, such as `a string`. */
export function invalidThread(path: string, requirement: string): ConversationError {
  return new ConversationError("THREAD_INVALID", mismatchMessage(path, requirement), { path });
}

/** Creates the error for a save whose precondition failed because another request wrote first. */
export function conflict(unsaved: readonly unknown[], cause: unknown): ConversationError {
  const currentVersion = ThreadStoreError.is(cause) ? cause.currentVersion : undefined;
  return new ConversationError(
    "CONFLICT",
    'Another request has saved or deleted the conversation since `previous`. Nothing was written. Load it and redo the change, or save with onConflict: "merge".',
    { unsaved, currentVersion, cause },
  );
}

/** Creates the error for a change that cannot be merged with the change of another request. */
export function mergeConflict(unsaved: readonly unknown[], currentVersion?: string): ConversationError {
  return new ConversationError(
    "CONFLICT",
    "Another request has changed the same message or deleted the conversation. Nothing was written. Load it and decide which of the unsaved messages to keep.",
    { unsaved, currentVersion },
  );
}
