import type { JsonValue, StoreOptions, ThreadStore } from "@threadstore/core";

/** What a harness may be able to do beyond opening stores. Each unlocks cases. */
export type Power =
  | "rewrite"
  | "entries"
  | "missing"
  | "network"
  | "peer"
  | "disk"
  | "durability"
  | "backend";

/** Where a server listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How stores reach their backend, so that the suite can stand in the way. */
export interface Network {
  /** Where the backend listens: for HTTP/1.1 or RESP (Redis), without TLS. */
  readonly endpoint: Endpoint;

  /** As `open` of the harness, except that the store connects to `endpoint` and to nothing else. */
  open(place: string, endpoint: Endpoint, options?: StoreOptions): Promise<ThreadStore>;

  /**
   * Whether the stores' library keeps idle connections for the whole process, so that closing a store cannot close
   * them.
   * @default false
   */
  readonly keepsConnections?: boolean;
}

/** How other processes open a place. */
export interface Peer {
  /** The URL or absolute path of a module that exports {@link PeerModule}; TypeScript where Node.js runs that. */
  readonly module: URL | string;
  /**
   * What the module needs to know beside the place, such as a folder.
   * @default null
   */
  readonly parameters?: JsonValue;
}

export interface PeerModule {
  /**
   * A store on the place, which the harness may have open too, with the `parameters` of the harness. Once it is
   * closed, nothing of it keeps the process from ending.
   */
  openPeer(place: string, parameters: JsonValue): Promise<ThreadStore> | ThreadStore;
}

/** For a store that keeps each place in a folder of its own, and reaches it through `node:fs` and nothing else. */
export interface Disk {
  /** The absolute path of the place's folder. The folder above it is there, and is not the store's to make. */
  folder(place: string): string;
}

/** For a store whose saves are made durable where the suite cannot watch it, as the backend's settings say. */
export interface Durability {
  /** Looks up every setting on which it depends that an acknowledged save is durable. The place has been written to. */
  settings(place: string): Promise<readonly DurabilitySetting[]>;
}

export interface DurabilitySetting {
  /** As the backend calls it, such as `appendfsync`. */
  readonly name: string;
  /** The values with which the store keeps what its documentation promises. */
  readonly promised: readonly string[];
  /** The value in force, as the backend tells it, for the connection that the store saves on. */
  readonly found: string;
}

/** For a backend that is a process of its own and belongs to the harness. */
export interface Backend {
  /** Ends the backend as a crash does (`kill -9`) and starts it again; resolves when it answers. */
  crash(): Promise<void>;
}

/** How the suite gets at stores of one kind. */
export interface Harness {
  /** Of the store, as reports show it. */
  readonly name: string;

  /**
   * A store on the place of that name, which is created when it is first opened: a folder, a table, a key
   * prefix. Opened twice, it is two clients of the same threads, that share no more than two processes could;
   * different places share nothing. A name is lower-case letters, digits and hyphens, at most 32 of them.
   *
   * `options` are those of every store, and all of them hold, above all `now`: the clock of the cases on expiry.
   */
  open(place: string, options?: StoreOptions): Promise<ThreadStore>;

  /** Removes the place and all it holds, also when nothing was made of it yet. Its stores are closed by then. */
  destroy(place: string): Promise<void>;

  /**
   * Replaces the bytes of a stored record, behind the store's back, to see how it meets damage. `change` gets
   * the whole record as the backend holds it. The thread is one of the store's own namespace.
   */
  rewrite?(place: string, id: string, change: (record: Uint8Array) => Uint8Array): Promise<void>;

  /**
   * The names of all that the backend holds for the place: records, files, rows, objects, and debris of every
   * kind; not empty folders, nor what exists once however many threads there are.
   */
  entries?(place: string): Promise<readonly string[]>;

  /**
   * A store whose bucket, container, database or folder is not there, or is something else, and is not the store's to
   * make: what an operator has forgotten, or misspelt.
   */
  missing?(): Promise<ThreadStore>;

  /** For a store that reaches its backend over a network. */
  readonly network?: Network;

  /** For a store whose threads other processes see too. */
  readonly peer?: Peer;

  /** For a store that keeps files. */
  readonly disk?: Disk;

  /** For a store whose backend writes to the disk in its stead. */
  readonly durability?: Durability;

  /** For a store whose backend can be killed. */
  readonly backend?: Backend;

  /**
   * By how much cases may take longer than on a local store.
   * @default 1
   */
  readonly timeoutFactor?: number;

  /** Cases that the store is known to fail. */
  readonly waivers?: readonly Waiver[];
}

/**
 * A known failure: the case runs, and has to fail, so that a waiver does not outlive its reason. From `until` on
 * it counts as any other case.
 */
export interface Waiver {
  /** The id of the case, such as `C2-3`. */
  readonly case: string;
  readonly reason: string;
  /** A day, as `2027-01-31`. */
  readonly until: string;
}
