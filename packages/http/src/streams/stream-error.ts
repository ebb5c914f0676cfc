import {
  type CodedError,
  defineErrorClass,
  type ErrorClass,
  mismatchMessage,
} from "@threadstore/core/documents";

const STREAM_ERROR_CODES = [
  "INVALID_ARGUMENT",
  "STREAM_ENDED",
  "STREAM_EXPIRED",
  "STREAM_FAILED",
  "STREAM_INTERRUPTED",
  "STREAM_MISSING",
  "THREAD_INVALID",
] as const;

/**
 * The reason why a call of resumable streams failed. The set is closed, and a code's meaning never changes within a
 * major version. The README lists the remedy for each.
 */
export type StreamErrorCode = (typeof STREAM_ERROR_CODES)[number];

/** The details of a {@link StreamError}. */
export interface StreamErrorDetails {
  /** The location of the fault in the argument or the stored thread, such as `streamId` or `$.chunks[3]`. */
  readonly path?: string | undefined;
}

/**
 * The error class of resumable streams. Failures of the store are its `ThreadStoreError`s. Branch on `code`: messages
 * are for people and may change. They never contain chunks. The message of `STREAM_FAILED` is the producer's.
 */
export type StreamError = CodedError<StreamErrorCode, StreamErrorDetails>;

export const StreamError: ErrorClass<StreamErrorCode, StreamErrorDetails> = defineErrorClass<
  StreamErrorCode,
  StreamErrorDetails
>({
  name: "StreamError",
  brand: "threadstore.stream-error",
  codes: STREAM_ERROR_CODES,
  details: { path: "visible" },
});

export function invalidArgument(path: string, requirement: string): StreamError {
  return new StreamError("INVALID_ARGUMENT", mismatchMessage(path, requirement), { path });
}

export function invalidThread(path: string, requirement: string): StreamError {
  const message = `${mismatchMessage(path, requirement)} Delete the stream.`;
  return new StreamError("THREAD_INVALID", message, { path });
}

export function streamMissing(): StreamError {
  const message = "The stream does not exist, or a newer one has its id. Start another stream.";
  return new StreamError("STREAM_MISSING", message);
}

export function streamEnded(): StreamError {
  return new StreamError("STREAM_ENDED", "The stream has ended. Start another stream.");
}

export function streamInterrupted(): StreamError {
  const message = "The process that wrote the stream has stopped. Load the stored messages, and ask again.";
  return new StreamError("STREAM_INTERRUPTED", message);
}

export function streamExpired(): StreamError {
  const message = "The beginning of the stream has expired. Use a longer `ttlMs`.";
  return new StreamError("STREAM_EXPIRED", message);
}
