import { createThreadStore } from "../create-thread-store.ts";
import { memoryDriver, type MemoryRecords, memoryStore } from "../memory-store.ts";
import type { ThreadDriver } from "../thread-driver.ts";
import type { ThreadStore } from "../thread-store.ts";
import type { StoreOptions } from "../validation/store-options.ts";

export const DAY: number = 86_400_000;

/** A store in memory whose clock a test sets. */
export interface ClockedStore {
  readonly store: ThreadStore;
  readonly records: MemoryRecords;
  /** Milliseconds since the epoch. */
  time: number;
  /** Opens another client of the same records, with another driver if `replace` returns one. */
  open(replace?: (driver: ThreadDriver) => ThreadDriver, options?: StoreOptions): ThreadStore;
}

export function clockedStore(): ClockedStore {
  const records: MemoryRecords = new Map();
  const now = (): number => clocked.time;
  const clocked: ClockedStore = {
    store: memoryStore({ records, now }),
    records,
    time: Date.parse("2030-01-01"),
    open: (replace = (driver) => driver, options = {}) =>
      createThreadStore(replace(memoryDriver({ records })), { now, ...options }),
  };
  return clocked;
}

/** Makes a record unreadable, as damage to a disk would. */
export function corrupt({ records }: ClockedStore, namespace: string, id: string): void {
  const record = records.get(namespace)?.get(id);
  if (record === undefined) throw new Error("There is no such record.");
  records.get(namespace)?.set(id, { ...record, bytes: record.bytes.slice(0, -9) });
}

/** Returns all threads of a store by namespace and id, such as `a/b:thread`, with corrupt ones. */
export async function idsIn(store: ThreadStore, path = ""): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of store.list({ limit: 1000 })) ids.push(`${path}:${id}`);
  const { namespaces } = await store.namespaces({ limit: 1000 });
  for (const name of namespaces) {
    ids.push(...(await idsIn(store.namespace(name), path === "" ? name : `${path}/${name}`)));
  }
  return ids.toSorted();
}
