import type { StoreOptions, ThreadStore } from "@threadstore/core";
import {
  createThreadStore,
  memoryDriver,
  type MemoryRecords,
  type ThreadDriver,
  type MaybePromise,
} from "@threadstore/core/driver";
import type { CompressionOptions } from "./options.ts";
import { withCompression } from "./with-compression.ts";

/** A request to the backend. */
export interface Request {
  readonly operation: "read" | "readTail" | "write" | "patch" | "delete" | "list";
  /** The number of bytes that a write does not share with the record that it replaces. */
  readonly bytes: number;
}

/** A backend that records its requests. */
export interface Backend {
  readonly requests: Request[];
  /** Returns the requests since the last call. */
  takeRequests(): readonly Request[];
  /** Creates a client. */
  open(options?: CompressionOptions): ThreadStore;
  /** Creates a client without compression. */
  openInner(options?: StoreOptions): ThreadStore;
}

/** Creates a backend in memory. */
export function memoryBackend(records: MemoryRecords = new Map()): Backend {
  const requests: Request[] = [];
  const backend: Backend = {
    requests,
    takeRequests: () => requests.splice(0),
    open: (options) => withCompression(backend.openInner(), options),
    openInner: (options) => createThreadStore(observed(memoryDriver({ records }), requests), options),
  };
  return backend;
}

function observed(driver: ThreadDriver, requests: Request[]): ThreadDriver {
  const request = async <Result>(
    operation: Request["operation"],
    bytes: number,
    send: () => MaybePromise<Result>,
  ): Promise<Result> => {
    requests.push({ operation, bytes });
    return send();
  };
  return {
    ...driver,
    read: (...parameters) => request("read", 0, () => driver.read(...parameters)),
    readTail: (...parameters) => request("readTail", 0, () => driver.readTail(...parameters)),
    write: (key, record, ...others) =>
      request("write", record.bytes.length - record.unchanged, () => driver.write(key, record, ...others)),
    patch: (key, patch, ...others) =>
      request("patch", patch.bytes.length, () => driver.patch(key, patch, ...others)),
    delete: (...parameters) => request("delete", 0, () => driver.delete(...parameters)),
    list: (...parameters) => request("list", 0, () => driver.list(...parameters)),
  };
}

export function bytesOf(requests: readonly Request[]): number {
  return requests.reduce((sum, { bytes }) => sum + bytes, 0);
}
