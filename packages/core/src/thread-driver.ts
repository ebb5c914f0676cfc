import type { BackendErrorCode } from "./errors.ts";
import type { Version } from "./thread-store.ts";

/** Where a record lives. Both parts are any well-formed Unicode, validated by core: encode, never trust. */
export interface ThreadKey {
  /** Up to 384 bytes of UTF-8 (128, escaped); empty for the store's own namespace. */
  readonly namespace: string;
  /** 1 to 256 bytes of UTF-8. */
  readonly id: string;
}

/** What a driver stores: opaque bytes, and what it may use of them. */
export interface RecordToWrite {
  /**
   * The whole record, one JSON document in UTF-8. Only valid during the call, for the next record is written over
   * it: copy what is kept.
   */
  readonly bytes: Uint8Array;
  /**
   * How many leading bytes equal those of the record stored as `expected`, all of them before the trailer of
   * either. A driver may write only the rest; one that ignores it is slower, not different. 0 when nothing is known.
   */
  readonly unchanged: number;
  /** How many of the last bytes are the trailer, for a backend that keeps it where listings are cheap. */
  readonly trailerLength: number;
  /**
   * Unique to this write, 22 characters of `[0-9A-Za-z_-]`. The record's version, on a backend that has none
   * of its own.
   */
  readonly nonce: string;
  /** Milliseconds since the epoch, for a backend with native expiry; core hides expired records anyway. */
  readonly expiresAt: number | undefined;
}

/** A record as a driver found it. */
export interface StoredRecord {
  readonly version: Version;
  /** The bytes as written; `undefined` only when `version` is the `known` one of the call. */
  readonly bytes: Uint8Array | undefined;
}

/** A record in a listing. */
export interface ListedRecord {
  readonly id: string;
  readonly version: Version;
  /** The record's last bytes: at least its trailer, so {@link TRAILER_MAX_BYTES} of them always do. */
  readonly tail: Uint8Array;
}

export interface RecordPage {
  /** At most `limit`, in a stable and total order that is ascending ASCII for ids of `[0-9A-Za-z._-]`. */
  readonly records: ListedRecord[];
  /**
   * Passed back as `after` to go on; `undefined` when nothing follows, as far as the backend can tell: an empty
   * last page is allowed. Survives restarts.
   */
  readonly next: string | undefined;
}

export interface PageRequest {
  /** The `next` of the page before; `undefined` for the first page. */
  readonly after: string | undefined;
  /** 1 to 1000. */
  readonly limit: number;
}

export interface DriverOptions {
  /** Aborted when the caller gives up or time runs out: stop waiting, and send nothing more. */
  readonly signal: AbortSignal;
}

/** What a failure means, in the words of the contract. */
export interface FailureExplanation {
  readonly code: BackendErrorCode;
  /** What is wrong and what to do about it: one sentence or two, without contents, secrets or ids. */
  readonly message: string;
  /**
   * Whether a write or delete that failed so may have taken effect all the same. `unknown`: core looks.
   * `undurable`: it took effect and is there to be seen, but not as durable as the driver promises.
   */
  readonly applied: "no" | "unknown" | "undurable";
  /** How long the backend asked to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * What an adapter writes: a few steps on bytes. Core does the rest once for all of them: validation,
 * encoding, expiry, conflicts, retries, timeouts, telemetry. docs/writing-an-adapter.md leads through one.
 *
 * Outcomes are values (nothing there, lost race). Failures are throws: the SDK's own error, untouched, which
 * {@link explain} then puts into the contract's words. A driver does not retry, log, or change after
 * construction, and opens its connection when first used.
 */
export interface ThreadDriver {
  /** The version of this interface. */
  readonly contract: 1;
  /** The backend's name, as errors and telemetry show it. */
  readonly name: string;

  /**
   * The record at `key`. `known`, a version whose bytes the caller holds, lets a backend answer without
   * sending them again; it may be ignored.
   */
  read(key: ThreadKey, known: Version | undefined, options: DriverOptions): Promise<StoredRecord | undefined>;

  /**
   * Stores the record if the stored version is `expected` (`undefined`: if nothing is stored), in one step
   * that is atomic for every client of the backend. Resolves, once the record is durable, to its version,
   * which no record at this key has had before; to `undefined`, having written nothing, otherwise.
   */
  write(
    key: ThreadKey,
    record: RecordToWrite,
    expected: Version | undefined,
    options: DriverOptions,
  ): Promise<Version | undefined>;

  /** Removes the record if its version is `expected`, in one atomic step. Whether it did. */
  delete(key: ThreadKey, expected: Version, options: DriverOptions): Promise<boolean>;

  /** A page of the records of one namespace, at the cost of the page. */
  list(namespace: string, page: PageRequest, options: DriverOptions): Promise<RecordPage>;

  /** @deprecated Throw a `DriverError` where the failure happens. */
  explain?(error: unknown): FailureExplanation | undefined;

  /** Closes what the driver opened, and nothing that it was given. Called once, after the last call. */
  close(): Promise<void>;
}

/** No trailer is longer. */
export const TRAILER_MAX_BYTES = 16_384;
