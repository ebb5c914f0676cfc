import type { MaybePromise } from "./runtime/maybe-promise.ts";
import type { ListOrder, ThreadMetadata, Version } from "./thread-store.ts";

/**
 * Identifies a record. Core has validated both members, but they can be any well-formed Unicode: a driver must encode
 * them before it uses them in a path, query or pattern.
 */
export interface ThreadKey {
  /** At most 1536 bytes of UTF-8 (512 before escaping); empty for the store's root namespace. */
  readonly namespace: string;
  /** 1 to 512 bytes of UTF-8. */
  readonly id: string;
}

/** Details of a record that a driver may use to store it more cheaply, or to list it. */
export interface RecordDetails {
  /** The length of the trailer at the end of the bytes, for backends that store it where listings are cheap. */
  readonly trailerLength: number;
  /**
   * Unique to this write: 22 characters of `[0-9A-Za-z_-]`. A driver of a backend without versions uses it as the
   * version.
   */
  readonly nonce: string;
  /**
   * When the record expires, in milliseconds since the epoch, for backends with native expiry (TTL). Core hides
   * expired records in any case.
   */
  readonly expiresAt: number | undefined;
  /** When the record is saved, in milliseconds since the epoch, for backends with an index of these times. */
  readonly updatedAt: number;
  /**
   * The thread's metadata, for backends that index it, without members that decorators added. `undefined` if the record
   * stored at version `expected` has the same, so that the index need not change.
   */
  readonly changedMetadata: ThreadMetadata | undefined;
}

/** A record to store: opaque bytes, and their details. */
export interface RecordToWrite extends RecordDetails {
  /**
   * The complete record, one JSON document in UTF-8. The bytes are valid only during the call, because the next record
   * is written to the same buffer. A driver that keeps the bytes must copy them.
   */
  readonly bytes: Uint8Array;
  /**
   * The number of leading bytes that are identical in the record stored at version `expected`; 0 if unknown. None of
   * them belongs to the trailer of either record. A driver may write only the bytes after them. Ignoring this number
   * is slower but correct.
   */
  readonly unchanged: number;
}

/** A change of the end of a stored record, which appends to the thread or replaces the trailer. */
export interface RecordPatch extends RecordDetails {
  /** The number of leading bytes of the stored record to keep. None of them belongs to its trailer. */
  readonly keep: number;
  /**
   * The bytes that follow them, up to the end of the new record: the trailer, and as many bytes before it as
   * {@link ThreadDriver.readTail} has to return.
   */
  readonly bytes: Uint8Array;
  /** The complete stored record, if `readTail` returned it, or core has read it for another reason. */
  readonly replaced: Uint8Array | undefined;
}

/** A record as stored. */
export interface StoredRecord {
  readonly version: Version;
  /** The bytes as written. `undefined` only if `version` equals the `cachedVersion` that was passed to `read`. */
  readonly bytes: Uint8Array | undefined;
  /**
   * The nonce of the write, if the driver stores it apart from the bytes, for example as the version. Core then
   * reports bytes of another write as corrupt, such as an older record that was restored under a newer version.
   */
  readonly nonce?: string | undefined;
}

/** The end of a record as stored. */
export interface RecordTail {
  readonly version: Version;
  /** The last bytes of the record: its trailer, and at least {@link TAIL_CONTEXT_BYTES} before it, if it has so many. */
  readonly tail: Uint8Array;
  /** The complete record, if the driver read it anyway. Core passes it to `patch`. */
  readonly record?: Uint8Array | undefined;
  /** As in {@link StoredRecord}. */
  readonly nonce?: string | undefined;
}

/** A record in a listing. */
export interface ListedRecord {
  readonly id: string;
  readonly version: Version;
  /**
   * The last bytes of the record, including its trailer. {@link TRAILER_MAX_BYTES} of them are always enough, and nearly
   * always far fewer: see `readWholeTrailer` and `tailOf`.
   */
  readonly tail: Uint8Array;
  /** As in {@link StoredRecord}. */
  readonly nonce?: string | undefined;
}

export interface RecordPage {
  /** At most `limit` records, in the order of the request. */
  readonly records: ListedRecord[];
  /**
   * The `after` of the next page; `undefined` if the backend does not have any more records. The last page may be
   * empty. Must stay valid across restarts.
   */
  readonly next: string | undefined;
}

export interface PageRequest {
  /**
   * The listing that the page belongs to, the same object for all pages that core reads of it. A driver that reads all
   * names for a page can keep them under it, for the next page: see `listingRests`. `undefined` if core reads one page.
   */
  readonly listing?: object | undefined;
  /** The `next` of the previous page; `undefined` for the first page. */
  readonly after: string | undefined;
  /** 1 to 1000. */
  readonly limit: number;
  /**
   * `id`: a stable, total order that is ascending for ids of up to 256 characters of `[0-9A-Za-z._-]`. `updated`:
   * the latest `updatedAt` first, and records of the same time by id.
   */
  readonly order: ListOrder;
  /**
   * The text that the ids begin with, byte for byte in UTF-8; empty for all records. In the order `updated`, a driver
   * may return other records, too: core leaves them out.
   */
  readonly prefix: string;
  /**
   * The members that the metadata of the records has; empty for all records. A driver may return other records, too:
   * core leaves them out.
   */
  readonly where: ThreadMetadata;
}

