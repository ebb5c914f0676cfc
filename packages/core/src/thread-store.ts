/** Any value that JSON can represent. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [member: string]: JsonValue };

/** A serialized thread: one JSON object. Stores do not interpret it. */
export type SerializedThread = { [member: string]: JsonValue };

/**
 * Identifies one saved state of a thread. It is opaque, is compared with `===`, and is never reused for the same
 * thread, even after the thread was deleted and created again. It consists of printable ASCII without quotes, so a web
 * service can send it as an ETag.
 */
export type Version = string;

/** A flat record of strings stored with the thread and returned by listings, such as a title or an owner. */
export type ThreadMetadata = { [name: string]: string };

/** The properties of a thread other than its content and metadata. */
export interface ThreadDetails {
  readonly id: string;
  readonly version: Version;
  /** The length of the thread's JSON in bytes of UTF-8. */
  readonly size: number;
  /** When the thread was first saved. Later saves do not change it. */
  readonly createdAt: Date;
  /** When this version was saved. */
  readonly updatedAt: Date;
  /** When the thread expires; `undefined` if it never does. An expired thread behaves as if it were deleted. */
  readonly expiresAt: Date | undefined;
}

/** One version of a thread, as returned by `load` and `save`. All objects in it belong to the caller. */
export interface StoredThread extends ThreadDetails {
  readonly metadata: ThreadMetadata;
  /** The thread's JSON: exactly the saved text, if the thread was saved as text. */
  readonly json: string;
  /**
   * The parsed {@link json}. Parsed on first access, which blocks the event loop for 2 to 3 ms per MB; later accesses
   * return the same object.
   */
  readonly thread: SerializedThread;
}

/** A readable thread in a listing. */
export interface IntactThreadSummary extends ThreadDetails {
  readonly corrupt: false;
  /** Present if the listing was requested with `metadata: true`. */
  readonly metadata?: ThreadMetadata;
}

/**
 * A thread in a listing whose stored record is corrupt. Loading it rejects with `CORRUPT`. The record is kept, like a
 * dead letter, until it is deleted or replaced with `overwrite: true`.
 */
export interface CorruptThreadSummary {
  readonly corrupt: true;
  readonly id: string;
  readonly version: Version;
  readonly size?: undefined;
  readonly createdAt?: undefined;
  readonly updatedAt?: undefined;
  readonly expiresAt?: undefined;
  readonly metadata?: undefined;
}

/** A thread in a listing. `corrupt` narrows the type. The summary, or its `version`, can be passed as `previous`. */
export type ThreadSummary = IntactThreadSummary | CorruptThreadSummary;

/** Options of every call. */
export interface CallOptions {
  /**
   * Aborts the call. If the signal is already aborted, nothing is sent. If it aborts mid-call, the call rejects
   * immediately with the signal's reason, and the thread is either unchanged or fully updated.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the call may take, including retries, in milliseconds.
   * @default the store's `timeoutMs`
   */
  readonly timeoutMs?: number | undefined;
}

/**
 * The precondition of a save or delete (compare-and-set): an object that a store returned for the thread, or its
 * version.
 */
export type Previous = Version | { readonly version: Version };

export interface SaveOptions extends CallOptions {
  /**
   * The version to replace. If the thread is in any other state, the save rejects with `CONFLICT`. If omitted, the
   * save creates the thread, and rejects with `CONFLICT` if it already exists.
   */
  readonly previous?: Previous | undefined;
  /**
   * Whether to replace any stored version, including a corrupt record, so that the last writer wins.
   * @default false
   */
  readonly overwrite?: boolean | undefined;
  /** Replaces the metadata: at most 64 KiB as JSON. Omit it to keep the metadata; pass `{}` to clear it. */
  readonly metadata?: ThreadMetadata | undefined;
  /**
   * The time to live (TTL), in milliseconds from now. Without `ttlMs` and `expiresAt`, a save keeps the expiry that an
   * earlier save of the thread set. If no save has set one, the store's `ttlMs` counts from now. Without that, the
   * thread never expires.
   */
  readonly ttlMs?: number | undefined;
  /** When the thread expires: a time in the future, or `null` for never, regardless of the store's `ttlMs`. */
  readonly expiresAt?: Date | null | undefined;
}

