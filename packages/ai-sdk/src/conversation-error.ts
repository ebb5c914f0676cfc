import { ThreadStoreError } from "@threadstore/core";

/**
 * Why a call failed. The set is closed and a code's meaning never changes within a major version; the README says of
 * each what to do.
 */
export type ConversationErrorCode =
  | "CONFLICT"
  | "INVALID_ARGUMENT"
  | "THREAD_INVALID"
  | "THREAD_MISMATCH"
  | "THREAD_TOO_NEW";

/** The codes, for whoever wants to go through all of them. */
export const conversationErrorCodes: readonly ConversationErrorCode[] = [
  "CONFLICT",
  "INVALID_ARGUMENT",
  "THREAD_INVALID",
  "THREAD_MISMATCH",
  "THREAD_TOO_NEW",
];

/** What a {@link ConversationError} knows besides its code and message. */
export interface ConversationErrorDetails {
  /** Where in the stored thread or the argument the fault is, such as `$.messages[3].parts[0].text`. */
  readonly path?: string | undefined;
  /** With `CONFLICT`: the version that is stored now, where the store told it. */
  readonly currentVersion?: string | undefined;
  /** The messages of the call, none of which was written. Not shown when the error is logged. */
  readonly unsaved?: readonly unknown[] | undefined;
  /** The error of the store or of the AI SDK, untouched; that of the SDK quotes messages. */
  readonly cause?: unknown;
}

// A registered symbol, so that errors of two installed copies of this package know each other.
const brand = Symbol.for("threadstore.conversation-error");

/**
 * The only error class of this package; what the store itself reports, but for a conflict, is its `ThreadStoreError`.
 * Branch on {@link code}; messages are for people and may change, and never hold the content of a conversation.
 */
export class ConversationError extends Error implements ConversationErrorDetails {
  override readonly name = "ConversationError";
  readonly code: ConversationErrorCode;
  readonly path: string | undefined;
  readonly currentVersion: string | undefined;
  /** The messages of the call, none of which was written. Not shown when the error is logged. */
  declare readonly unsaved: readonly unknown[] | undefined;

  constructor(code: ConversationErrorCode, message: string, details: ConversationErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.path = details.path;
    this.currentVersion = details.currentVersion;
    Object.defineProperty(this, "unsaved", { value: details.unsaved });
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `error` is one of ours, of whichever installed copy, and, with `code`, of that code. */
  static is(error: unknown, code?: ConversationErrorCode): error is ConversationError {
    if (typeof error !== "object" || error === null || !(brand in error)) return false;
    return code === undefined || ("code" in error && error.code === code);
  }

  /** The error as data, for a log; without the messages and the cause. */
  toJSON(): object {
    const { name, code, message, path, currentVersion } = this;
    return { name, code, message, path, currentVersion };
  }
}

/** The error for a part of a stored thread that is not what it should be. */
export function invalidThread(path: string, expectation: string): ConversationError {
  return new ConversationError("THREAD_INVALID", `${path}: expected ${expectation}.`, { path });
}

/** The error where another request was faster. */
export function overtaken(unsaved: readonly unknown[], cause: unknown): ConversationError {
  const currentVersion = ThreadStoreError.is(cause) ? cause.currentVersion : undefined;
  return new ConversationError(
    "CONFLICT",
    'The conversation is not what previous says: another request saved or deleted it. Nothing was written. Load it and redo the change, or save with onConflict: "merge".',
    { unsaved, currentVersion, cause },
  );
}

/** The error where a change cannot be made in what another request saved. */
export function contradiction(unsaved: readonly unknown[], currentVersion?: string): ConversationError {
  return new ConversationError(
    "CONFLICT",
    "Another request changed the same message, or deleted the conversation. Nothing was written. Load it, and decide what of the unsaved messages holds.",
    { unsaved, currentVersion },
  );
}
