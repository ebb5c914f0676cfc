import type {
  AppendOptions,
  AppendResult,
  CallOptions,
  DeleteOptions,
  ListOptions,
  LoadOptions,
  SaveOptions,
  StoredThread,
  ThreadPage,
  ThreadStore,
  ThreadSummary,
  TouchOptions,
  TouchResult,
  UpdateChange,
  UpdateOptions,
} from "@threadstore/core";
import { KNOWN_NAMESPACES, listThreads, updateThread } from "@threadstore/core/decorator";
import type {
  DeleteExpiredOptions,
  DeleteExpiredResult,
  EraseOptions,
  EraseResult,
  NamespacePage,
  NamespacesOptions,
} from "@threadstore/core/maintenance";
import { type Budget, startBudget } from "./budget.ts";
import { decodeCursor, encodeCursor, invalidCursor } from "./cursor.ts";
import { eraseNamespace } from "./erase-namespace.ts";
import { listingOf, listPageIn, type NamedView } from "./list-page.ts";
import type { Stores } from "./options.ts";
import type { Placements, RoutedCall, Unit } from "./placement/placements.ts";
import { eraseStores, listNamespaces, storeNamed } from "./root-operations.ts";

/** What all namespaces of a router share. */
export interface Routing {
  readonly stores: Stores;
  readonly placements: Placements;
  readonly timeoutMs: number;
  /** Closes the stores. */
  close(): Promise<void>;
}

/** A call to a view of the store that has the namespace. */
interface ViewCall<Result> extends Partial<Pick<RoutedCall<Result>, "writes" | "hasChanged">> {
  readonly start: (store: NamedView, options: CallOptions) => Promise<Result>;
}

/**
 * Sends each call to the store that has the namespace. Arguments are not validated, and the lifecycle is not tracked:
 * `wrapThreadStore` does both.
 */
export class RoutedStore implements ThreadStore {
  readonly #routing: Routing;
  readonly #path: readonly string[];
  readonly #unit: Unit;

  /** `path` consists of the names of the namespaces that lead to this one. */
  constructor(routing: Routing, path: readonly string[] = []) {
    this.#routing = routing;
    this.#path = path;
    [this.#unit = ""] = path;
  }

  save(id: string, thread: object | string, options: SaveOptions = {}): Promise<StoredThread> {
    return this.#change(options, (view, call) => view.save(id, thread, { ...options, ...call }));
  }

  load(id: string, options: LoadOptions = {}): Promise<StoredThread | undefined> {
    return this.#read(options, (view, call) => view.load(id, { ...options, ...call }));
  }

  append(id: string, elements: readonly unknown[], options: AppendOptions = {}): Promise<AppendResult> {
    return this.#change(
      options,
      (view, call) => view.append(id, elements, { ...options, ...call }),
      ({ appended }) => appended,
    );
  }