/** The options of an append or touch that change the metadata or the expiry of the thread. */
type StoredOptions = Pick<SaveOptions, "metadata" | "ttlMs" | "expiresAt">;

export interface AppendOptions extends CallOptions, StoredOptions {
  /**
   * The version to append to. If the thread is in any other state, the append rejects with `CONFLICT`. If omitted, the
   * append applies to the current version, whichever it is.
   */
  readonly previous?: Previous | undefined;
  /**
   * An idempotency key of up to 256 bytes of UTF-8, such as the id of a delivery. If one of the last 100 appends with a
   * key had the same one, nothing is written.
   */
  readonly key?: string | undefined;
  /**
   * The thread to create if none exists, to which the elements are then appended: an object of strict JSON, or JSON
   * text. If omitted, an append to a missing thread rejects with `CONFLICT`.
   */
  readonly create?: object | string | undefined;
}

/** The state of a thread after an append. Can be passed as `previous`. */
export interface AppendResult extends ThreadDetails {
  readonly metadata: ThreadMetadata;
  /** `false` if an earlier append had the same `key`, so that this one changed nothing. */
  readonly appended: boolean;
}

export interface TouchOptions extends CallOptions, StoredOptions {
  /** The version to change. If the thread is in any other state, the touch rejects with `CONFLICT`. */
  readonly previous?: Previous | undefined;
}

/** The state of a thread after a touch. Can be passed as `previous`. */
export interface TouchResult extends ThreadDetails {
  readonly metadata: ThreadMetadata;
}

export interface LoadOptions extends CallOptions {
  /**
   * A version of the thread that the caller already holds. If it is still current, networked stores do not transfer
   * its content again. The result is the same as without it.
   */
  readonly cached?: StoredThread | undefined;
}

export interface DeleteOptions extends CallOptions {
  /**
   * The version to delete. If the thread is in any other state or does not exist, the delete rejects with `CONFLICT`.
   */
  readonly previous?: Previous | undefined;
}

/**
 * The order of a listing. `id`: ascending for ids of up to 256 characters of `[0-9A-Za-z._-]`; the backend determines
 * the order of other ids. `updated`: the latest save first, and threads that were saved at the same time by id.
 */
export type ListOrder = "id" | "updated";

export interface ListOptions extends CallOptions {
  /**
   * The order of the threads. Azure and S3 order by the time at which the service stored a thread, to the second.
   * @default "id"
   */
  readonly order?: ListOrder | undefined;
  /**
   * The number of threads per page, 1 to 1000.
   * @default 100
   */
  readonly limit?: number | undefined;
  /**
   * The `cursor` of an earlier page of the same namespace, `order`, `prefix` and `where`. It stays valid across
   * restarts.
   */
  readonly cursor?: string | undefined;
  /**
   * Limits the listing to threads whose id begins with this text, byte for byte in UTF-8. At most 512 bytes. Keep it
   * from page to page.
   * @default "" (all threads)
   */
  readonly prefix?: string | undefined;
  /**
   * Limits the listing to threads whose metadata has all of these members, each with exactly this value. Corrupt
   * threads are left out. A page can be short, or empty, although it has a cursor. Keep it from page to page.
   * @default {} (all threads)
   */
  readonly where?: Readonly<ThreadMetadata> | undefined;
  /**
   * Whether summaries include metadata.
   * @default false
   */
  readonly metadata?: boolean | undefined;
}

export interface ThreadPage {
  readonly threads: ThreadSummary[];
  /** Pass it to `listPage` for the next page; `undefined` after the last page. */
  readonly cursor: string | undefined;
}

/** The thread to store; `null` leaves the stored thread unchanged. */
export type UpdateChange = object | string | null;

