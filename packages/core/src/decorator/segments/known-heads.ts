import type { ThreadMetadata, Version } from "../../thread-store.ts";

/** The latest versions of this many threads are remembered in each namespace. */
const REMEMBERED_THREADS = 1000;
/** Threads with longer metadata, in characters, are not remembered. */
const METADATA_MAX_LENGTH = 2000;

/** A version of a thread in the inner store, without its content. */
export interface KnownHead {
  readonly version: Version;
  readonly updatedAt: Date;
  /** The metadata in the inner store. */
  readonly metadata: ThreadMetadata;
}

/**
 * Remembers the ends of logs that this process has written, so that an append after another does not read. They can be
 * out of date: a write names the version, and fails if the thread is at another one.
 */
export interface KnownHeads {
  get(id: string): KnownHead | undefined;
  remember(id: string, head: KnownHead): void;
  forget(id: string): void;
}

export function knownHeads(): KnownHeads {
  const heads = new Map<string, KnownHead>();
  return {
    get: (id) => heads.get(id),
    remember(id, { version, updatedAt, metadata }) {
      heads.delete(id);
      if (JSON.stringify(metadata).length > METADATA_MAX_LENGTH) return;
      heads.set(id, { version, updatedAt, metadata });
      const [oldest] = heads.keys();
      if (heads.size > REMEMBERED_THREADS && oldest !== undefined) heads.delete(oldest);
    },
    forget: (id) => void heads.delete(id),
  };
}
