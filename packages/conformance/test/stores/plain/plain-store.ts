import type {
  AppendOptions,
  AppendResult,
  DeleteOptions,
  ListOptions,
  LoadOptions,
  SaveOptions,
  StoredThread,
  StoreOptions,
  ThreadPage,
  ThreadStore,
  ThreadSummary,
  TouchOptions,
  TouchResult,
  UpdateChange,
  UpdateOptions,
} from "@threadstore/core";
import { updateThread } from "@threadstore/core/decorator";
import type {
  EraseOptions,
  EraseResult,
  NamespacePage,
  NamespacesOptions,
  DeleteExpiredOptions,
  DeleteExpiredResult,
} from "@threadstore/core/maintenance";
import { prepareAppend, preparePut, prepareTouch, type RowAccess } from "./plain-append.ts";
import { checkedName, checkSize, MAX_NAME_BYTES, versionOf } from "./plain-arguments.ts";
import { PlainCalls } from "./plain-calls.ts";
import { invalidArgument, textOfThread } from "./plain-json.ts";
import { LIST_OPTIONS, type ListedRow, plainListing } from "./plain-listing.ts";
import { type Client, prepareErase, preparePage } from "./plain-namespaces.ts";
import { decodeRow, type PlainData, type PlainRow } from "./plain-record.ts";
import { checkVersion, conflict, decodedThread, type LiveRow } from "./plain-rules.ts";

/** Creates a store on a shared map. It implements the whole interface without a driver or core's validation. */
export function plainStore(data: PlainData, options: StoreOptions = {}): ThreadStore {
  return new PlainStore({ data, options }, []);
}

const TOUCH_OPTIONS = ["previous", "metadata", "ttlMs", "expiresAt"];
const SAVE_OPTIONS = [...TOUCH_OPTIONS, "overwrite"];
const APPEND_OPTIONS = [...TOUCH_OPTIONS, "key", "create"];

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
    return this.#calls.run(options, SAVE_OPTIONS, () => {
      checkedName(id);
      const json = textOfThread(thread);
      checkSize(json, this.#client.options.maxThreadBytes);
      const { put } = this.#access(id, options);
      const version = versionOf(id, options.previous);
      const { overwrite } = options;
      return () => {
        const current = this.#find(id);
        if (overwrite !== true) checkVersion(id, current, version);
        return put(json, current?.details);
      };
    });
  }

  append(id: string, elements: readonly unknown[], options: AppendOptions = {}): Promise<AppendResult> {
    return this.#calls.run(options, APPEND_OPTIONS, () => {
      checkedName(id);
      return prepareAppend(id, elements, options, this.#access(id, options));
    });
  }

  touch(id: string, options: TouchOptions = {}): Promise<TouchResult | undefined> {
    return this.#calls.run(options, TOUCH_OPTIONS, () => {
      checkedName(id);
      return prepareTouch(id, options, this.#access(id, options));
    });
  }

  load(id: string, options: LoadOptions = {}): Promise<StoredThread | undefined> {
    return this.#calls.run(options, ["cached"], () => {
      checkedName(id);
      versionOf(id, options.cached);
      return () => {
        const current = this.#find(id);
        return current === undefined ? undefined : decodedThread(id, current.row);
      };
    });
  }

  delete(id: string, options: DeleteOptions = {}): Promise<boolean> {
    return this.#calls.run(options, ["previous"], () => {
      checkedName(id);
      const version = versionOf(id, options.previous);
      return () => {
        const current = this.#find(id);
        if (version !== undefined && current?.row.version !== version)
          throw conflict(id, current?.row.version);
        return current !== undefined && this.#rows().delete(id);
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
    return this.#calls.run(options, LIST_OPTIONS, () => {
      const pageOf = plainListing(this.#path, options);
      return () => pageOf(this.#liveRows());
    });
  }

  update(
    id: string,
    change: (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>,
    options: UpdateOptions = {},
  ): Promise<StoredThread | undefined> {
    return updateThread(this, id, change, options);
  }

  deleteExpired(options: DeleteExpiredOptions = {}): Promise<DeleteExpiredResult> {
    return this.#calls.run(options, ["cursor", "dryRun"], () => () => {
      const expired = [...this.#rows().keys()].filter((id) => this.#find(id) === undefined);
      if (options.dryRun !== true) for (const id of expired) this.#rows().delete(id);
      return { deleted: expired.length };
    });
  }

  namespaces(options: NamespacesOptions = {}): Promise<NamespacePage> {
    const { data } = this.#client;
    return this.#calls.run(options, ["limit", "cursor"], () => preparePage(data, this.#path, options));
  }

  erase(options: EraseOptions = {}): Promise<EraseResult> {
    return this.#calls.run(options, ["cursor", "onProgress"], () =>
      prepareErase(this.#client, this.#path, options),
    );
  }

  namespace(name: string): ThreadStore {
    const path = [...this.#path, checkedName(name)];
    if (Buffer.byteLength(path.join("/")) > MAX_NAME_BYTES)
      throw invalidArgument(
        `The names of nested namespaces must not exceed ${MAX_NAME_BYTES} bytes in total.`,
      );
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

  #access(id: string, options: TouchOptions): RowAccess {
    const { options: storeOptions } = this.#client;
    return {
      options: storeOptions,
      find: () => this.#find(id),
      put: preparePut(id, options, this.#now(), storeOptions, (row) => this.#rows().set(id, row)),
    };
  }

  #rows(): Map<string, PlainRow> {
    const namespace = JSON.stringify(this.#path);
    const rows = this.#client.data.get(namespace) ?? new Map<string, PlainRow>();
    this.#client.data.set(namespace, rows);
    return rows;
  }

  #liveRows(): ListedRow[] {
    return [...this.#rows().keys()].flatMap((id) => {
      const found = this.#find(id);
      return found === undefined ? [] : [{ id, ...found }];
    });
  }

  #find(id: string): LiveRow | undefined {
    const row = this.#rows().get(id);
    if (row === undefined) return undefined;
    const details = decodeRow(id, row);
    return details?.expiresAt !== undefined && details.expiresAt <= this.#now()
      ? undefined
      : { row, details };
  }
}
