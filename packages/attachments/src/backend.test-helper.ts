import { randomBytes } from "node:crypto";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import {
  createThreadStore,
  DriverError,
  memoryDriver,
  type MemoryRecords,
  type ThreadDriver,
} from "@threadstore/core/driver";
import { vi } from "vitest";
import type { AttachmentsOptions } from "./options.ts";
import { withAttachments } from "./with-attachments.ts";

/** Returns the base64 of random bytes. */
export function base64(bytes = 24_000): string {
  return randomBytes(bytes).toString("base64");
}

/** Holds a request until the test opens it. `reached` resolves once a request waits. */
export interface Gate {
  readonly reached: Promise<void>;
  open(): void;
}

/** Holds the next request that `matches` until the gate is opened. */
export function gateBefore(backend: Backend, matches: (request: Request) => boolean): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  backend.before = async (request) => {
    if (!matches(request)) return;
    backend.before = () => undefined;
    reached.resolve();
    await opened.promise;
  };
  return { reached: reached.promise, open: opened.resolve };
}

/** A request to the backend. */
export interface Request {
  readonly operation: "read" | "write" | "delete" | "list";
  readonly namespace: string;
  /** The id of the record; empty for a listing. */
  readonly id: string;
  /** The number of bytes to write. */
  readonly bytes: number;
}

export interface Backend {
  readonly records: MemoryRecords;
  /** All requests, in order. */
  readonly requests: Request[];
  /** Runs before each request, which waits for it and fails if it fails. */
  before: (request: Request) => Promise<void> | void;
  /** Runs after each write, whose response is lost if it throws. */
  afterWrite: (request: Request) => void;
  /** Returns the ids of the records of a namespace, by default those of attachments. */
  idsIn(namespace?: string): string[];
  /** Creates a client of the records. */
  open(options?: AttachmentsOptions & StoreOptions): ThreadStore;
  /** Creates a client without attachments. */
  openInner(options?: StoreOptions): ThreadStore;
}

/** Creates the failure of a request whose outcome is unknown. */
export function responseLost(): DriverError {
  return new DriverError("UNAVAILABLE", "The response was lost.", { effect: "unknown" });
}

/** Creates a backend in memory that records its requests. */
export function memoryBackend(): Backend {
  const records: MemoryRecords = new Map();
  const backend: Backend = {
    records,
    requests: [],
    before: () => undefined,
    afterWrite: () => undefined,
    idsIn: (namespace = ".attachments") => [...(records.get(namespace)?.keys() ?? [])],
    open: ({ limitBytes, strings, orphanAgeMs, maxThreadBytes, ...options } = {}) => {
      const attachmentsOptions = { limitBytes, strings, orphanAgeMs, maxThreadBytes, now: options.now };
      return withAttachments(backend.openInner(options), attachmentsOptions);
    },
    openInner: (options) => createThreadStore(observed(memoryDriver({ records }), backend), options),
  };
  return backend;
}

function observed(driver: ThreadDriver, backend: Backend): ThreadDriver {
  async function request(
    operation: Request["operation"],
    namespace: string,
    id: string,
    bytes = 0,
  ): Promise<Request> {
    const received = { operation, namespace, id, bytes };
    backend.requests.push(received);
    await backend.before(received);
    return received;
  }
  return {
    ...driver,
    async read(key, cachedVersion, options) {
      await request("read", key.namespace, key.id);
      return driver.read(key, cachedVersion, options);
    },
    async readTail(key, options) {
      await request("read", key.namespace, key.id);
      return driver.readTail(key, options);
    },
    async write(key, record, expected, options) {
      const received = await request("write", key.namespace, key.id, record.bytes.length);
      const version = await driver.write(key, record, expected, options);
      backend.afterWrite(received);
      return version;
    },
    async delete(key, expected, options) {
      await request("delete", key.namespace, key.id);
      return driver.delete(key, expected, options);
    },
    async list(namespace, page, options) {
      await request("list", namespace, "");
      return driver.list(namespace, page, options);
    },
  };
}

/**
 * Replaces the monotonic clock, which measures time budgets, by one that can be advanced, until mocks are restored.
 */
export function shiftableClock(): { shift: (milliseconds: number) => void } {
  const now = performance.now.bind(performance);
  let offset = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now() + offset);
  return { shift: (milliseconds) => void (offset += milliseconds) };
}
