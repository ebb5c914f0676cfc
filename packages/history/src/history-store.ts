import type {
  CallOptions,
  JsonValue,
  Previous,
  SaveOptions,
  SerializedThread,
  StoredThread,
  ThreadStore,
  Version,
} from "@threadstore/core";

/** One version of a thread, without its content. */
export interface ThreadVersion {
  readonly version: Version;
  /** When this version was saved, or last touched. */
  readonly updatedAt: Date;
  /** The length of its JSON in bytes of UTF-8. */
  readonly size: number;
  readonly isCurrent: boolean;
}

/** One version of a thread. */
export interface VersionedThread extends ThreadVersion {
  readonly id: string;
  /** The JSON of the thread: exactly as it was saved. */
  readonly json: string;
  /** The parsed {@link json}. Parsed on first access; later accesses return the same object. */
  readonly thread: SerializedThread;
}

/** How one member of a thread differs between two versions. */
export interface MemberDiff {
  /** The name of the member, such as `messages`. */
  readonly name: string;
  /**
   * If the member is an array in both versions: the index of the first element that differs. All elements before it, and
   * those after the removed and added ones, are equal.
   */
  readonly start: number | undefined;
  /** The elements that only the first version has; if it is not an array in both, the value, if there is one. */
  readonly removed: readonly JsonValue[];
  /** The elements that only the second version has; if it is not an array in both, the value, if there is one. */
  readonly added: readonly JsonValue[];
}

/** The difference between two versions of a thread. */
export interface ThreadDiff {
  readonly from: ThreadVersion;
  readonly to: ThreadVersion;
  /** The members that differ, in the order of the second version. Empty if none does. */
  readonly members: readonly MemberDiff[];
}

/** The options of {@link HistoryStore.fork} and {@link HistoryStore.restore}. */
export interface ForkOptions extends CallOptions, Pick<SaveOptions, "metadata" | "ttlMs" | "expiresAt"> {}

/** The result of {@link HistoryStore.prune}. */
export interface PruneResult {
  /** The number of versions that were removed. */
  readonly versions: number;
  /** By how much the stored text became shorter, in bytes of the inner store's JSON. */
  readonly bytes: number;
}

/** A store that keeps the versions of its threads. */
export interface HistoryStore extends ThreadStore {
  /** Resolves with the versions of a thread that are kept, the newest first; with none if the thread does not exist. */
  versions(id: string, options?: CallOptions): Promise<ThreadVersion[]>;

  /**
   * Loads a version of a thread, which may be the current one. Resolves with `undefined` if there is no such thread, or
   * the version is not kept.
   */
  loadVersion(id: string, version: Previous, options?: CallOptions): Promise<VersionedThread | undefined>;

  /**
   * Creates the thread `newId` from a version of another one, in one save. Its metadata and expiry are those of the source
   * unless the options set them, and its metadata also contain `forkedFrom` (the source's id) and `forkedFromVersion`.
   * Resolves with the existing thread if it is already a fork of this version. Rejects with `CONFLICT` if the version is
   * not kept, or if another thread `newId` exists, and otherwise as `save`.
   */
  fork(id: string, version: Previous, newId: string, options?: ForkOptions): Promise<StoredThread>;

  /**
   * Saves a version of a thread as its newest version. The version that it replaces becomes an older one. Rejects with
   * `CONFLICT` if the version is not kept, or if another client saves the thread at the same time, and otherwise as
   * `save`.
   */
  restore(id: string, version: Previous, options?: ForkOptions): Promise<StoredThread>;

  /** Compares two versions of a thread. Rejects with `CONFLICT` if one of them is not kept. */
  diff(id: string, from: Previous, to: Previous, options?: CallOptions): Promise<ThreadDiff>;

  /**
   * Removes the text of versions that are not kept any more from the stored thread, which gets another version but keeps
   * its `updatedAt`. Writes nothing if there are none. Resolves with `undefined` if the thread does not exist. If another
   * client saves the thread at the same time, it starts over.
   */
  prune(id: string, options?: CallOptions): Promise<PruneResult | undefined>;

  namespace(name: string): HistoryStore;
}
