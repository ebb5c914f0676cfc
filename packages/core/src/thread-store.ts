/** Any value that JSON can hold. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [member: string]: JsonValue };

/** A thread as an agent serialized it: one JSON object. The store never looks inside. */
export type SerializedThread = { [member: string]: JsonValue };

/**
 * A thread as JSON text, whole or in parts that are joined. Of parts that were the first parts of what is replaced
 * nothing is read again, so that a save costs what was added to a conversation, however long it is.
 */
export type ThreadText = string | readonly string[];

/**
 * The state of one thread that a save produced: opaque, compared with `===`, never repeated for that
 * thread. Printable ASCII without quotes, so that a web service can send it as its ETag.
 */
export type Version = string;

/** A small flat record kept beside the thread and shown in listings, such as a title or an owner. */
export type ThreadMetadata = { [name: string]: string };

/** What is known of a thread without its content. */
export interface ThreadDetails {
  readonly id: string;
  readonly version: Version;
  /** Length of the thread's JSON in bytes of UTF-8. */
  readonly size: number;
  /** When the thread was first saved; later saves leave it. */
  readonly createdAt: Date;
  /** When this version was saved. */
  readonly updatedAt: Date;
  /** From when on the thread is as if deleted; `undefined`: never. */
  readonly expiresAt: Date | undefined;
}

/** One version of a thread, as `load` and `save` hand it out. Every object in it is the caller's own. */
export interface StoredThread extends ThreadDetails {
  readonly metadata: ThreadMetadata;
  /** The thread's JSON, to the byte what was saved when it was saved as text. */
  readonly json: string;
  /** The thread, parsed from {@link json} when first asked for; always the same object after that. */
  readonly thread: SerializedThread;
}

/** A thread in a listing. */
export interface IntactThreadSummary extends ThreadDetails {
  readonly corrupt: false;
  /** Present when the listing asked for `metadata: true`. */
  readonly metadata?: ThreadMetadata;
}

/**
 * A thread in a listing whose stored record is damaged. `load` rejects with `CORRUPT`; `delete`, and
 * `save` with `overwrite: true`, are the ways out.
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

/** Its `version` can be used as `previous`. Narrow with `summary.corrupt`. */
export type ThreadSummary = IntactThreadSummary | CorruptThreadSummary;

/** Options of every call. */
export interface CallOptions {
  /**
   * Aborted before: nothing is sent. Aborted during: the call rejects at once with the signal's reason and
   * the thread is whole, as it was or as it was to be.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long the call may take, in milliseconds, its retries included.
   * @default the store's `timeoutMs`
   */
  readonly timeoutMs?: number | undefined;
}

/** What a save or delete starts from: something that a store handed out, or just its version. */
export type Previous = Version | { readonly version: Version };

export interface SaveOptions extends CallOptions {
  /**
   * What the caller last saw. `undefined`: nothing, so the thread is created, and a live one in its place
   * is a `CONFLICT`. Otherwise only that version is replaced, and any other state is a `CONFLICT`.
   */
  readonly previous?: Previous | undefined;
  /**
   * Replace whatever is there, damaged records too: the last writer wins.
   * @default false
   */
  readonly overwrite?: boolean | undefined;
  /** Replaces the metadata. `undefined` keeps what was there; `{}` clears it. At most 8 KiB as JSON. */
  readonly metadata?: ThreadMetadata | undefined;
  /**
   * Milliseconds from now until the thread expires. Each save sets expiry anew: without `ttlMs` and
   * `expiresAt` the store's `ttlMs` holds, and without that the thread never expires.
   */
  readonly ttlMs?: number | undefined;
  /** The moment at which the thread expires, in the future; `null`: never, whatever the store's `ttlMs`. */
  readonly expiresAt?: Date | null | undefined;
}

export interface LoadOptions extends CallOptions {
  /**
   * A version the caller already holds. If the thread is still at it, a networked store does not send its
   * content again. The result is the same with and without.
   */
  readonly cached?: StoredThread | undefined;
}

export interface DeleteOptions extends CallOptions {
  /** Delete only this version; any other state, also a missing thread, is a `CONFLICT`. */
  readonly previous?: Previous | undefined;
}

