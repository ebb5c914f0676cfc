import { ThreadStoreError } from "../errors.ts";
import { MAX_TIME_MS } from "./expiry.ts";
import type { OptionNames } from "./option-names.ts";

/** Options of every store, regardless of its backend. */
export interface StoreOptions {
  /**
   * How long a call may take, including retries, in milliseconds. After that it rejects with `UNAVAILABLE`, or with
   * `OUTCOME_UNKNOWN` if a write was in flight.
   * @default 30_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * The maximum size of a thread, in bytes of its JSON in UTF-8. Saving a larger one rejects with `TOO_LARGE`.
   * @default 16_777_216
   */
  readonly maxThreadBytes?: number | undefined;
  /**
   * The time to live (TTL) of threads that are saved without an expiry, in milliseconds.
   * @default undefined (never expire)
   */
  readonly ttlMs?: number | undefined;
  /**
   * How often to retry after a transient failure (throttling, a dropped connection, a failover) within `timeoutMs`.
   * The backoff delay starts at about 50 ms and doubles up to a second, or is as long as the backend asks for.
   * @default 8
   */
  readonly maxRetries?: number | undefined;
  /**
   * The clock for creation, update and expiry times, in milliseconds since the epoch.
   * @default Date.now
   */
  readonly now?: (() => number) | undefined;
}

/** The names of the options of every store, for adapters to check those of their own. */
export const STORE_OPTION_NAMES: OptionNames<StoreOptions> = {
  timeoutMs: true,
  maxThreadBytes: true,
  ttlMs: true,
  maxRetries: true,
  now: true,
};

export interface ResolvedStoreOptions {
  readonly timeoutMs: number;
  readonly maxThreadBytes: number;
  readonly ttlMs: number | undefined;
  readonly maxRetries: number;
  readonly now: () => number;
}

export const DEFAULT_TIMEOUT_MS = 30_000;

/** `setTimeout` fires immediately for a longer delay. */
export const TIMEOUT_MAX_MS = 2_147_483_647;

/** Returns the options with defaults. Throws a `TypeError` for an invalid option, which is a bug in the program. */
export function resolveStoreOptions(options: StoreOptions): ResolvedStoreOptions {
  const resolved = {
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxThreadBytes: options.maxThreadBytes ?? 16_777_216,
    ttlMs: options.ttlMs,
    maxRetries: options.maxRetries ?? 8,
    now: options.now ?? Date.now,
  };
  const { timeoutMs, maxThreadBytes, ttlMs, maxRetries, now } = resolved;
  check(isTimeout(timeoutMs), `\`timeoutMs\` must be a number of milliseconds from 1 to ${TIMEOUT_MAX_MS}.`);
  checkMaxThreadBytes(maxThreadBytes);
  check(
    ttlMs === undefined || (Number.isFinite(ttlMs) && ttlMs > 0),
    "`ttlMs` must be a number of milliseconds greater than 0.",
  );
  check(
    Number.isSafeInteger(maxRetries) && maxRetries >= 0,
    "`maxRetries` must be an integer of at least 0.",
  );
  check(typeof now === "function", "`now` must be a function that returns milliseconds since the epoch.");
  return { ...resolved, now: () => wholeMilliseconds(now()) };
}

/** Throws a `TypeError` unless the limit is valid. */
export function checkMaxThreadBytes(maxThreadBytes: number): void {
  check(
    Number.isSafeInteger(maxThreadBytes) && maxThreadBytes >= 2,
    "`maxThreadBytes` must be an integer of at least 2.",
  );
}

/** Rounds down: backends with native expiry need integers, and the times in a record have millisecond precision. */
function wholeMilliseconds(time: unknown): number {
  if (typeof time === "number" && Math.abs(time) <= MAX_TIME_MS) return Math.floor(time);
  throw new ThreadStoreError(
    "MISCONFIGURED",
    "The store's option `now` must return milliseconds since the epoch, like `Date.now`.",
  );
}

export function isTimeout(value: unknown): value is number {
  return typeof value === "number" && value >= 1 && value <= TIMEOUT_MAX_MS;
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new TypeError(rule);
}
