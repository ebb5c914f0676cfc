import type { ThreadMetadata } from "../thread-store.ts";

/**
 * The key of an option of `erase`, for decorators that store threads in another form: returns the size of a thread as their
 * callers see it, which the receipt counts. Stores without a driver may ignore it, and count what they store. A registered
 * symbol, so that two installed copies of this package agree on it.
 */
export const ERASED_SIZE: unique symbol = Symbol.for("threadstore.erased-size");

/** Returns the size of a thread, in bytes of its JSON, given what the store has: its metadata and size. */
export type ErasedSize = (metadata: ThreadMetadata, size: number) => number;

export interface ErasedSizeOption {
  readonly [ERASED_SIZE]?: ErasedSize | undefined;
}

/** Counts what the store has. */
export const STORED_SIZE: ErasedSize = (_metadata, size) => size;