export interface ListOptions extends CallOptions {
  /**
   * Threads per page, 1 to 1000.
   * @default 100
   */
  readonly limit?: number | undefined;
  /** Where an earlier page of the same namespace ended: its `cursor`. Survives restarts. */
  readonly cursor?: string | undefined;
  /**
   * Whether summaries carry their metadata.
   * @default false
   */
  readonly metadata?: boolean | undefined;
}

export interface ThreadPage {
  readonly threads: ThreadSummary[];
  /** Pass it to the next `listPage`; `undefined` when this page is the last. */
  readonly cursor: string | undefined;
}

export interface UpdateOptions extends CallOptions, Pick<SaveOptions, "metadata" | "ttlMs" | "expiresAt"> {
  /**
   * How many times to load, change and save before giving up with the last `CONFLICT`.
   * @default 50
   */
  readonly maxAttempts?: number | undefined;
}

export interface DeleteExpiredOptions extends CallOptions {
  /** Where an earlier sweep of the same namespace stopped: its `cursor`. */
  readonly cursor?: string | undefined;
}

export interface DeleteExpiredResult {
  /** How many expired threads were deleted. */
  readonly deleted: number;
  /** Present when the time did not suffice for all: pass it to the next sweep. */
  readonly cursor?: string | undefined;
}

/**
 * Keeps serialized threads and hands them out again: in another request, another process, days later.
 *
 * Every method but `namespace` rejects with a `ThreadStoreError` (or the abort signal's reason) and never throws
 * synchronously. docs/contract.md says what each one promises.
 */
export interface ThreadStore extends AsyncDisposable {
  /**
   * Saves a thread, given as an object of strict JSON or as JSON text, which is kept byte for byte. Safe by
   * default: see {@link SaveOptions.previous}.
   *
   * Rejects with `CONFLICT` (nothing was written), `INVALID_ARGUMENT`, `TOO_LARGE`, `OUTCOME_UNKNOWN` (the
   * answer was lost and could not be resolved: load and look) or a backend code.
   */
  save(id: string, thread: object | ThreadText, options?: SaveOptions): Promise<StoredThread>;

  /** The thread, or `undefined` when there is none or it has expired. Damaged content is `CORRUPT`. */
  load(id: string, options?: LoadOptions): Promise<StoredThread | undefined>;

  /** Whether a live thread was there and is now gone. Removes damaged records too. */
  delete(id: string, options?: DeleteOptions): Promise<boolean>;

  /**
   * The threads of this namespace, page after page, in a stable order: ascending for ids of
   * `[0-9A-Za-z._-]`, and for others as the backend sorts. A thread that exists throughout appears exactly once.
   */
  list(options?: ListOptions): AsyncIterable<ThreadSummary>;

  /** One page of the listing, for a web service. */
  listPage(options?: ListOptions): Promise<ThreadPage>;

  /**
   * Loads, changes and saves, again from the start when another writer was faster. `change` may therefore
   * run several times; it gets what is stored now and returns what to store, or `null` to leave it.
   * `timeoutMs` holds for each load and each save, not for `change`; aborting ends the wait for it too.
   */
  update(
    id: string,
    change: (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>,
    options?: UpdateOptions,
  ): Promise<StoredThread | undefined>;

  /**
   * Removes the expired threads of this namespace from the backend, whatever removes them there besides. Stops
   * half-way through `timeoutMs` and then resolves with a `cursor` to go on from.
   */
  deleteExpired(options?: DeleteExpiredOptions): Promise<DeleteExpiredResult>;

  /**
   * A view of this store that sees only the threads of `name`, over the same connection. A view of a view
   * lies inside it. At most 128 bytes of UTF-8 in all; throws `INVALID_ARGUMENT` for a wrong name.
   */
  namespace(name: string): ThreadStore;

  /**
   * Waits for the calls in flight, updates included, and closes what the store opened; further calls reject with
   * `CLOSED`.
   * Closing a view closes that view alone.
   */
  close(): Promise<void>;
}

/** The thread to store; `null` leaves what is stored. */
export type UpdateChange = object | ThreadText | null;
