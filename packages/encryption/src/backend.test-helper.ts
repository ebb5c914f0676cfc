import type { StoreOptions, ThreadStore } from "@threadstore/core";
import {
  createThreadStore,
  memoryDriver,
  type MemoryRecords,
  type ThreadDriver,
} from "@threadstore/core/driver";

/** What a request to the backend does. */
export type Operation = "read" | "readTail" | "write" | "patch" | "delete" | "list";

/** A backend in memory that counts its requests. */
export interface Backend {
  readonly records: MemoryRecords;
  /** The requests, in order. */
  readonly requests: Operation[];
  /** The number of bytes that writes have sent. */
  bytesWritten: number;
  /** Runs before each request, which fails if it throws. */
  before: (operation: Operation) => Promise<void> | void;
  /** Creates a client without encryption. */
  open(options?: StoreOptions): ThreadStore;
}

export function memoryBackend(): Backend {
  const records: MemoryRecords = new Map();
  const backend: Backend = {
    records,
    requests: [],
    bytesWritten: 0,
    before: () => undefined,
    open: (options) => createThreadStore(observed(memoryDriver({ records }), backend), options),
  };
  return backend;
}

function observed(driver: ThreadDriver, backend: Backend): ThreadDriver {
  const request = async (operation: Operation): Promise<void> => {
    backend.requests.push(operation);
    await backend.before(operation);
  };
  return {
    ...driver,
    async read(...parameters) {
      await request("read");
      return driver.read(...parameters);
    },
    async readTail(...parameters) {
      await request("readTail");
      return driver.readTail(...parameters);
    },
    async write(key, record, ...others) {
      await request("write");
      backend.bytesWritten += record.bytes.length - record.unchanged;
      return driver.write(key, record, ...others);
    },
    async patch(key, patch, ...others) {
      await request("patch");
      backend.bytesWritten += patch.bytes.length;
      return driver.patch(key, patch, ...others);
    },
    async delete(...parameters) {
      await request("delete");
      return driver.delete(...parameters);
    },
    async list(...parameters) {
      await request("list");
      return driver.list(...parameters);
    },
  };
}
