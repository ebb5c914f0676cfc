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

/** What the good store is made of. */
export type MutantBase = "memory" | "file system" | "SQLite" | "Redis" | "HTTP";

/** A store with one bug, and the cases that have to find it. */
export interface Mutant {
  readonly name: string;
  /** What it does wrong. */
  readonly bug: string;
  readonly base: MutantBase;
  readonly killedBy: readonly string[];
  /** A harness with state of its own. */
  readonly make: () => Harness;
}

/** What a bug may need besides the good store that it is in. */
export interface Surroundings {
  readonly data: PlainData;
  readonly options: StoreOptions;
  /** The store with the bug, for what calls itself. */
  readonly self: ThreadStore;
}

/** The methods that have the bug, of a store or view whose good version is `inner`. */
export type Bug = (inner: ThreadStore, surroundings: Surroundings) => Partial<ThreadStore>;

/** A mutant of the plain store. `makeBug` runs once a harness: what it keeps is shared by all clients. */
export function mutant(name: string, bug: string, killedBy: readonly string[], makeBug: () => Bug): Mutant {
  return { name, bug, base: "memory", killedBy, make: () => withBug(name, makeBug()) };
}

export function withBug(name: string, bug: Bug): Harness {
  return plainHarness(name, (data, options) => wrapped(plainStore(data, options), { data, options }, bug));
}

/** The store with some methods replaced; `list`, `update` and disposal go through the replaced ones. */
export function wrapped(inner: ThreadStore, surroundings: Omit<Surroundings, "self">, bug: Bug): ThreadStore {
  const self: ThreadStore = {
    save: (...parameters) => inner.save(...parameters),
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
    namespace: (name) => wrapped(inner.namespace(name), surroundings, bug),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => self.close(),
  };
  return Object.assign(self, bug(inner, { ...surroundings, self }));
}

/** The stored thread with some of it changed, its getters resolved. */
export function changed(stored: StoredThread, changes: Partial<StoredThread>): StoredThread {
  return { ...stored, ...changes };
}

export async function changedIfThere(
  stored: Promise<StoredThread | undefined>,
  change: (stored: StoredThread) => Partial<StoredThread>,
): Promise<StoredThread | undefined> {
  const found = await stored;
  return found === undefined ? undefined : changed(found, change(found));
}

/** Both ways in which a store hands out threads, changed. */
export function handsOut(
  inner: ThreadStore,
  change: (stored: StoredThread) => Partial<StoredThread>,
): Partial<ThreadStore> {
  return {
    save: async (...parameters) => {
      const stored = await inner.save(...parameters);
      return changed(stored, change(stored));
    },
    load: (...parameters) => changedIfThere(inner.load(...parameters), change),
  };
}

export async function everything(store: ThreadStore): Promise<ThreadSummary[]> {
  const all: ThreadSummary[] = [];
  for await (const summary of store.list({ limit: 1000, metadata: true })) all.push(summary);
  return all;
}

export function pageOf(all: readonly ThreadSummary[], start: number, limit = 100): ThreadPage {
  const end = start + limit;
  return { threads: all.slice(start, end), cursor: end < all.length ? String(end) : undefined };
}

export function conflict(): ThreadStoreError {
  return new ThreadStoreError("CONFLICT", "The thread is not at the previous version.");
}

export function isText(thread: object | string): thread is string | TextParts {
  return typeof thread === "string" || hasTextParts(thread);
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a caller saw, as a version. */
export function versionIn(previous: string | { readonly version: string } | undefined): string | undefined {
  return typeof previous === "object" && previous !== null ? previous.version : previous;
}
