import type { SaveOptions } from "../thread-store.ts";
import { invalidArgument, readArgument } from "./invalid-argument.ts";

/** The last point in time that a `Date` can represent, in milliseconds since the epoch. */
export const MAX_TIME_MS = 8_640_000_000_000_000;

/** The options of a save that determine when the thread expires. */
export type ExpiryOptions = Pick<SaveOptions, "ttlMs" | "expiresAt">;

/** When a thread expires. */
export interface Expiry {
  /** Milliseconds since the epoch; `undefined` if the thread never expires. */
  readonly expiresAt: number | undefined;
  /** Whether a save named it, so that the store's `ttlMs` does not replace it. */
  readonly hasFixedExpiry: boolean;
}

/** Returns a copy of the expiry options. Throws `INVALID_ARGUMENT` if `expiresAt` is not after `now`. */
export function requestedExpiry(options: ExpiryOptions, now: number): ExpiryOptions {
  const requested = checkedExpiry(options);
  if (requested.expiresAt && requested.expiresAt.getTime() <= now) throw invalidArgument(EXPIRES_AT_RULE);
  return requested;
}

/**
 * Returns the expiry of a thread that is saved at `now`. Without `ttlMs` and `expiresAt` it stays as in the record that
 * the save replaces. If no save has named one, the store's `ttlMs` counts from `now`.
 */
export function expiryAfterSave(
  { ttlMs, expiresAt }: ExpiryOptions,
  replaced: Expiry | undefined,
  storeTtlMs: number | undefined,
  now: number,
): Expiry {
  if (expiresAt !== undefined) return { expiresAt: expiresAt?.getTime(), hasFixedExpiry: true };
  if (ttlMs !== undefined) return { expiresAt: timeAfter(now, ttlMs), hasFixedExpiry: true };
  const hasFixedExpiry = replaced?.hasFixedExpiry ?? false;
  if (hasFixedExpiry || storeTtlMs === undefined) return { expiresAt: replaced?.expiresAt, hasFixedExpiry };
  return { expiresAt: timeAfter(now, storeTtlMs), hasFixedExpiry };
}

/** Rounded up, so that a thread never expires earlier than requested. */
function timeAfter(now: number, ttlMs: number): number {
  return Math.min(now + Math.ceil(ttlMs), MAX_TIME_MS);
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
  const copy = readArgument("`expiresAt`", () =>
    expiresAt instanceof Date ? new Date(expiresAt) : undefined,
  );
  if (copy === undefined || Number.isNaN(copy.getTime())) throw invalidArgument(EXPIRES_AT_RULE);
  return { ttlMs, expiresAt: copy };
}

const EXPIRES_AT_RULE =
  "`expiresAt` must be a Date in the future. Pass null for a thread that never expires.";

export function hasExpired(expiresAt: number | undefined, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}
