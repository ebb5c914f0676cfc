import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createThreadStore,
  memoryDriver,
  type MemoryRecords,
  type StoreOptions,
  type ThreadDriver,
  type ThreadStore,
} from "@threadstore/core";
import { vi } from "vitest";
import type { AttachmentsOptions } from "./options.ts";
import { withAttachments } from "./with-attachments.ts";

/** A folder that `using` removes. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "threadstore-attachments-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A string in base64 of so many bytes, unlike any other. */
export function base64(bytes = 24_000): string {
  return randomBytes(bytes).toString("base64");
}

/** Where a step waits, and how to go on: `reached` is when one has come. */
export interface Gate {
  readonly reached: Promise<void>;
  open(): void;
}

/** Makes the backend's next step that is meant wait until the gate is opened. */
export function gateBefore(backend: Backend, isMeant: (step: Step) => boolean): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  backend.before = async (step) => {
    if (!isMeant(step)) return;
    backend.before = () => undefined;
    reached.resolve();
    await opened.promise;
  };
  return { reached: reached.promise, open: opened.resolve };
}

/** A step that a store asks of its backend. */
export interface Step {
  readonly operation: "read" | "write" | "delete" | "list";
  readonly namespace: string;
  /** Of a record; empty for a listing. */
  readonly id: string;
  /** The length of what is written. */
  readonly bytes: number;
}

export interface Backend {
  readonly records: MemoryRecords;
  /** What was asked of it, in order. */
  readonly steps: Step[];
  /** Runs before each step, which waits for it and fails as it does. */
  before: (step: Step) => Promise<void> | void;
  /** Runs after each write, whose answer is lost when it fails. */
  afterWrite: (step: Step) => void;
  /** The ids of the records of a namespace: of attachments, unless named. */
  idsIn(namespace?: string): string[];
  /** A client of the records. */
  open(options?: AttachmentsOptions & StoreOptions): ThreadStore;
  /** The store beneath, of its own. */
  beneath(options?: StoreOptions): ThreadStore;
}

/** That the answer to a step was lost, when it is thrown before one. */
export class AnswerLost extends Error {}

/** Records in memory, that tell what is done with them. */
export function backendInMemory(): Backend {
  const records: MemoryRecords = new Map();
  const backend: Backend = {
    records,
    steps: [],
    before: () => undefined,
    afterWrite: () => undefined,
    idsIn: (namespace = ".attachments") => [...(records.get(namespace)?.keys() ?? [])],
    open: ({ maxThreadBytes, ...options } = {}) =>
      withAttachments(backend.beneath(options), {
        ...options,
        maxThreadBytes,
      }),
    beneath: (options) => createThreadStore(watched(memoryDriver({ records }), backend), options),
  };
  return backend;
}

function watched(driver: ThreadDriver, backend: Backend): ThreadDriver {
  async function step(operation: Step["operation"], namespace: string, id: string, bytes = 0): Promise<Step> {
    const each = { operation, namespace, id, bytes };
    backend.steps.push(each);
    await backend.before(each);
    return each;
  }
  return {
    ...driver,
    explain: (error) =>
      error instanceof AnswerLost
        ? { code: "UNAVAILABLE", message: "The answer was lost.", applied: "unknown" }
        : undefined,
    async read(key, known, options) {
      await step("read", key.namespace, key.id);
      return driver.read(key, known, options);
    },
    async write(key, record, expected, options) {
      const each = await step("write", key.namespace, key.id, record.bytes.length);
      const version = await driver.write(key, record, expected, options);
      backend.afterWrite(each);
      return version;
    },
    async delete(key, expected, options) {
      await step("delete", key.namespace, key.id);
      return driver.delete(key, expected, options);
    },
    async list(namespace, page, options) {
      await step("list", namespace, "");
      return driver.list(namespace, page, options);
    },
  };
}

/** Lets time pass on the monotonic clock, which budgets of calls are measured by, until all mocks are restored. */
export function shiftableClock(): { shift: (milliseconds: number) => void } {
  const now = performance.now.bind(performance);
  let offset = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now() + offset);
  return { shift: (milliseconds) => void (offset += milliseconds) };
}
