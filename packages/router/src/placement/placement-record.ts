import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { untilAborted } from "@threadstore/core/documents";
import type { Budget } from "../budget.ts";
import type { Clock, Moment } from "./clock.ts";
import { decodeTable, encodeTable, type Table } from "./table.ts";

const ID = "placements";

/** The record as a process has read it, and the earliest time from which it may be outdated. */
export interface Reading {
  readonly table: Table;
  readonly readAt: Moment;
}

interface RecordSettings {
  readonly store: ThreadStore;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The table to store if there is none. */
  readonly initial: Table;
}

/** The record of placements in its store, as this process knows it. */
export class PlacementRecord {
  readonly #settings: RecordSettings;
  #stored: StoredThread | undefined;
  #reading: Reading | undefined;
  /** The read in progress, and the one that begins when it ends. */
  #current: Promise<Reading> | undefined;
  #following: Promise<Reading> | undefined;

  constructor(settings: RecordSettings) {
    this.#settings = settings;
  }

  /** The last reading; `undefined` before the first one. */
  get reading(): Reading | undefined {
    return this.#reading;
  }

  /** Resolves with a reading that started after this call. Concurrent calls share one reading. */
  async read(budget: Budget): Promise<Reading> {
    this.#following ??= this.#readAfter(this.#current);
    return within(this.#following, budget);
  }

  async #readAfter(earlier: Promise<unknown> | undefined): Promise<Reading> {
    // Also if nothing is in progress, so that this read begins after `#following` was set.
    await Promise.allSettled([earlier]);
    this.#following = undefined;
    this.#current = this.#load();
    return this.#current;
  }

  async #load(): Promise<Reading> {
    const { store, clock, timeoutMs, initial } = this.#settings;
    const readAt = clock.now();
    const stored = await store.load(ID, { cached: this.#stored, timeoutMs });
    if (stored !== undefined) return this.#remember(stored, readAt);
    // A new record would not name the stores of namespaces that were moved.
    if (this.#stored !== undefined) throw missingRecord();
    try {
      return this.#remember(await store.save(ID, encodeTable(initial), { timeoutMs }), readAt);
    } catch (error) {
      // Another process was first.
      if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
      return this.#load();
    }
  }

  #remember(stored: StoredThread, readAt: Moment): Reading {
    const isSame = this.#stored?.version === stored.version && this.#reading !== undefined;
    const table = isSame && this.#reading ? this.#reading.table : decodeTable(stored.thread);
    this.#stored = stored;
    this.#reading = { table, readAt };
    return this.#reading;
  }

  /**
   * Changes the table with compare-and-set. `edit` returns `undefined` if the table already has the result, so that a
   * change whose response was lost can be repeated.
   */
  async change(edit: (table: Table) => Table | undefined, budget: Budget): Promise<Table> {
    const { store } = this.#settings;
    await this.read(budget);
    for (let attempts = 1; ; attempts += 1) {
      try {
        const { signal, timeoutMs } = budget.options();
        const stored = await store.update(ID, (current) => edited(current, edit), { signal, timeoutMs });
        if (stored === undefined) throw missingRecord();
        return decodeTable(stored.thread);
      } catch (error) {
        if (!ThreadStoreError.is(error, "OUTCOME_UNKNOWN") || attempts === 3) throw error;
      }
    }
  }
}

function edited(current: StoredThread | undefined, edit: (table: Table) => Table | undefined): object | null {
  if (current === undefined) throw missingRecord();
  const table = decodeTable(current.thread);
  const next = edit(table);
  return next === undefined ? null : encodeTable({ ...next, epoch: table.epoch + 1 });
}

function missingRecord(): ThreadStoreError {
  return new ThreadStoreError(
    "MISCONFIGURED",
    "The record of placements was deleted. Restore it from a backup: without it, it is unknown where namespaces are.",
  );
}

/** Resolves with the result of work that callers share, unless this caller's time is over. */
async function within<T>(work: Promise<T>, budget: Budget): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const message =
        "The store of placements did not respond in time. Retry, or check that it is available.";
      reject(new ThreadStoreError("UNAVAILABLE", message));
    }, budget.left());
  });
  try {
    return await untilAborted(Promise.race([work, expired]), budget.signal);
  } finally {
    clearTimeout(timer);
  }
}
