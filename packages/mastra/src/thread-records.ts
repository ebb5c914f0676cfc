import type { AppendResult, StoredThread, ThreadStore, ThreadSummary } from "@threadstore/core";
import { unlessConflict } from "@threadstore/core/documents";
import { idFor, resourceNamespace } from "./documents.ts";
import { type Location, LocationIndex } from "./location-index.ts";
import { readMessages, type StoredMessage, threadJson } from "./messages.ts";
import { savedNow, type ThreadHead } from "./thread-metadata.ts";
import { untilUncontended } from "./until-uncontended.ts";

const MAX_REMEMBERED_LOCATIONS = 1000;
const PAGE_SIZE = 1000;

/** A thread in the namespace of its resource. */
export interface ThreadRecord {
  readonly threads: ThreadStore;
  readonly id: string;
}

/** A loaded thread. */
export interface LoadedThread extends ThreadRecord {
  readonly stored: StoredThread;
  readonly messages: StoredMessage[];
}

/** The threads of all resources, each in the namespace of its resource, and the indexes by which they are found. */
export class ThreadRecords {
  readonly locations: LocationIndex;
  /** The thread of each message. */
  readonly messageIndex: LocationIndex;
  readonly #resources: ThreadStore;
  readonly #indexes: readonly [threads: ThreadStore, messages: ThreadStore];
  /** Where threads were last. A thread that is not there is looked up again. */
  readonly #remembered = new Map<string, Location>();

  constructor(store: ThreadStore) {
    this.#resources = store.namespace("resources");
    this.#indexes = [store.namespace("threads"), store.namespace("messages")];
    [this.locations, this.messageIndex] = [
      new LocationIndex(this.#indexes[0]),
      new LocationIndex(this.#indexes[1]),
    ];
  }

  /** Deletes all threads and resources. */
  async clear(): Promise<void> {
    for (const store of [this.#resources, ...this.#indexes]) {
      let cursor: string | undefined;
      do ({ cursor } = await store.erase({ cursor }));
      while (cursor !== undefined);
    }
    this.#remembered.clear();
  }

  record(threadId: string, resourceId: string): ThreadRecord {
    const threads = resourceNamespace(this.#resources, resourceId, "resourceId");
    return { threads, id: idFor(threadId, "threadId") };
  }

  /** Returns the record with the working memory of a resource, in a namespace within that of its threads. */
  workingMemory(resourceId: string): ThreadRecord {
    const threads = resourceNamespace(this.#resources, resourceId, "resourceId").namespace("resource");
    return { threads, id: "resource" };
  }

  /** Returns the record with the observations of a thread or of a resource, in a namespace within that of the resource. */
  observations(resourceId: string, threadId: string | null): ThreadRecord {
    const threads = resourceNamespace(this.#resources, resourceId, "resourceId").namespace("observations");
    return { threads, id: threadId === null ? "resource" : idFor(`thread.${threadId}`, "threadId") };
  }

  /** Yields the threads of a resource, or of all resources, without their messages. */
  async *list(resourceId: string | undefined): AsyncGenerator<ThreadSummary> {
    const options = { metadata: true, limit: PAGE_SIZE };
    if (resourceId !== undefined) {
      yield* resourceNamespace(this.#resources, resourceId, "resourceId").list(options);
      return;
    }
    let cursor: string | undefined;
    do {
      const page = await this.#resources.namespaces({ cursor, limit: PAGE_SIZE });
      for (const name of page.namespaces) yield* this.#resources.namespace(name).list(options);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  /** Calls `use` with the record of a thread until it resolves with a result, first where the thread was last. */
  async #withThread<Result>(
    threadId: string,
    use: (record: ThreadRecord) => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    const remembered = this.#remembered.get(threadId);
    if (remembered !== undefined) {
      const result = await use(this.record(threadId, remembered.in));
      if (result !== undefined) return result;
    }
    const location = await this.locations.load(threadId);
    this.remember(threadId, location);
    return location && use(this.record(threadId, location.in));
  }

  /** Resolves with where a thread is, or was last. */
  async locate(threadId: string): Promise<Location | undefined> {
    const remembered = this.#remembered.get(threadId);
    if (remembered !== undefined) return remembered;
    const location = await this.locations.load(threadId);
    this.remember(threadId, location);
    return location;
  }

  /** Remembers where a thread is, or forgets it. */
  remember(threadId: string, location: Location | undefined): void {
    this.#remembered.delete(threadId);
    if (location === undefined) return;
    this.#remembered.set(threadId, location);
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined && this.#remembered.size > MAX_REMEMBERED_LOCATIONS)
      this.#remembered.delete(oldest);
  }

  /** Resolves with a thread without its messages. */
  async find(threadId: string): Promise<ThreadHead | undefined> {
    return this.#withThread(threadId, async ({ threads, id }) => findHead(threads, id));
  }

  async load(threadId: string): Promise<LoadedThread | undefined> {
    return this.#withThread(threadId, async (record) => {
      const stored = await record.threads.load(record.id);
      return stored && { ...record, stored, messages: readMessages(stored) };
    });
  }

  /** Changes the metadata of a thread by compare-and-set. Resolves with `undefined` if it does not exist. */
  async touch(
    threadId: string,
    change: (head: ThreadHead) => StoredThread["metadata"] | undefined,
  ): Promise<ThreadHead | undefined> {
    return this.#withThread(threadId, async ({ threads, id }) => {
      const result = await untilUncontended(async () => {
        const current = await findHead(threads, id);
        const metadata = current && change(current);
        if (metadata === undefined) return { head: current };
        const touched = await threads.touch(id, { metadata, previous: current?.version });
        return touched && { head: touched };
      });
      return result.head;
    });
  }

  /** Appends messages. Resolves with `undefined` if the thread does not exist. */
  async append(threadId: string, messages: readonly StoredMessage[]): Promise<AppendResult | undefined> {
    const appended = await this.#withThread(threadId, async ({ threads, id }) =>
      unlessConflict(threads.append(id, messages)),
    );
    const location = this.#remembered.get(threadId);
    if (appended !== undefined && location !== undefined) {
      const expiresAt = await this.locations.renew(threadId, location, appended.expiresAt);
      this.remember(threadId, { ...location, expiresAt });
    }
    return appended;
  }

  /**
   * Rewrites the messages of a thread by compare-and-set, unless `change` returns `undefined`. `change` can run several
   * times. Resolves with whether the thread exists.
   */
  async rewrite(
    threadId: string,
    change: (messages: StoredMessage[]) => readonly StoredMessage[] | undefined,
  ): Promise<boolean> {
    const exists = await this.#withThread(threadId, async ({ threads, id }) =>
      untilUncontended(async () => {
        const stored = await threads.load(id);
        if (stored === undefined) return { exists: false };
        const messages = change(readMessages(stored));
        const metadata = savedNow(stored.metadata);
        if (messages !== undefined)
          await threads.save(id, threadJson(messages), { previous: stored, metadata });
        return { exists: true };
      }).then((result) => result.exists || undefined),
    );
    return exists === true;
  }
}

/** Returns a thread without its content, which the first page of a listing nearly always has. */
export async function findHead(
  threads: ThreadStore,
  id: string,
): Promise<(ThreadHead & { readonly version: string }) | undefined> {
  const page = await threads.listPage({ prefix: id, metadata: true, limit: 1 });
  const [first] = page.threads;
  if (first === undefined) return undefined;
  if (first.id === id && !first.corrupt) return first;
  return threads.load(id);
}
