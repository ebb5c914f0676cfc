import { createThreadStore } from "./create-thread-store.ts";
import { tailOf, tailWithContext } from "./encoding/tail.ts";
import { compareUtf8 } from "./listing/compare-utf8.ts";
import { entriesAfter, positionOf, type RecencyPosition } from "./listing/listing-order.ts";
import { listingRests } from "./listing/listing-rests.ts";
import { namespacesOnPage } from "./listing/namespace-range.ts";
import type { ListedRecord, ThreadDriver } from "./thread-driver.ts";
import type { ThreadStore, Version } from "./thread-store.ts";
import { checkOptionNames, type OptionNames } from "./validation/option-names.ts";
import { STORE_OPTION_NAMES, type StoreOptions } from "./validation/store-options.ts";

/** The records of a memory store, by namespace and id. */
export type MemoryRecords = Map<string, Map<string, MemoryRecord>>;

export interface MemoryRecord {
  readonly version: Version;
  /** When the record was saved, in milliseconds since the epoch. */
  readonly updatedAt: number;
  readonly bytes: Uint8Array;
  /** The memory that begins with `bytes`, with space for the next version, if this store allocated it. */
  readonly memory?: Uint8Array | undefined;
}

export interface MemoryDriverOptions {
  /**
   * The map that holds the records. Two stores that share a map are two clients of one backend.
   * @default a new map
   */
  readonly records?: MemoryRecords | undefined;
}

export interface MemoryStoreOptions extends MemoryDriverOptions, StoreOptions {}

const OPTION_NAMES: OptionNames<MemoryDriverOptions> = { records: true };

/** Creates a store that keeps threads in this process only, for tests and experiments. */
export function memoryStore(options: MemoryStoreOptions = {}): ThreadStore {
  checkOptionNames(options, { ...STORE_OPTION_NAMES, ...OPTION_NAMES });
  return createThreadStore(createDriver(options), options);
}

/** Creates the driver of {@link memoryStore}. As strict as a real backend: it copies bytes and compares versions. */
export function memoryDriver(options: MemoryDriverOptions = {}): ThreadDriver {
  checkOptionNames(options, OPTION_NAMES);
  return createDriver(options);
}

function createDriver({ records = new Map() }: MemoryDriverOptions): ThreadDriver {
  return {
    contract: 2,
    name: "memory",
    location: records,

    read({ namespace, id }) {
      const record = records.get(namespace)?.get(id);
      return record === undefined ? undefined : { version: record.version, bytes: record.bytes.slice() };
    },

    write({ namespace, id }, { bytes, unchanged, nonce, updatedAt }, expected) {
      const threads = records.get(namespace) ?? new Map<string, MemoryRecord>();
      const replaced = threads.get(id);
      if (replaced?.version !== expected) return undefined;
      const memory = memoryFor(bytes.length, replaced, unchanged);
      memory.set(bytes.subarray(unchanged), unchanged);
      records.set(namespace, threads);
      threads.set(id, { version: nonce, updatedAt, bytes: memory.subarray(0, bytes.length), memory });
      return nonce;
    },

    ...patchMethods(records),

    delete({ namespace, id }, expected) {
      const threads = records.get(namespace);
      return threads?.get(id)?.version === expected && threads.delete(id);
    },

    list: listMethod(records),

    listNamespaces: (request) => namespacesOnPage(occupied(records), request, compareUtf8),

    close: () => {},
  };
}

/** Returns the namespaces that contain records. */
function occupied(records: MemoryRecords): string[] {
  return [...records].flatMap(([namespace, threads]) => (threads.size > 0 ? namespace : []));
}

function listMethod(records: MemoryRecords): ThreadDriver["list"] {
  const rests = listingRests<RecencyPosition>();
  return (namespace, page) => {
    const { limit, order } = page;
    const threads = records.get(namespace);
    const entries = rests.find(namespace, page) ?? entriesAfter(idsOf(threads, page.prefix), page);
    const listed: ListedRecord[] = [];
    let next = 0;
    for (; next < entries.length && listed.length < limit; next += 1) {
      const entry = entries[next];
      const record = entry && threads?.get(entry.id);
      // Since the listing began, the thread may have been deleted, or saved and thus have another position.
      if (record === undefined || (order === "updated" && record.updatedAt !== entry?.updatedAt)) continue;
      listed.push({ id: entry?.id ?? "", version: record.version, tail: tailOf(record.bytes).slice() });
    }
    const last = next < entries.length ? entries[next - 1] : undefined;
    const position = last && positionOf(last, order);
    rests.keep(namespace, page, { position, entries: entries.slice(next) });
    return { records: listed, next: position };
  };
}

function idsOf(threads: ReadonlyMap<string, MemoryRecord> = new Map(), prefix: string): RecencyPosition[] {
  const found: RecencyPosition[] = [];
  for (const [id, { updatedAt }] of threads) if (id.startsWith(prefix)) found.push({ id, updatedAt });
  return found;
}

function patchMethods(records: MemoryRecords): Pick<ThreadDriver, "readTail" | "patch"> {
  return {
    readTail({ namespace, id }) {
      const record = records.get(namespace)?.get(id);
      if (record === undefined) return undefined;
      return { version: record.version, tail: tailWithContext(record.bytes).slice() };
    },

    patch({ namespace, id }, { keep, bytes, nonce, updatedAt }, expected) {
      const threads = records.get(namespace);
      const replaced = threads?.get(id);
      if (replaced?.version !== expected) return undefined;
      const length = keep + bytes.length;
      const memory = memoryFor(length, replaced, keep);
      memory.set(bytes, keep);
      threads?.set(id, { version: nonce, updatedAt, bytes: memory.subarray(0, length), memory });
      return nonce;
    },
  };
}

/** The spare memory of a record, relative to its length. */
const SPARE_CAPACITY = 1 / 4;

/**
 * Returns memory for a record of `length` bytes that begins with the `unchanged` bytes of the replaced record: its own
 * memory if there is space, so that a save only copies the addition.
 */
function memoryFor(length: number, replaced: MemoryRecord | undefined, unchanged: number): Uint8Array {
  // Another client of the map may have replaced the bytes alone.
  const isOwn = replaced?.memory?.buffer === replaced?.bytes.buffer;
  const isWorthReusing =
    isOwn && replaced?.memory !== undefined && unchanged > 0 && length <= replaced.memory.length;
  if (isWorthReusing && replaced.memory.length <= 2 * length) return replaced.memory;
  const memory = new Uint8Array(length + Math.ceil(length * SPARE_CAPACITY));
  if (replaced !== undefined) memory.set(replaced.bytes.subarray(0, unchanged));
  return memory;
}
