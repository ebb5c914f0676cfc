import type { ThreadStore } from "@threadstore/core";
import { createThreadStore, memoryDriver } from "@threadstore/core/driver";

/** Fails calls of the store's driver, and counts them. */
export function drivenStore(ttlMs?: number): {
  readonly store: ThreadStore;
  readonly calls: { count: number; bytes: number; failAt: number };
} {
  const driver = memoryDriver();
  const calls = { count: 0, bytes: 0, failAt: Number.POSITIVE_INFINITY };
  const count = (bytes = 0) => {
    calls.count += 1;
    calls.bytes += bytes;
    if (calls.count > calls.failAt) throw new Error("down");
  };
  const store = createThreadStore(
    {
      ...driver,
      async read(...parameters) {
        const record = await driver.read(...parameters);
        count(record?.bytes?.length);
        return record;
      },
      async readTail(...parameters) {
        const tail = await driver.readTail(...parameters);
        count(tail?.tail.length);
        return tail;
      },
      async write(key, record, ...parameters) {
        count(record.bytes.length - record.unchanged);
        return driver.write(key, record, ...parameters);
      },
      async patch(key, patch, ...parameters) {
        count(patch.bytes.length);
        return driver.patch(key, patch, ...parameters);
      },
      async delete(...parameters) {
        count();
        return driver.delete(...parameters);
      },
    },
    { maxRetries: 0, ...(ttlMs === undefined ? {} : { ttlMs }) },
  );
  return { store, calls };
}