export interface NamespacesRequest {
  /** The namespace that the page is limited to, with those nested in it; empty for all. */
  readonly within: string;
  /** The `next` of the previous page; `undefined` for the first page. */
  readonly after: string | undefined;
  /** 1 to 1000. */
  readonly limit: number;
}

export interface StoredNamespaces {
  /**
   * At most `limit` namespaces, in a stable, total order in which those that begin with the same text are adjacent,
   * such as the order of their UTF-8 bytes.
   */
  readonly namespaces: string[];
  /**
   * The `after` of the next page; `undefined` if there are no more. A page may be short or empty. Must stay valid
   * across restarts, and when the namespaces up to it are gone.
   */
  readonly next: string | undefined;
}

export interface DriverOptions {
  /**
   * Aborts when the caller aborts the call or its deadline passes. The driver must then stop waiting and send nothing
   * more.
   */
  readonly signal: AbortSignal;
}

/**
 * The part of a store that is specific to a backend: a few operations on bytes. Core does the rest once for all
 * backends: validation, encoding, expiry, conflicts, retries, deadlines, telemetry. docs/writing-an-adapter.md is a
 * tutorial.
 *
 * A driver returns expected outcomes, such as a missing record or a failed precondition. It throws failures: those
 * that it recognizes as a `DriverError`, others unchanged. A method may return its result, or throw, at once instead of
 * with a promise: a call of the store then costs less. A driver must not retry, log or keep state that changes
 * after construction, and must connect on first use.
 */
export interface ThreadDriver {
  /** The version of this interface. */
  readonly contract: 2;
  /** The backend's name in errors and telemetry, such as `sqlite`. */
  readonly name: string;
  /**
   * Identifies where the records are, such as the path of a file. Two drivers of the same name and location must have
   * the same records. A string must mean the same in other processes, and must not contain a credential. An object is
   * compared by identity. Omit it if it is unknown. Core refuses to copy threads from a location to itself, and to
   * continue a copy from another location.
   */
  readonly location?: string | object | undefined;

  /**
   * Reads the record at `key`. Resolves with `undefined` only if it does not exist. If the record is still at
   * `cachedVersion`, the driver may omit its bytes.
   */
  read(
    key: ThreadKey,
    cachedVersion: Version | undefined,
    options: DriverOptions,
  ): MaybePromise<StoredRecord | undefined>;

  /**
   * Stores the record if the stored version is `expected`, or, if `expected` is `undefined`, if the key does not
   * exist: one compare-and-set, atomic across all clients of the backend. Once the record is durable, resolves with
   * its version, which no record at this key has ever had. Resolves with `undefined`, without writing, if the
   * precondition fails.
   */
  write(
    key: ThreadKey,
    record: RecordToWrite,
    expected: Version | undefined,
    options: DriverOptions,
  ): MaybePromise<Version | undefined>;

  /**
   * Reads the end of the record at `key`. Resolves with `undefined` only if it does not exist. The cost must not depend
   * on the length of the record. A driver whose backend cannot read a part of a record uses `patchesByRewriting`.
   */
  readTail(key: ThreadKey, options: DriverOptions): MaybePromise<RecordTail | undefined>;

  /**
   * Replaces the end of the record if its version is `expected`: all bytes from `patch.keep` on. As atomic and durable
   * as `write`, and resolves with the same. The cost must depend on the length of the patch.
   */
  patch(
    key: ThreadKey,
    patch: RecordPatch,
    expected: Version,
    options: DriverOptions,
  ): MaybePromise<Version | undefined>;

  /** Atomically deletes the record if its version is `expected`. Resolves with whether it did. */
  delete(key: ThreadKey, expected: Version, options: DriverOptions): MaybePromise<boolean>;

  /**
   * Lists a page of the records of one namespace. The order must not depend on `prefix` or `where`. The cost must
   * depend on the size of the page, not on that of the store; in the order `updated`, a backend without an index may
   * read the names and times of all records in the namespace. A page may have fewer records than `limit`, or none,
   * although more follow.
   */
  list(namespace: string, page: PageRequest, options: DriverOptions): MaybePromise<RecordPage>;

  /**
   * Lists a page of the namespaces that contain records: `within`, and those nested in it, which begin with `within` and
   * a slash. The cost must not depend on how many records they contain. One whose records have all expired may be
   * listed, and so may one with leftovers of a crash.
   */
  listNamespaces(request: NamespacesRequest, options: DriverOptions): MaybePromise<StoredNamespaces>;

  /**
   * Closes the resources that the driver created. Must not close a client that was passed in. Called once, after all
   * other calls.
   */
  close(): MaybePromise<void>;
}

/**
 * The maximum length of a record's trailer: 64 KiB of metadata, and the namespace, the id and all else in at most 16 KiB.
 */
export const TRAILER_MAX_BYTES = 81_920;

/**
 * How many bytes before the trailer core needs to append to a thread. They usually show the end of its last array; if
 * not, core reads the whole record.
 */
export const TAIL_CONTEXT_BYTES = 64;
