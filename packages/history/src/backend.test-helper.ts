import { randomUUID } from "node:crypto";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import {
  createThreadStore,
  memoryDriver,
  type ThreadDriver,
  type MaybePromise,
} from "@threadstore/core/driver";
import type { HistoryStore } from "./history-store.ts";
import type { HistoryOptions } from "./options.ts";
import { withHistory } from "./with-history.ts";

/** A request to the backend. */
export interface Request {
  readonly operation: "read" | "readTail" | "write" | "patch" | "delete" | "list";
  /** The number of bytes that a write does not share with the record that it replaces. */
  readonly bytes: number;
}

/** A backend in memory that records its requests, and can fail. */
export interface Backend {
  readonly requests: Request[];
  /** Runs before each request, which waits for it and fails if it fails. */
  before: (request: Request) => Promise<void> | void;
  /** Runs after each write, whose response is lost if it throws. */
  afterWrite: () => void;
  open(options?: HistoryOptions, storeOptions?: StoreOptions): HistoryStore;
  /** Creates a client without history. */
  openInner(options?: StoreOptions): ThreadStore;
  /** Returns all that is stored of a thread, as text. */
  textOf(id: string): Promise<string>;
}

export function memoryBackend(): Backend {
  return backendOf(memoryDriver());
}

/** Creates a backend that sends its requests to a driver. */
export function backendOf(driver: ThreadDriver): Backend {
  const backend: Backend = {
    requests: [],
    before: () => undefined,
    afterWrite: () => undefined,
    open: (options, storeOptions = {}) =>
      withHistory(backend.openInner({ now: options?.now, ...storeOptions }), options),
    openInner: (options) => createThreadStore(observed(driver, backend), options),
    async textOf(id) {
      const stored = await driver.read({ namespace: "", id }, undefined, {
        signal: new AbortController().signal,
      });
      return Buffer.from(stored?.bytes ?? []).toString();
    },
  };
  return backend;
}

function observed(driver: ThreadDriver, backend: Backend): ThreadDriver {
  async function request<Result>(
    operation: Request["operation"],
    bytes: number,
    send: () => MaybePromise<Result>,
  ): Promise<Result> {
    const sent = { operation, bytes };
    backend.requests.push(sent);
    await backend.before(sent);
    const result = await send();
    if (operation === "write" || operation === "patch") backend.afterWrite();
    return result;
  }
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

/** Returns a text that occurs nowhere else. */
export function secret(): string {
  return `secret-${randomUUID()}`;
}
