import {
  BaseStore,
  type GetOperation,
  type Item,
  type ListNamespacesOperation,
  type MatchCondition,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
  validateNamespace,
} from "@langchain/langgraph-checkpoint";
import type { StoredThread, ThreadStore } from "@threadstore/core";
import { copyJson, isPlainObject, mapConcurrently } from "@threadstore/core/documents";
import { documentText, objectMember, readDocument, stringMember } from "./documents.ts";
import { invalidValue, LangGraphStoreError } from "./errors.ts";
import { matchesFilter } from "./item-filter.ts";
import { itemId, itemPrefix, namespaceOfItem } from "./item-keys.ts";
import { checkItemStoreOptions, type ItemStoreOptions } from "./options.ts";

/** How many items of a search to load at once. */
const BATCH_SIZE = 16;

/**
 * A LangGraph store in any `ThreadStore`, for what agents remember across threads. Pass it as `store` to `compile`.
 * Creating one does not access the `ThreadStore`. Several processes may use the same items: each put is atomic, and the
 * last one wins.
 *
 * Calls reject with a `LangGraphStoreError`, with LangGraph's `InvalidNamespaceError` or with the store's
 * `ThreadStoreError`. The constructor throws `INVALID_ARGUMENT` for invalid options.
 */
export class ItemStore extends BaseStore {
  readonly #items: ThreadStore;
  readonly #ttlMs: number | undefined;

  constructor(options: ItemStoreOptions) {
    checkItemStoreOptions(options);
    super();
    this.#items = options.store.namespace("items");
    this.#ttlMs = options.ttlMs;
  }

  /**
   * Executes operations: first all reads concurrently, then the last put of each item. A batch is not atomic.
   */
  override async batch<Operations extends Operation[]>(
    operations: Operations,
  ): Promise<OperationResults<Operations>> {
    // All operations are validated before the first read starts.
    const texts = new Map<string, string | undefined>();
    for (const operation of operations) {
      if (!("namespace" in operation)) continue;
      validateNamespace(operation.namespace, { allowReservedRoot: true });
      const id = itemId(operation.namespace, operation.key);
      if ("value" in operation) texts.set(id, operation.value === null ? undefined : itemText(operation));
    }
    const results = await Promise.all(
      operations.map((operation): unknown => {
        if ("namespacePrefix" in operation) return this.#search(operation);
        if (!("namespace" in operation)) return this.#listNamespaces(operation);
        return "value" in operation ? null : this.#get(operation);
      }),
    );
    await mapConcurrently(texts, ([id, text]) => this.#put(id, text));
    return results as OperationResults<Operations>;
  }

  async #put(id: string, text: string | undefined): Promise<void> {
    if (text === undefined) {
      await this.#items.delete(id);
      return;
    }
    const expiry = this.#ttlMs === undefined ? { expiresAt: null } : { ttlMs: this.#ttlMs };
    await this.#items.save(id, text, { ...expiry, overwrite: true });
  }

  async #get({ namespace, key }: GetOperation): Promise<Item | null> {
    const stored = await this.#items.load(itemId(namespace, key));
    return stored === undefined ? null : readItem(stored);
  }

  /** Returns the items that changed last first, as LangGraph's stores in databases do. */
  async #search({ namespacePrefix, ...options }: SearchOperation): Promise<SearchItem[]> {
    const { filter = {}, limit = 10, offset = 0, query } = options;
    validateNamespace(namespacePrefix, { allowEmpty: true, allowReservedRoot: true });
    if (query !== undefined && query !== "") {
      const message =
        "`query` is not supported: this store cannot search by vector. Search with a `filter` instead.";
      throw new LangGraphStoreError("VECTOR_SEARCH", message, { path: "query" });
    }
    checkCount(limit, "limit");
    checkCount(offset, "offset");
    const end = offset + limit;
    const isFiltered = Object.keys(filter).length > 0;
    const matching: SearchItem[] = [];
    let ids: string[] = [];
    const loadNext = async (): Promise<void> => {
      const items = await Promise.all(ids.map((id) => this.#items.load(id)));
      ids = [];
      for (const stored of items) {
        const item = stored && readItem(stored);
        if (item !== undefined && matchesFilter(item.value, filter)) matching.push(item);
      }
    };
    for await (const { id } of this.#items.list({ prefix: itemPrefix(namespacePrefix), order: "updated" })) {
      if (matching.length >= end) break;
      ids.push(id);
      if (ids.length >= Math.min(BATCH_SIZE, isFiltered ? Infinity : end - matching.length)) await loadNext();
    }
    if (matching.length < end) await loadNext();
    return matching.slice(offset, end);
  }

  async #listNamespaces(operation: ListNamespacesOperation): Promise<string[][]> {
    const { matchConditions = [], maxDepth, limit, offset } = operation;
    const namespaces = new Map<string, string[]>();
    for await (const { id } of this.#items.list({ limit: 1000, prefix: commonPrefix(matchConditions) })) {
      const namespace = namespaceOfItem(id);
      if (!matchConditions.every((condition) => matches(namespace, condition))) continue;
      const cut = namespace.slice(0, maxDepth);
      namespaces.set(cut.join(":"), cut);
    }
    const sorted = [...namespaces]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([, namespace]) => namespace);
    return sorted.slice(offset, offset + limit);
  }
}

function itemText({ namespace, key, value }: PutOperation): string {
  if (!isPlainObject(value)) throw invalidValue("INVALID_ARGUMENT", "value", "an object", value);
  const json = JSON.stringify(copyJson(value, { path: "value", error: notJson }));
  const names = [`"namespace":${JSON.stringify(namespace)}`, `"key":${JSON.stringify(key)}`];
  return documentText("langgraph-item", [...names, `"value":${json}`]);
}

function notJson(message: string, path: string): LangGraphStoreError {
  return new LangGraphStoreError("INVALID_ARGUMENT", message, { path });
}

function readItem(stored: StoredThread): Item {
  const members = readDocument(stored, "langgraph-item");
  return {
    value: objectMember(members, "value"),
    key: stringMember(members, "key"),
    namespace: namespaceOfItem(stored.id),
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
  };
}

function checkCount(value: unknown, path: string): void {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return;
  throw invalidValue("INVALID_ARGUMENT", path, "a non-negative integer", value);
}

/** Returns the prefix of the ids of all items in matching namespaces. */
function commonPrefix(conditions: readonly MatchCondition[]): string {
  const { path = [] } = conditions.find(({ matchType }) => matchType === "prefix") ?? {};
  const wildcard = path.indexOf("*");
  return itemPrefix(wildcard === -1 ? path : path.slice(0, wildcard));
}

/** Returns whether a namespace begins or ends with a path, in which `*` stands for any label. */
function matches(namespace: readonly string[], { matchType, path }: MatchCondition): boolean {
  if (path.length > namespace.length) return false;
  const start = matchType === "prefix" ? 0 : namespace.length - path.length;
  return path.every((label, index) => label === "*" || label === namespace[start + index]);
}
