import {
  type StoredThread,
  type StoreOptions,
  type ThreadPage,
  type ThreadStore,
  ThreadStoreError,
  type ThreadSummary,
} from "@threadstore/core";
import { updateThread } from "@threadstore/core/decorator";
import { hasTextParts, type TextParts } from "@threadstore/core/documents";
import type { Harness } from "../../src/suite/harness.ts";
import { plainHarness } from "../stores/plain/plain-harness.ts";
import type { PlainData } from "../stores/plain/plain-record.ts";
import { plainStore } from "../stores/plain/plain-store.ts";

/** The reference store that a mutant is based on. */
export type MutantBase = "memory" | "file system" | "SQLite" | "Redis" | "HTTP";

/** A store with one bug, and the cases that must find it. */
export interface Mutant {
  readonly name: string;
  /** The bug in words, as in "A store that …". */
  readonly bug: string;
  readonly base: MutantBase;
  readonly killedBy: readonly string[];
  /** Creates a harness with its own state. */
  readonly make: () => Harness;
}

/** The surroundings of a bug, in addition to the correct store. */
export interface BugContext {
  readonly data: PlainData;
  readonly options: StoreOptions;
  /** The store with the bug, for methods that call others. */
  readonly self: ThreadStore;
}

/** Returns the methods with the bug, for a store or view whose correct version is `inner`. */
export type Bug = (inner: ThreadStore, context: BugContext) => Partial<ThreadStore>;

/** Creates a mutant of the plain store. `makeBug` runs once for each harness, so all clients share its state. */
export function mutant(name: string, bug: string, killedBy: readonly string[], makeBug: () => Bug): Mutant {
  return { name, bug, base: "memory", killedBy, make: () => withBug(name, makeBug()) };
}

export function withBug(name: string, bug: Bug): Harness {
  return plainHarness(name, (data, options) => wrapStore(plainStore(data, options), { data, options }, bug));
}

/** Returns the store with some methods replaced. `list`, `update` and disposal use the replaced ones. */
export function wrapStore(inner: ThreadStore, context: Omit<BugContext, "self">, bug: Bug): ThreadStore {
  const self: ThreadStore = {
    save: (...parameters) => inner.save(...parameters),
    append: (...parameters) => inner.append(...parameters),
    touch: (...parameters) => inner.touch(...parameters),
    load: (...parameters) => inner.load(...parameters),
    delete: (...parameters) => inner.delete(...parameters),
    async *list(options = {}) {
      let cursor = options.cursor;
      do {
        const page = await self.listPage({ ...options, cursor });
        yield* page.threads;
        cursor = page.cursor;
      } while (cursor !== undefined);
    },
    listPage: (...parameters) => inner.listPage(...parameters),
    update: (...parameters) => updateThread(self, ...parameters),
    deleteExpired: (...parameters) => inner.deleteExpired(...parameters),
    namespaces: (...parameters) => inner.namespaces(...parameters),
    erase: (...parameters) => inner.erase(...parameters),
    namespace: (name) => wrapStore(inner.namespace(name), context, bug),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => self.close(),
  };
  return Object.assign(self, bug(inner, { ...context, self }));
}

/** Returns a copy of the stored thread with some properties changed and its getters resolved. */
export function withChanges(stored: StoredThread, changes: Partial<StoredThread>): StoredThread {
  return { ...stored, ...changes };
}

export async function withChangesIfFound(
  stored: Promise<StoredThread | undefined>,
  change: (stored: StoredThread) => Partial<StoredThread>,
): Promise<StoredThread | undefined> {
  const thread = await stored;
  return thread === undefined ? undefined : withChanges(thread, change(thread));
}

/** Changes the threads that `save` and `load` return. */
export function withReturnedThreads(
  inner: ThreadStore,
  change: (stored: StoredThread) => Partial<StoredThread>,
): Partial<ThreadStore> {
  return {
    save: async (...parameters) => {
      const stored = await inner.save(...parameters);
      return withChanges(stored, change(stored));
    },
    load: (...parameters) => withChangesIfFound(inner.load(...parameters), change),
  };
}

export async function allSummaries(store: ThreadStore): Promise<ThreadSummary[]> {
  const all: ThreadSummary[] = [];
  for await (const summary of store.list({ limit: 1000, metadata: true })) all.push(summary);
  return all;
}

export function pageOf(all: readonly ThreadSummary[], start: number, limit = 100): ThreadPage {
  const end = start + limit;
  return { threads: all.slice(start, end), cursor: end < all.length ? String(end) : undefined };
}

export function conflict(): ThreadStoreError {
  return new ThreadStoreError("CONFLICT", "The thread is not at the expected version.");
}

export function isText(thread: object | string): thread is string | TextParts {
  return typeof thread === "string" || hasTextParts(thread);
}

export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Returns the version of a `previous` option. */
export function versionIn(previous: string | { readonly version: string } | undefined): string | undefined {
  return typeof previous === "object" && previous !== null ? previous.version : previous;
}
