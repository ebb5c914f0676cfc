import { ThreadStoreError } from "../errors.ts";

// The last moment that a Date can hold.
const END_OF_TIME = 8_640_000_000_000_000;

/** Options of every store, whatever its backend. */
export interface StoreOptions {
  /**
   * How long a call may take, in milliseconds, its retries included, before it rejects with `UNAVAILABLE`, or
   * with `OUTCOME_UNKNOWN` when a write was under way.
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The longest thread that is accepted, in bytes of its JSON in UTF-8; a longer one is `TOO_LARGE`.
   * @default 16_777_216
   */
  readonly maxThreadBytes?: number | undefined;
  /**
   * Milliseconds after which a thread expires when its save names no expiry of its own.
   * @default undefined: never
   */
  readonly ttlMs?: number | undefined;
  /**
   * How often a transient failure (throttling, a dropped connection, a fail-over) is tried again within
   * `timeoutMs`: after about 50 ms, then twice as long each time up to a second, or as the backend asks.
   * @default 8
   */
  readonly maxRetries?: number | undefined;
  /**
   * The clock, in milliseconds since the epoch, for creation, update and expiry times.
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
}

export interface ResolvedStoreOptions {
  readonly timeoutMs: number;
  readonly maxThreadBytes: number;
  readonly ttlMs: number | undefined;
  readonly maxRetries: number;
  readonly now: () => number;
}

// A longer time makes setTimeout fire at once.
export const TIMEOUT_MAX_MS = 2_147_483_647;

/** The options with their defaults. Throws a `TypeError` for a wrong one: that is a mistake in the program. */
export function resolveStoreOptions(options: StoreOptions): ResolvedStoreOptions {
  const resolved = {
    timeoutMs: options.timeoutMs ?? 30_000,
    maxThreadBytes: options.maxThreadBytes ?? 16_777_216,
    ttlMs: options.ttlMs,
    maxRetries: options.maxRetries ?? 8,
    now: options.now ?? Date.now,
  };
  const { timeoutMs, maxThreadBytes, ttlMs, maxRetries, now } = resolved;
  check(isTimeout(timeoutMs), "timeoutMs must be a number of milliseconds from 1 to 2147483647");
  check(
    Number.isSafeInteger(maxThreadBytes) && maxThreadBytes >= 2,
    "maxThreadBytes must be a whole number, at least 2",
  );
  check(
    ttlMs === undefined || (Number.isFinite(ttlMs) && ttlMs > 0),
    "ttlMs must be a number of milliseconds above 0",
  );
  check(Number.isSafeInteger(maxRetries) && maxRetries >= 0, "maxRetries must be a whole number, at least 0");
  check(typeof now === "function", "now must be a function that returns milliseconds since the epoch");
  return { ...resolved, now: () => wholeMilliseconds(now()) };
}

/** Backends with native expiry take whole numbers, and a record's times have no finer digits. */
function wholeMilliseconds(time: unknown): number {
  if (typeof time === "number" && Math.abs(time) <= END_OF_TIME) return Math.floor(time);
  const message = "The store's option now must return milliseconds since the epoch, as Date.now does.";
  throw new ThreadStoreError("MISCONFIGURED", message);
}

export function isTimeout(value: unknown): value is number {
  return typeof value === "number" && value >= 1 && value <= TIMEOUT_MAX_MS;
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new TypeError(`${rule}.`);
}
