import type { Version } from "./thread-store.ts";

/**
 * Identifies a record. Both members can be any well-formed Unicode that core has validated: a driver must encode them
 * before it uses them in a path, query or pattern.
 */
export interface ThreadKey {
  /** At most 384 bytes of UTF-8 (128 before escaping); empty for the store's root namespace. */
  readonly namespace: string;
  /** 1 to 256 bytes of UTF-8. */
  readonly id: string;
}

/** A record to store: opaque bytes, and details that a driver may use to store them more cheaply. */
export interface RecordToWrite {
  /**
   * The complete record, one JSON document in UTF-8. Only valid during the call, because the next record is written
   * to the same buffer. A driver that keeps the bytes must copy them.
   */
  readonly bytes: Uint8Array;
  /**
   * The number of leading bytes that are identical in the record stored at version `expected`, none of them in the
   * trailer of either. A driver may write only the bytes after them; ignoring this is slower but correct. 0 if
   * unknown.
   */
  readonly unchanged: number;
  /** The length of the trailer at the end of `bytes`, for backends that store it where listings are cheap. */
  readonly trailerLength: number;
  /** Unique to this write: 22 characters of `[0-9A-Za-z_-]`. The version, on a backend without versions. */
  readonly nonce: string;
  /** Milliseconds since the epoch, for backends with native expiry. Core hides expired records in any case. */
  readonly expiresAt: number | undefined;
}

/** A record as stored. */
export interface StoredRecord {
  readonly version: Version;
  /** The bytes as written. `undefined` only if `version` equals the `cachedVersion` that was passed to `read`. */
  readonly bytes: Uint8Array | undefined;
  /**
   * The nonce of the write, if the driver stores it apart from the bytes, as with a version that is the nonce. Core
   * reports bytes of another write as corrupt, such as an older record that was restored under a newer version.
   */
  readonly nonce?: string | undefined;
}

/** A record in a listing. */
export interface ListedRecord {
  readonly id: string;
  readonly version: Version;
  /** The last bytes of the record, including its trailer. {@link TRAILER_MAX_BYTES} of them are always enough. */
  readonly tail: Uint8Array;
  /** As in {@link StoredRecord}. */
  readonly nonce?: string | undefined;
}

export interface RecordPage {
  /** At most `limit` records, in a stable, total order that is ascending for ids that consist of `[0-9A-Za-z._-]`. */
  readonly records: ListedRecord[];
  /**
   * The `after` of the next page; `undefined` if the backend reports no more records. The last page may be empty.
   * Must stay valid across restarts.
   */
  readonly next: string | undefined;
}

export interface PageRequest {
  /** The `next` of the previous page; `undefined` for the first page. */
  readonly after: string | undefined;
  /** 1 to 1000. */
  readonly limit: number;
}

export interface DriverOptions {
  /**
   * Aborts when the caller cancels or the deadline passes. The driver must then stop waiting and send nothing more.
   */
  readonly signal: AbortSignal;
}

/**
 * The part of a store that is specific to a backend: a few operations on bytes. Core does the rest once for all
 * backends: validation, encoding, expiry, conflicts, retries, deadlines, telemetry. docs/writing-an-adapter.md is a
 * tutorial.
 *
 * Expected outcomes are return values: a missing record, a failed precondition. Failures are thrown: a `DriverError`
 * for those that the driver recognizes, other errors unchanged. A driver must not retry, log or keep state that
 * changes after construction, and must connect on first use.
 */
export interface ThreadDriver {
  /** The version of this interface. */
  readonly contract: 1;
  /** The backend's name in errors and telemetry, such as `sqlite`. */
  readonly name: string;

  /**
   * Reads the record at `key`; `undefined` if there is none. If the record is still at `cachedVersion`, the driver
   * may omit its bytes.
   */
  read(
    key: ThreadKey,
    cachedVersion: Version | undefined,
    options: DriverOptions,
  ): Promise<StoredRecord | undefined>;

  /**
   * Stores the record if the stored version is `expected` (`undefined`: if there is no record), as one
   * compare-and-set that is atomic across all clients of the backend. Resolves once the record is durable, with its
   * version, which no record at this key has ever had. Resolves with `undefined`, without writing, if the
   * precondition fails.
   */
  write(
    key: ThreadKey,
    record: RecordToWrite,
    expected: Version | undefined,
    options: DriverOptions,
  ): Promise<Version | undefined>;

  /** Atomically deletes the record if its version is `expected`, and returns whether it did. */
  delete(key: ThreadKey, expected: Version, options: DriverOptions): Promise<boolean>;

  /** Lists a page of the records of one namespace. Its cost must depend on the page, not on the store. */
  list(namespace: string, page: PageRequest, options: DriverOptions): Promise<RecordPage>;

  /**
   * Closes resources the driver created. Must not close a client that was passed in. Called once, after all calls.
   */
  close(): Promise<void>;
}

/** The maximum length of a record's trailer. */
export const TRAILER_MAX_BYTES = 16_384;