export interface UpdateOptions extends CallOptions, Pick<SaveOptions, "metadata" | "ttlMs" | "expiresAt"> {
  /**
   * How many times to load, change and save before rejecting with the last `CONFLICT`.
   * @default 50
   */
  readonly maxAttempts?: number | undefined;
}

export interface DeleteExpiredOptions extends CallOptions {
  /** The `cursor` of an earlier `deleteExpired` of the same namespace. */
  readonly cursor?: string | undefined;
  /**
   * Whether to count the expired threads, and delete nothing.
   * @default false
   */
  readonly dryRun?: boolean | undefined;
}

export interface DeleteExpiredResult {
  /** The number of expired threads that were deleted or, in a dry run, would be. */
  readonly deleted: number;
  /** Present if the time ran out before the last thread. Pass it to the next `deleteExpired`. */
  readonly cursor?: string | undefined;
}

export interface NamespacesOptions extends CallOptions {
  /**
   * The maximum number of names per page, 1 to 1000.
   * @default 100
   */
  readonly limit?: number | undefined;
  /** The `cursor` of an earlier page of the same namespace. It stays valid across restarts. */
  readonly cursor?: string | undefined;
}

export interface NamespacePage {
  /** Names as they are passed to `namespace()`. A page may be short, or even empty, although others follow. */
  readonly namespaces: string[];
  /** Pass it to `namespaces` for the next page; `undefined` after the last page. */
  readonly cursor: string | undefined;
}

export interface EraseOptions extends CallOptions {
  /** The `cursor` of an earlier `erase` of the same namespace, which this call continues. */
  readonly cursor?: string | undefined;
  /**
   * Called before each page of up to 100 threads is deleted, and awaited. Its time counts towards `timeoutMs`. If it
   * throws or rejects, `erase` deletes nothing more and rejects with the same value.
   */
  readonly onProgress?: ((progress: EraseProgress) => void | Promise<void>) | undefined;
}

export interface EraseProgress {
  /** The number of threads that have been deleted, including those of the calls that this one continues. */
  readonly threads: number;
  /** The sum of their sizes. */
  readonly bytes: number;
  /** The namespace of the threads that are deleted next: its levels, escaped and joined by slashes, as in errors. */
  readonly namespace: string;
  /**
   * Continues the erase if this call does not resolve, for example because the process is killed. It counts the threads
   * that are deleted next, so that the receipt is right however many of them have been deleted.
   */
  readonly cursor: string;
}

/**
 * The state of an erase: its receipt, once `finishedAt` is set. Plain data, to be kept as JSON. The totals include
 * those of the calls that this one continued.
 */
export interface EraseResult {
  /** The number of threads that were deleted, including expired threads and corrupt records. */
  readonly threads: number;
  /** The sum of their sizes, in bytes of their JSON. Corrupt records, whose size is unknown, count as 0. */
  readonly bytes: number;
  /** When the first call of the erase started. */
  readonly startedAt: Date;
  /** When the erase finished; `undefined` if its time ran out before the last thread. */
  readonly finishedAt: Date | undefined;
  /** Present if the erase is not finished. Pass it to the next `erase`. */
  readonly cursor: string | undefined;
}

/**
 * Persists serialized threads, so that another request or another process can resume them later.
 *
 * Every method except `namespace` rejects with a `ThreadStoreError`, or with the reason of an aborted signal, and
 * never throws synchronously. docs/contract.md specifies the guarantees.
 */
export interface ThreadStore extends AsyncDisposable {
  /**
   * Saves a thread: an object of strict JSON, or JSON text, which is stored byte for byte. Uses optimistic concurrency
   * (compare-and-set): see {@link SaveOptions.previous}.
   *
   * The JSON of an object is created before the call returns, because its caller may then change the object. This
   * blocks the event loop for 3 to 4 ms per MB. Text is checked in slices, and {@link append} needs only new elements.
   *
   * Rejects with `CONFLICT` (nothing was written), `INVALID_ARGUMENT`, `TOO_LARGE`, `OUTCOME_UNKNOWN` (the response
   * was lost and the outcome could not be resolved: load the thread to find out) or a backend code.
   */
  save(id: string, thread: object | string, options?: SaveOptions): Promise<StoredThread>;

