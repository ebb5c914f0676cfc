import { createThreadStore } from "./create-thread-store.ts";
import { compareUtf8 } from "./encoding/compare-utf8.ts";
import { type ThreadDriver, TRAILER_MAX_BYTES } from "./thread-driver.ts";
import type { ThreadStore, Version } from "./thread-store.ts";
import { checkOptionNames, type OptionNames } from "./validation/option-names.ts";
import { STORE_OPTION_NAMES, type StoreOptions } from "./validation/store-options.ts";

/** The records of a memory store, by namespace and id. */
export type MemoryRecords = Map<string, Map<string, MemoryRecord>>;

export interface MemoryRecord {
  readonly version: Version;
  readonly bytes: Uint8Array;
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
    contract: 1,
    name: "memory",

    async read({ namespace, id }) {
      const record = records.get(namespace)?.get(id);
      return record === undefined ? undefined : { version: record.version, bytes: record.bytes.slice() };
    },

    async write({ namespace, id }, { bytes, nonce }, expected) {
      const threads = records.get(namespace) ?? new Map<string, MemoryRecord>();
      if (threads.get(id)?.version !== expected) return undefined;
      records.set(namespace, threads);
      threads.set(id, { version: nonce, bytes: bytes.slice() });
      return nonce;
    },

    async delete({ namespace, id }, expected) {
      const threads = records.get(namespace);
      return threads?.get(id)?.version === expected && threads.delete(id);
    },

    async list(namespace, { after, limit }) {
      const threads = [...(records.get(namespace) ?? [])]
        .filter(([id]) => after === undefined || compareUtf8(id, after) > 0)
        .toSorted(([a], [b]) => compareUtf8(a, b));
      const page = threads.slice(0, limit);
      return {
        records: page.map(([id, { version, bytes }]) => {
          return { id, version, tail: bytes.slice(-TRAILER_MAX_BYTES) };
        }),
        next: threads.length > limit ? page.at(-1)?.[0] : undefined,
      };
    },

    close: () => Promise.resolve(),
  };
}