  touch(id: string, options: TouchOptions = {}): Promise<TouchResult | undefined> {
    return this.#change(
      options,
      (view, call) => view.touch(id, { ...options, ...call }),
      (result) => result !== undefined,
    );
  }

  delete(id: string, options: DeleteOptions = {}): Promise<boolean> {
    return this.#change(
      options,
      (view, call) => view.delete(id, { ...options, ...call }),
      (existed) => existed,
    );
  }

  list(options: ListOptions = {}): AsyncGenerator<ThreadSummary, void, undefined> {
    return listThreads(this, options);
  }

  async listPage({ signal, timeoutMs, ...options }: ListOptions = {}): Promise<ThreadPage> {
    const listing = listingOf(this.#path, options);
    return this.#run(
      { start: (store, call) => listPageIn(listing, store, call) },
      this.#budget({ signal, timeoutMs }),
    );
  }

  update(
    id: string,
    change: (current: StoredThread | undefined) => UpdateChange | Promise<UpdateChange>,
    options?: UpdateOptions,
  ): Promise<StoredThread | undefined> {
    return updateThread(this, id, change, options);
  }

  async deleteExpired(options: DeleteExpiredOptions = {}): Promise<DeleteExpiredResult> {
    const owner = { operation: "deleteExpired", path: this.#path } as const;
    const position = options.cursor === undefined ? undefined : decodeCursor(owner, options.cursor);
    const [store, inner = null] = position ?? [];
    if (inner !== null && typeof inner !== "string") throw invalidCursor("deleteExpired");
    const start: ViewCall<DeleteExpiredResult>["start"] = async ({ name, view }, call) => {
      const cursor = store === name ? (inner ?? undefined) : undefined;
      const { deleted, cursor: next } = await view.deleteExpired({ ...options, ...call, cursor });
      return next === undefined ? { deleted } : { deleted, cursor: encodeCursor(owner, [name, next]) };
    };
    return this.#run({ start }, this.#budget(options));
  }

  async namespaces(given: NamespacesOptions = {}): Promise<NamespacePage> {
    const budget = this.#budget(given);
    // What a store has listed for a walk may be from before a move of the namespace.
    const options = { ...given, [KNOWN_NAMESPACES]: undefined };
    const { stores, placements } = this.#routing;
    if (this.#path.length === 0) {
      return listNamespaces(stores, await placements.owners(budget), options, budget);
    }
    const owner = { operation: "namespaces", path: this.#path } as const;
    const [store, inner = null] = options.cursor === undefined ? [] : decodeCursor(owner, options.cursor);
    if (inner !== null && typeof inner !== "string") throw invalidCursor("namespaces");
    const start: ViewCall<NamespacePage>["start"] = async ({ name, view }, call) => {
      const cursor = store === name ? (inner ?? undefined) : undefined;
      const page = await view.namespaces({ ...options, ...call, cursor });
      return { ...page, cursor: page.cursor && encodeCursor(owner, [name, page.cursor]) };
    };
    return this.#run({ start }, budget);
  }

  async erase(options: EraseOptions = {}): Promise<EraseResult> {
    const budget = this.#budget(options);
    const { stores, placements } = this.#routing;
    if (this.#path.length === 0) {
      // Rejects if a store is missing. Otherwise, the receipt would say that everything was erased.
      await placements.owners(budget);
      return eraseStores(stores, options, budget);
    }
    return eraseNamespace(this.#path, options, {
      budget,
      partMs: placements.partMs,
      run: (start) => this.#run({ writes: true, start }, budget),
    });
  }

  namespace(name: string): ThreadStore {
    const path = [...this.#path, name];
    // Every store validates names in the same way.
    for (const store of this.#routing.stores.values()) viewAt(store, path);
    return new RoutedStore(this.#routing, path);
  }

  /** Closes the stores. Views use the same stores, so they have nothing to close. */
  async close(): Promise<void> {
    if (this.#path.length === 0) await this.#routing.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Describes the stores for logs. */
  toJSON(): object {
    return { stores: Object.fromEntries(this.#routing.stores) };
  }

  #budget(options: CallOptions): Budget {
    return startBudget(options, this.#routing.timeoutMs);
  }

  #read<Result>(
    options: CallOptions,
    start: (view: ThreadStore, options: CallOptions) => Promise<Result>,
  ): Promise<Result> {
    return this.#run({ start: ({ view }, call) => start(view, call) }, this.#budget(options));
  }

  #change<Result>(
    options: CallOptions,
    start: (view: ThreadStore, options: CallOptions) => Promise<Result>,
    hasChanged: (result: Result) => boolean = () => true,
  ): Promise<Result> {
    const call: ViewCall<Result> = {
      writes: true,
      hasChanged,
      start: ({ view }, callOptions) => start(view, callOptions),
    };
    return this.#run(call, this.#budget(options));
  }

  #run<Result>(
    { start, writes = false, hasChanged = () => false }: ViewCall<Result>,
    budget: Budget,
  ): Promise<Result> {
    const { stores, placements } = this.#routing;
    const startIn: RoutedCall<Result>["start"] = (name, options) => {
      return start({ name, view: viewAt(storeNamed(stores, name), this.#path) }, options);
    };
    return placements.run(this.#unit, { writes, hasChanged, start: startIn }, budget);
  }
}

function viewAt(store: ThreadStore, path: readonly string[]): ThreadStore {
  return path.reduce((view, name) => view.namespace(name), store);
}