  /**
   * Loads a thread. Resolves with `undefined` if it does not exist or has expired. Rejects with `CORRUPT` if its
   * record is corrupt.
   */
  load(id: string, options?: LoadOptions): Promise<StoredThread | undefined>;

  /**
   * Appends elements, values of strict JSON, to the array that is the last member of a thread, without loading the
   * thread: every other byte of its JSON stays as it is. Concurrent appends all take effect, one after the other. The
   * cost depends on the elements, not on the length of the thread, except on S3, which rewrites it. Expiry and metadata
   * are kept as by `save`. Rejects with `INVALID_ARGUMENT` if there are no elements or the last member is not an array,
   * and otherwise as `save`.
   */
  append(id: string, elements: readonly unknown[], options?: AppendOptions): Promise<AppendResult>;

  /**
   * Changes the metadata or the expiry of a thread, and its `updatedAt`, without sending the thread. Values that the
   * options do not set are kept, as by `save`. Resolves with `undefined` if the thread does not exist.
   */
  touch(id: string, options?: TouchOptions): Promise<TouchResult | undefined>;

  /** Deletes a thread, even if its record is corrupt. Resolves with whether it existed. */
  delete(id: string, options?: DeleteOptions): Promise<boolean>;

  /**
   * Lists the threads of this namespace, page by page, by id or by recency: see {@link ListOptions}. A thread that
   * exists throughout the listing appears exactly once. By recency, that holds for a thread that is not saved
   * meanwhile; one that is saved may be missing.
   */
  list(options?: ListOptions): AsyncIterable<ThreadSummary>;

  /** Resolves with one page of the listing, for example for a web service. */
  listPage(options?: ListOptions): Promise<ThreadPage>;

  /**
   * Loads, changes and saves a thread. It starts over if another writer saves first, so `change` may run several
   * times. `change` receives the stored thread and returns the thread to store, or `null` to leave it unchanged.
   * `timeoutMs` applies to each load and each save, not to `change`. If the signal aborts, `update` also stops waiting
   * for `change`. Resolves with the stored thread, or with `undefined` if there is none.
   */
  update(
    id: string,
    change: (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>,
    options?: UpdateOptions,
  ): Promise<StoredThread | undefined>;

  /**
   * Deletes the expired threads of this namespace, including on backends with native expiry. Stops after half of
   * `timeoutMs` and then resolves with a `cursor` to continue from. With `dryRun`, it only counts them.
   */
  deleteExpired(options?: DeleteExpiredOptions): Promise<DeleteExpiredResult>;

  /**
   * Resolves with one page of the names of the namespaces directly in this one that contain threads or in which
   * namespaces that contain threads are nested. One that contains threads throughout the listing appears exactly once.
   * One in which all threads have expired may appear until they are deleted.
   */
  namespaces(options?: NamespacesOptions): Promise<NamespacePage>;

  /**
   * Deletes all threads of this namespace and of all namespaces nested in it, including expired threads and corrupt
   * records. Stops after half of `timeoutMs` and then resolves with a `cursor` to continue from, in any process.
   * Finally resolves with a receipt. A thread that is created during the erase may remain: erase again.
   */
  erase(options?: EraseOptions): Promise<EraseResult>;

  /**
   * Returns a view of this store that contains only the threads of namespace `name` and uses the same connection. The
   * namespaces of a view are nested in it. Names have at most 512 bytes of UTF-8 in total, with a slash
   * between levels. Throws `INVALID_ARGUMENT` for an invalid name.
   */
  namespace(name: string): ThreadStore;

  /**
   * Waits for calls in flight, including updates, and then closes the resources that the store created. Later calls
   * reject with `CLOSED`. Closing a view closes only that view.
   */
  close(): Promise<void>;
}
