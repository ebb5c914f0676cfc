import type { ThreadMetadata, Version } from "../../thread-store.ts";

/** The latest versions of this many threads are remembered for each store. */
const REMEMBERED_THREADS = 1000;
/** Logs are remembered of fewer threads, because some contain the end of their text. */
const REMEMBERED_LOGS = 100;
/** Threads with longer metadata, in characters, are not remembered. */
const METADATA_MAX_LENGTH = 2000;

/** A version of a thread in the inner store, without its content. */
export interface KnownHead {
  readonly version: Version;
  readonly updatedAt: Date;
  /** The metadata in the inner store. */
  readonly metadata: ThreadMetadata;
}

/** A version that this process has written or loaded. */
export interface WrittenHead<Log> extends KnownHead {
  /** The log, which may know more than its head; `undefined` if it is not remembered. */
  readonly log: Log | undefined;
}

/**
 * Remembers the ends of logs that this process has written or loaded, so that a following append does not have to read.
 * They can be out of date: a write names its version, and fails if the thread has another version.
 */
export interface KnownHeads<Log> {
  get(id: string): WrittenHead<Log> | undefined;
  remember(id: string, head: KnownHead, log: Log | undefined): void;
  /** Remembers a head that was loaded, unless a later one is known: a load may end after a write that it did not see. */
  learn(id: string, head: KnownHead, log: Log | undefined): void;
  forget(id: string): void;
}

export function knownHeads<Log>(): KnownHeads<Log> {
  const heads = latest<KnownHead>(REMEMBERED_THREADS);
  const logs = latest<Log>(REMEMBERED_LOGS);
  const known: KnownHeads<Log> = {
    get(id) {
      const head = heads.get(id);
      return head && { ...head, log: logs.get(id) };
    },
    learn(id, head, log) {
      const { updatedAt } = heads.get(id) ?? head;
      if (updatedAt <= head.updatedAt) known.remember(id, head, log);
    },
    remember(id, { version, updatedAt, metadata }, log) {
      heads.delete(id);
      logs.delete(id);
      if (JSON.stringify(metadata).length > METADATA_MAX_LENGTH) return;
      // Callers get the date, too, and can change it.
      heads.add(id, { version, updatedAt: new Date(updatedAt), metadata });
      if (log !== undefined) logs.add(id, log);
    },
    forget(id) {
      heads.delete(id);
      logs.delete(id);
    },
  };
  return known;
}

/** Returns the heads of the threads of one namespace. */
export function headsWithin<Log>(heads: KnownHeads<Log>, namespace: string): KnownHeads<Log> {
  // Ids can contain any character.
  const keyOf = (id: string): string => JSON.stringify([namespace, id]);
  return {
    get: (id) => heads.get(keyOf(id)),
    remember: (id, head, log) => heads.remember(keyOf(id), head, log),
    learn: (id, head, log) => heads.learn(keyOf(id), head, log),
    forget: (id) => heads.forget(keyOf(id)),
  };
}

/** Keeps the values that were added last. */
function latest<Value>(limit: number): {
  readonly get: (id: string) => Value | undefined;
  readonly delete: (id: string) => void;
  readonly add: (id: string, value: Value) => void;
} {
  const values = new Map<string, Value>();
  return {
    get: (id) => values.get(id),
    delete: (id) => void values.delete(id),
    add(id, value) {
      values.set(id, value);
      const [oldest] = values.keys();
      if (values.size > limit && oldest !== undefined) values.delete(oldest);
    },
  };
}
