import type { ThreadStore } from "@threadstore/core";
import {
  createThreadStore,
  DriverError,
  type MaybePromise,
  memoryDriver,
  type MemoryRecords,
  type ThreadDriver,
} from "@threadstore/core/driver";

/** Called before and after each request that changes a record. May throw. */
export interface Interception {
  readonly before?: (() => void) | undefined;
  readonly after?: (() => void) | undefined;
  /** Called before each request that reads the end of a record. May throw. */
  readonly beforeRead?: (() => void) | undefined;
}

/** The requests and bytes that a backend receives and sends. */
export interface Transfer {
  requests: number;
  bytes: number;
}

/** Creates a memory store whose changes are intercepted. Its calls are not repeated. */
export function interceptedStore(
  records: MemoryRecords,
  { before, after, beforeRead }: Interception,
): ThreadStore {
  const driver = memoryDriver({ records });
  const intercept = async <T>(change: () => Promise<T>): Promise<T> => {
    before?.();
    const result = await change();
    after?.();
    return result;
  };
  const interceptedDriver: ThreadDriver = {
    ...driver,
    write: async (...parameters) => intercept(async () => driver.write(...parameters)),
    patch: async (...parameters) => intercept(async () => driver.patch(...parameters)),
    delete: async (...parameters) => intercept(async () => driver.delete(...parameters)),
    async readTail(...parameters) {
      beforeRead?.();
      return driver.readTail(...parameters);
    },
  };
  return createThreadStore(interceptedDriver, { maxRetries: 0 });
}

function die(isOver: boolean): void {
  if (isOver) throw new DriverError("BACKEND_ERROR", "The process was killed.", { effect: "unknown" });
}

/** Creates a memory store of a process that is killed at its change number `kill`, before or after it is applied. */
export function killedStore(records: MemoryRecords, kill: number, when: "after" | "before"): ThreadStore {
  let changes = 0;
  return interceptedStore(records, {
    before: () => {
      changes += 1;
      die(changes > kill || (changes === kill && when === "before"));
    },
    after: () => die(changes >= kill),
  });
}

/** Creates a memory store that counts its requests and bytes. */
export function countingStore(transfer: Transfer): ThreadStore {
  const driver = memoryDriver();
  const count = (bytes: number) => {
    transfer.requests += 1;
    transfer.bytes += bytes;
  };
  return createThreadStore({
    ...driver,
    async read(...parameters) {
      const record = await driver.read(...parameters);
      count(record?.bytes?.length ?? 0);
      return record;
    },
    async readTail(...parameters) {
      const tail = await driver.readTail(...parameters);
      count(tail?.tail.length ?? 0);
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
    async list(...parameters) {
      const page = await driver.list(...parameters);
      count(page.records.reduce((sum, { tail }) => sum + tail.length, 0));
      return page;
    },
  });
}

/** A store whose requests can be stopped after one of them. */
export interface PausedStore {
  readonly store: ThreadStore;
  /** Resolves when the store stops. */
  readonly paused: Promise<void>;
  readonly resume: () => void;
}

/** Creates a memory store that stops after its request number `pauseAt`, as a process on a busy host does. */
export function pausedStore(records: MemoryRecords, pauseAt: number): PausedStore {
  const driver = memoryDriver({ records });
  const [pause, continuation] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let requests = 0;
  const pausing = async <T>(request: MaybePromise<T>): Promise<T> => {
    const result = await request;
    requests += 1;
    if (requests === pauseAt) pause.resolve();
    if (requests >= pauseAt) await continuation.promise;
    return result;
  };
  const pausedDriver: ThreadDriver = {
    ...driver,
    read: async (...parameters) => pausing(driver.read(...parameters)),
    readTail: async (...parameters) => pausing(driver.readTail(...parameters)),
    list: async (...parameters) => pausing(driver.list(...parameters)),
    write: async (...parameters) => pausing(driver.write(...parameters)),
    patch: async (...parameters) => pausing(driver.patch(...parameters)),
    delete: async (...parameters) => pausing(driver.delete(...parameters)),
  };
  const store = createThreadStore(pausedDriver, { maxRetries: 0 });
  return { store, paused: pause.promise, resume: () => continuation.resolve() };
}
