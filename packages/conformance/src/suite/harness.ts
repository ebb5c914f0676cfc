import type { JsonValue, StoreOptions, ThreadStore } from "@threadstore/core";
import type { TurnProtocol } from "../engines/fault-proxy/index.ts";
import type { KeptVersions, VersionedStore } from "./versioned-store.ts";

/** The address of a server. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How stores reach their backend, so that the suite can put a proxy in between. */
export interface Network {
  /** The backend's address, without TLS. */
  readonly endpoint: Endpoint;

  /**
   * How the proxy recognizes requests and responses. Any protocol will do in which each request of a connection has one
   * response, in the same order.
   * @default HTTP/1.1 or RESP (Redis), by the first byte of a connection
   */
  readonly protocol?: TurnProtocol | undefined;

  /** Opens a store like the harness's `open`, but connects to `endpoint` and to nothing else. */
  open(location: string, endpoint: Endpoint, options?: StoreOptions): Promise<ThreadStore>;

  /**
   * Whether the backend cannot change a record in place, so that an append or a touch reads and writes all of it.
   * @default false
   */
  readonly rewritesRecords?: boolean;

  /**
   * Whether the client library keeps idle connections for the whole process, so that closing a store cannot close them.
   * @default false
   */
  readonly keepsConnections?: boolean;
}

/** How child processes of the suite open a location. */
export interface ChildProcessHarness {
  /** URL or absolute path of a module that exports a {@link ChildProcessModule}. TypeScript works if Node.js runs it. */
  readonly module: URL | string;
  /**
   * Values that the module needs in addition to the location, such as a folder.
   * @default null
   */
  readonly parameters?: JsonValue;
}

export interface ChildProcessModule {
  /**
   * Opens a store at the location, which other processes may have open too. `parameters` are those of the harness. Once
   * the store is closed, nothing of it may keep the process alive.
   */
  openStore(location: string, parameters: JsonValue): Promise<ThreadStore> | ThreadStore;
}

/** For a store that keeps each location in its own folder and accesses the folder only through `node:fs`. */
export interface Disk {
  /** Returns the absolute path of the location's folder. Its parent exists, and the store does not create it. */
  folder(location: string): string;
}

/** For a store whose backend writes to disk, so that only the backend's settings show whether saves are durable. */
export interface Durability {
  /** Reads every setting that the durability of an acknowledged save depends on. The location has been written to. */
  settings(location: string): Promise<readonly DurabilitySetting[]>;
}

export interface DurabilitySetting {
  /** The backend's own name for it, such as `appendfsync`. */
  readonly name: string;
  /** The values with which the store is as durable as its documentation promises. */
  readonly accepted: readonly string[];
  /** The value in force for the connection that the store saves on, as the backend reports it. */
  readonly actual: string;
}

/** For a backend that runs in its own process, which the harness controls. */
export interface Backend {
  /** Kills the backend with `kill -9` and starts it again. Resolves once it answers. */
  crash(): Promise<void>;
}

/** For a store that keeps the versions of its threads. */
export interface History {
  /** Opens a store like the harness's `open` that keeps at most so many versions, and each for so long. */
  open(location: string, keep: KeptVersions, options?: StoreOptions): Promise<VersionedStore>;
}

/** Gives the suite access to one kind of store. */
export interface Harness {
  /** The store's name in reports. */
  readonly name: string;

  /**
   * Opens a store at the location, creating it if necessary: a folder, a table, a key prefix. Two stores opened at one
   * location are two clients of the same threads and share no more than two processes could. Stores at different
   * locations share nothing. A location's name has at most 32 lower-case letters, digits and hyphens.
   *
   * The store must honor all `options`, in particular `now`, the clock of the cases on expiry.
   */
  open(location: string, options?: StoreOptions): Promise<ThreadStore>;

  /** Deletes the location and everything in it, even if it was never created. All its stores are closed by then. */
  destroy(location: string): Promise<void>;

  /**
   * Replaces the bytes of a stored record without the store's knowledge, so that cases can corrupt it. `change` receives
   * the whole record as the backend stores it. The thread is in the store's own namespace.
   */
  rewrite?(location: string, id: string, change: (record: Uint8Array) => Uint8Array): Promise<void>;

  /**
   * Returns the names of everything that the backend stores for the location: records, files, rows, objects and any
   * leftovers. Omit empty folders and whatever exists once, however many threads there are.
   */
  entries?(location: string): Promise<readonly string[]>;

  /**
   * Opens a store whose bucket, container, database or folder does not exist or is something else, and is not the
   * store's to create: an operator forgot it, or misspelled its name.
   */
  missing?(): Promise<ThreadStore>;

  /** For a store that reaches its backend over a network. */
  readonly network?: Network;

  /** For a store whose threads are visible to other processes. */
  readonly childProcess?: ChildProcessHarness;

  /** For a store that keeps files. */
  readonly disk?: Disk;

  /** For a store whose backend writes to disk. */
  readonly durability?: Durability;

  /** For a store whose backend can be killed. */
  readonly backend?: Backend;

  /** For a store that keeps the versions of its threads. */
  readonly history?: History;

  /**
   * Opens the location as a store without versions, for a `history` that can be added to a store which already has
   * threads.
   */
  withoutHistory?(location: string, options?: StoreOptions): Promise<ThreadStore>;

  /**
   * How far apart two saves must be for a listing by recency to tell them apart, in milliseconds of real time, if it
   * orders by the backend's clock. 0 if it orders by `updatedAt`, and so by the store's option `now`.
   * @default 0
   */
  readonly recencyPrecisionMs?: number;

  /**
   * Passwords, keys and tokens that the stores use. No error may lead to them.
   * @default []
   */
  readonly secrets?: readonly string[];

  /**
   * The size of the largest thread that the backend can store, in bytes of JSON, if that is less than the default of
   * `maxThreadBytes` in `StoreOptions`. Cases then use shorter threads. The store must reject longer ones with
   * `TOO_LARGE`. At least 320,000, since many bugs need threads of more than 256 KiB.
   * @default 16_777_216
   */
  readonly maxThreadBytes?: number;

  /**
   * How many times as long as on a local store cases may take.
   * @default 1
   */
  readonly timeoutFactor?: number;

  /** Cases that the store is known to fail. */
  readonly knownFailures?: readonly KnownFailure[];
}

/**
 * A case that the store is known to fail. The case still runs and must fail, so that the entry cannot outlive its reason.
 * From the day `until` on, it counts like any other case.
 */
export interface KnownFailure {
  /** The id of the case, such as `C2-3`. */
  readonly case: string;
  readonly reason: string;
  /**
   * A part of the failure's message, or a pattern that it matches. Any other failure of the case is reported.
   * @default any failure
   */
  readonly message?: string | RegExp;
  /** A day such as `2027-01-31`. */
  readonly until: string;
}
