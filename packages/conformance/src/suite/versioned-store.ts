import type { StoredThread, ThreadStore, Version } from "@threadstore/core";

/** How many versions of a thread a store keeps, and for how long. */
export interface KeptVersions {
  /** The maximum number of versions, including the current one. */
  readonly versions: number;
  /** How long a version is kept after it was replaced, in milliseconds. */
  readonly ageMs: number;
}

/** A version that a store keeps. */
export interface KeptVersion {
  readonly version: Version;
  readonly updatedAt: Date;
  /** The length of its JSON in bytes of UTF-8. */
  readonly size: number;
  readonly isCurrent: boolean;
}

/** A store that keeps the versions of its threads, as `withHistory` of `@threadstore/history` creates it. */
export interface VersionedStore extends ThreadStore {
  versions(id: string): Promise<readonly KeptVersion[]>;
  loadVersion(id: string, version: Version): Promise<(KeptVersion & { readonly json: string }) | undefined>;
  fork(id: string, version: Version, newId: string): Promise<StoredThread>;
  restore(id: string, version: Version): Promise<StoredThread>;
  /** Removes the text of versions that are not kept. Resolves with `undefined` if the thread does not exist. */
  prune(id: string): Promise<object | undefined>;
  namespace(name: string): VersionedStore;
}
