import type { SaveOptions } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";

/** The last point in time that a `Date` can represent, in milliseconds since the epoch. */
export const MAX_TIME_MS = 8_640_000_000_000_000;

/** The options of a save that determine when the thread expires. */
export type ExpiryOptions = Pick<SaveOptions, "ttlMs" | "expiresAt">;

/** When a thread expires: at a time in milliseconds since the epoch, or a number of milliseconds after its save. */
export interface Expiry {
  readonly at?: number;
  readonly afterMs?: number;
}

/** Returns when a thread that is saved with these options expires. Throws `INVALID_ARGUMENT`. */
export function expiryOf(options: ExpiryOptions, storeTtlMs: number | undefined, now: number): Expiry {
  const { ttlMs = storeTtlMs, expiresAt } = checkedExpiry(options);
  if (expiresAt === null) return {};
  if (expiresAt === undefined) return ttlMs === undefined ? {} : { afterMs: ttlMs };
  if (expiresAt.getTime() > now) return { at: expiresAt.getTime() };
  throw invalidArgument(EXPIRES_AT_RULE);
}

/** Returns when a thread saved at `updatedAt` expires, in milliseconds since the epoch; `undefined` if it never does. */
export function expiryTime({ at, afterMs }: Expiry, updatedAt: number): number | undefined {
  // Rounded up, so that a thread never expires earlier than requested.
  return afterMs === undefined ? at : Math.min(updatedAt + Math.ceil(afterMs), MAX_TIME_MS);
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
