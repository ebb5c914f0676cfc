import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import type { ThreadStore } from "@threadstore/core";
import type { OptionMark, OptionNames } from "@threadstore/core/documents";
import { checkedStore, invalidValue, LangGraphStoreError } from "./errors.ts";

/** Options of an {@link ItemStore}. */
export interface ItemStoreOptions {
  /** Any `ThreadStore`. Items are stored in its namespace `items`, so a saver can use the same store. */
  readonly store: ThreadStore;
  /**
   * The time after its last change at which an item expires, in milliseconds. By default, items never expire. The
   * `ttlMs` of the `ThreadStore` does not apply.
   */
  readonly ttlMs?: number | undefined;
}

/** Options of a {@link ThreadStoreSaver}. */
export interface ThreadStoreSaverOptions {
  /** Any `ThreadStore`. Each thread is a namespace within its namespace `checkpoints`. */
  readonly store: ThreadStore;
  /**
   * The time after its last checkpoint at which a thread expires, in milliseconds. The thread lives at least this long,
   * and at most twice as long. All of its records expire together. By default, threads never expire. The `ttlMs` of the
   * `ThreadStore` does not apply.
   */
  readonly ttlMs?: number | undefined;
  /**
   * Whether a run is rejected with `CONCURRENT_RUN` if another run has saved a checkpoint of the same thread since this
   * one loaded it. Costs a load for each run and a save for each checkpoint.
   * @default false
   */
  readonly singleWriter?: boolean | undefined;
  /** The serializer that converts values to bytes. The default is LangGraph's `JsonPlusSerializer`. */
  readonly serde?: SerializerProtocol | undefined;
  /**
   * The clock, for tests.
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
  /**
   * Waits for a time in milliseconds, for tests. A deletion waits twice, so that it does not meet the runs of others.
   * @default setTimeout
   */
  readonly wait?: ((duration: number) => Promise<void>) | undefined;
}

const ITEM_STORE_OPTIONS: OptionNames<ItemStoreOptions> = { store: true, ttlMs: true };
const SAVER_OPTIONS: OptionNames<ThreadStoreSaverOptions> = {
  store: true,
  ttlMs: true,
  singleWriter: true,
  serde: true,
  now: true,
  wait: true,
};

/** Checks the options of a saver. Throws `INVALID_ARGUMENT`. */
export function checkSaverOptions(options: unknown): void {
  const { singleWriter, serde, now, wait } = checkOptions(options, SAVER_OPTIONS);
  if (singleWriter !== undefined && typeof singleWriter !== "boolean") {
    throw invalidValue("INVALID_ARGUMENT", "singleWriter", "a boolean", singleWriter);
  }
  if (now !== undefined && typeof now !== "function") {
    throw invalidValue("INVALID_ARGUMENT", "now", "a function", now);
  }
  if (wait !== undefined && typeof wait !== "function") {
    throw invalidValue("INVALID_ARGUMENT", "wait", "a function", wait);
  }
  if (serde === undefined || hasMethods(serde, ["dumpsTyped", "loadsTyped"])) return;
  throw invalidValue("INVALID_ARGUMENT", "serde", "a serializer with `dumpsTyped` and `loadsTyped`");
}

/** Checks the options of an item store. Throws `INVALID_ARGUMENT`, or `VECTOR_SEARCH` for an index of embeddings. */
export function checkItemStoreOptions(options: unknown): void {
  if (typeof options === "object" && options !== null && "index" in options && options.index !== undefined) {
    const message =
      "`index` is not supported: this store cannot search by vector. Search with a `filter` instead.";
    throw new LangGraphStoreError("VECTOR_SEARCH", message, { path: "index" });
  }
  checkOptions(options, ITEM_STORE_OPTIONS);
}

function checkOptions(
  options: unknown,
  names: Readonly<Record<string, OptionMark>>,
): { readonly [name: string]: unknown } {
  checkedStore(options, names);
  const members = options as { readonly [name: string]: unknown };
  const { ttlMs } = members;
  if (ttlMs === undefined || (Number.isSafeInteger(ttlMs) && Number(ttlMs) > 0)) return members;
  throw invalidValue("INVALID_ARGUMENT", "ttlMs", "a positive integer", ttlMs);
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === "function");
}
