import { setImmediate } from "node:timers";

/** How records are read and written that are too large for one turn of the event loop. */
export interface LargeRecords {
  /** The length from which a record is large. One transaction that writes so much takes about 15 ms. */
  readonly minBytes: number;
  /** How many chunks are read or written at a time: 1 MB. */
  readonly sliceChunks: number;
}

export const LARGE_RECORDS: LargeRecords = { minBytes: 2_621_440, sliceChunks: 128 };

/** Resolves in the next turn of the event loop, after timers, and sockets that are ready. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
