import type { SaveOptions } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";

/** The last point in time that a `Date` can represent, in milliseconds since the epoch. */
export const MAX_TIME_MS = 8_640_000_000_000_000;

/** The options of a save that determine when the thread expires. */
export type ExpiryOptions = Pick<SaveOptions, "ttlMs" | "expiresAt">;

/**
 * Returns when a thread that is saved now expires, in milliseconds since the epoch; `undefined` if it never does.
 * Throws `INVALID_ARGUMENT`.
 */
export function expiryOf(
  options: ExpiryOptions,
  storeTtlMs: number | undefined,
  now: number,
): number | undefined {
  const { ttlMs = storeTtlMs, expiresAt } = checkedExpiry(options);
  if (expiresAt === null) return undefined;
  if (expiresAt === undefined) {
    // Rounded up, so that a thread never expires earlier than requested.
    return ttlMs === undefined ? undefined : Math.min(now + Math.ceil(ttlMs), MAX_TIME_MS);
  }
  if (expiresAt.getTime() > now) return expiresAt.getTime();
  throw invalidArgument(EXPIRES_AT_RULE);
}

/** Returns a copy of the expiry options, checked as far as that is possible without a clock. */
export function checkedExpiry({ ttlMs, expiresAt }: ExpiryOptions): ExpiryOptions {
  if (ttlMs !== undefined && expiresAt !== undefined) {
    throw invalidArgument("`ttlMs` and `expiresAt` must not be combined. Pass one of them.");
  }
  if (ttlMs !== undefined && !(Number.isFinite(ttlMs) && ttlMs > 0)) {
    throw invalidArgument(
      "`ttlMs` must be a number of milliseconds greater than 0. Omit it if the thread never expires.",
    );
  }
  if (expiresAt === undefined || expiresAt === null) return { ttlMs, expiresAt };
  if (!(expiresAt instanceof Date) || Number.isNaN(expiresAt.getTime()))
    throw invalidArgument(EXPIRES_AT_RULE);
  return { ttlMs, expiresAt: new Date(expiresAt) };
}

const EXPIRES_AT_RULE =
  "`expiresAt` must be a Date in the future. Pass null for a thread that never expires.";

export function hasExpired(expiresAt: number | undefined, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}
