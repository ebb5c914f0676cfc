import { randomUUID } from "node:crypto";
import {
  type CallOptions,
  type DeleteOptions,
  type ListOptions,
  type LoadOptions,
  type SaveOptions,
  type StoredThread,
  type StoreOptions,
  type DeleteExpiredResult,
  type ThreadPage,
  type ThreadStore,
  ThreadStoreError,
  type ThreadSummary,
  type UpdateChange,
  type UpdateOptions,
} from "@threadstore/core";
import { updateThread } from "@threadstore/core/decorator";
import { checkedLimit, checkedMetadata, checkedName, expiryOf, versionOf } from "./plain-arguments.ts";
import { PlainCalls } from "./plain-calls.ts";
import { invalid, textOfThread } from "./plain-json.ts";
import { decodeRow, detailsOut, encodeRow, type PlainData, type PlainRow } from "./plain-record.ts";
import { check, conflict, type Found, handOut } from "./plain-rules.ts";

/** What a store and its views have in common. */
interface Client {
  readonly data: PlainData;
  readonly options: StoreOptions;
}

/** A store that implements the interface whole, without a driver and without core's code, on a map that it shares. */
export function plainStore(data: PlainData, options: StoreOptions = {}): ThreadStore {
  return new PlainStore({ data, options }, []);
}

class PlainStore implements ThreadStore {
  readonly #client: Client;
  readonly #path: readonly string[];
  readonly #calls: PlainCalls;

  constructor(client: Client, path: readonly string[], parent?: PlainCalls) {
    this.#client = client;
    this.#path = path;
    this.#calls = new PlainCalls(parent);
  }

  save(id: string, thread: object | string, options: SaveOptions = {}): Promise<StoredThread> {
    return this.#calls.run(options, () => {
      checkedName(id, 256);
      const json = textOfThread(thread);
      if (Buffer.byteLength(json) > (this.#client.options.maxThreadBytes ?? 2 ** 24)) {
        throw new ThreadStoreError("TOO_LARGE", "The thread is longer than maxThreadBytes.");
      }
      const metadata = checkedMetadata(options.metadata);
      const now = this.#now();
      const expiresAt = expiryOf(options, this.#client.options, now);
      const version = versionOf(id, options.previous);
      const { overwrite } = options;
      return () => {
        const found = this.#find(id);
        if (overwrite !== true) check(id, found, version);
        const before = found?.details;
        const row = encodeRow(randomUUID(), {
          id,
          json,
          metadata: metadata ?? before?.metadata ?? {},
          createdAt: before?.createdAt ?? now,
          updatedAt: Math.max(now, before?.updatedAt ?? 0),
          expiresAt,
        });
        this.#rows().set(id, row);
        return handOut(id, row);
      };
    });
  }

  load(id: string, options: LoadOptions = {}): Promise<StoredThread | undefined> {
    return this.#calls.run(options, () => {
      checkedName(id, 256);
      versionOf(id, options.cached);
      return () => {
        const found = this.#find(id);
        return found === undefined ? undefined : handOut(id, found.row);
      };
    });
  }

  delete(id: string, options: DeleteOptions = {}): Promise<boolean> {
    return this.#calls.run(options, () => {
      checkedName(id, 256);
      const version = versionOf(id, options.previous);
      return () => {
        const found = this.#find(id);
        if (version !== undefined && found?.row.version !== version) throw conflict(id, found?.row.version);
        return found !== undefined && this.#rows().delete(id);
      };
    });
  }

  async *list(options: ListOptions = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    let cursor = options.cursor;
    do {
      const page = await this.listPage({ ...options, cursor });
      yield* page.threads;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  listPage(options: ListOptions = {}): Promise<ThreadPage> {
    return this.#calls.run(options, () => {
      const limit = checkedLimit(options.limit ?? 100);
      const after = options.cursor === undefined ? undefined : this.#placeOf(options.cursor);
      return () => {
        const ids = [...this.#rows().keys()].filter((id) => after === undefined || id > after).toSorted();
        const live = ids.filter((id) => this.#find(id) !== undefined);
        const page = live.slice(0, limit);
        const threads = page.map((id) => this.#summary(id, options.metadata === true));
        const last = page.at(-1);
        return {
          threads,
          cursor: last === undefined || live.length <= limit ? undefined : this.#cursorAfter(last),
        };
      };
    });
  }

  update(
    id: string,
    change: (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>,
    options: UpdateOptions = {},
  ): Promise<StoredThread | undefined> {
    return updateThread(this, id, change, options);
  }

  deleteExpired(options: CallOptions = {}): Promise<DeleteExpiredResult> {
    return this.#calls.run(options, () => () => {
      const expired = [...this.#rows().keys()].filter((id) => this.#find(id) === undefined);
      for (const id of expired) this.#rows().delete(id);
      return { deleted: expired.length };
    });
  }

  namespace(name: string): ThreadStore {
    const path = [...this.#path, checkedName(name, 128)];
    if (Buffer.byteLength(path.join("/")) > 128)
      throw invalid("Nested namespaces have at most 128 bytes in all.");
    return new PlainStore(this.#client, path, this.#calls);
  }

  close(): Promise<void> {
    return this.#calls.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #now(): number {
    return (this.#client.options.now ?? Date.now)();
  }

  #rows(): Map<string, PlainRow> {
    const namespace = JSON.stringify(this.#path);
    const rows = this.#client.data.get(namespace) ?? new Map<string, PlainRow>();
    this.#client.data.set(namespace, rows);
    return rows;
  }

  #find(id: string): Found | undefined {
    const row = this.#rows().get(id);
    if (row === undefined) return undefined;
    const details = decodeRow(id, row);
    return details?.expiresAt !== undefined && details.expiresAt <= this.#now()
      ? undefined
      : { row, details };
  }

  #summary(id: string, withMetadata: boolean): ThreadSummary {
    const { row, details } = this.#find(id) ?? {};
    if (details === undefined || row === undefined)
      return { corrupt: true, id, version: row?.version ?? "gone" };
    const { metadata } = details;
    return { corrupt: false, ...detailsOut(row.version, details), ...(withMetadata ? { metadata } : {}) };
  }

  /** The id after which a page ends, behind the namespace. */
  #cursorAfter(id: string): string {
    return `${JSON.stringify(this.#path)} ${id}`;
  }

  #placeOf(cursor: unknown): string {
    const start = this.#cursorAfter("");
    if (typeof cursor === "string" && cursor.startsWith(start)) return cursor.slice(start.length);
    throw invalid("The cursor is not one of this namespace.");
  }
}
