import type { ThreadStore } from "@threadstore/core";
import { createThreadStore, memoryDriver } from "@threadstore/core/driver";

/** The calls of a driver, and the one from which on all calls fail. */
export interface DriverCalls {
  count: number;
  bytes: number;
  failAt: number;
  writes: number;
  /** The number of the write at which the process is killed. */
  failAtWrite: number;
  /** Whether it is killed before or after this write. */
  when: "after" | "before";
}

/** Fails calls of the store's driver, and counts them. */
export function drivenStore(ttlMs?: number): {
  readonly store: ThreadStore;
  readonly calls: DriverCalls;
} {
  const driver = memoryDriver();
  const calls: DriverCalls = { ...NO_CALLS };
  const { count, write } = failures(calls);
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
        return write(async () => driver.write(key, record, ...parameters));
      },
      async patch(key, patch, ...parameters) {
        count(patch.bytes.length);
        return write(async () => driver.patch(key, patch, ...parameters));
      },
      async delete(...parameters) {
        count();
        return write(async () => driver.delete(...parameters));
      },
    },
    { maxRetries: 0, ...(ttlMs === undefined ? {} : { ttlMs }) },
  );
  return { store, calls };
}

const NO_CALLS: DriverCalls = {
  count: 0,
  bytes: 0,
  failAt: Number.POSITIVE_INFINITY,
  writes: 0,
  failAtWrite: Number.POSITIVE_INFINITY,
  when: "before",
};

/** Returns functions that count the calls of a driver, and fail if the process was killed. */
function failures(calls: DriverCalls): {
  readonly count: (bytes?: number) => void;
  readonly write: <Result>(apply: () => Promise<Result>) => Promise<Result>;
} {
  const isKilled = (): boolean => calls.writes >= calls.failAtWrite;
  return {
    count(bytes = 0) {
      calls.count += 1;
      calls.bytes += bytes;
      if (calls.count > calls.failAt || isKilled()) throw new Error("down");
    },
    async write(apply) {
      calls.writes += 1;
      if (calls.when === "before" && isKilled()) throw new Error("down");
      const result = await apply();
      if (isKilled()) throw new Error("down");
      return result;
    },
  };
}
