import {
  createThreadStore,
  type SaveOptions,
  type StoredThread,
  type ThreadDriver,
  type ThreadStore,
  type ThreadText,
  type Version,
} from "@threadstore/core";
import { invalidArgument } from "./failures.ts";

/** A driver that keeps nothing. */
const nowhere: ThreadDriver = {
  contract: 1,
  name: "attachments",
  read: async () => undefined,
  write: async (_key, { nonce }) => nonce,
  delete: async () => false,
  list: async () => ({ records: [], next: undefined }),
  explain: () => undefined,
  close: () => Promise.resolve(),
};

// The earliest moment there is: whether an expiry is in the future is for the clock of the store beneath to say.
const BEGINNING_OF_TIME = -8_640_000_000_000_000;

/**
 * What a save is given, checked before anything is sent, by the very code that checks it in every store: a store
 * that keeps nothing. What it hands out is the thread as JSON text, its size, and the metadata.
 */
export class Check {
  readonly #store: ThreadStore;

  constructor(maxThreadBytes: number) {
    this.#store = createThreadStore(nowhere, { maxThreadBytes, now: () => BEGINNING_OF_TIME });
  }

  /** Takes all it needs before it returns. Rejects with `INVALID_ARGUMENT`, `TOO_LARGE` or the signal's reason. */
  save(id: string, thread: object | ThreadText, options: SaveOptions): Promise<StoredThread> {
    // There is nothing that a previous version could match; that it excludes an overwrite is checked all the same.
    const previous = options.overwrite === true ? options.previous : undefined;
    return this.#store.save(id, thread, { ...options, previous });
  }
}

const VERSION = /^[\u0021\u0023-\u007e]+$/u;

/** The version that `previous` stands for. Throws `INVALID_ARGUMENT`. */
export function versionOf(id: string, previous: unknown): Version {
  const isObject = typeof previous === "object" && previous !== null;
  if (isObject && "id" in previous && previous.id !== id) {
    throw invalidArgument("previous is a version of another thread.");
  }
  const version = isObject && "version" in previous ? previous.version : previous;
  if (typeof version === "string" && VERSION.test(version)) return version;
  throw invalidArgument(
    "previous is what a store returned for this thread, or its version, without quotes; undefined to create.",
  );
}
