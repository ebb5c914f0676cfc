import { ThreadStoreError } from "../errors.ts";
import type { SaveOptions } from "../thread-store.ts";

// The last moment that a Date can hold.
const END_OF_TIME = 8_640_000_000_000_000;

/** When a thread saved now expires, in milliseconds since the epoch; `undefined`: never. */
export function expiryOf(
  { ttlMs, expiresAt }: Pick<SaveOptions, "ttlMs" | "expiresAt">,
  storeTtlMs: number | undefined,
  now: number,
): number | undefined {
  if (ttlMs !== undefined && expiresAt !== undefined) {
    throw new ThreadStoreError("INVALID_ARGUMENT", "Give either ttlMs or expiresAt, not both.");
  }
  if (expiresAt === null) return undefined;
  if (expiresAt !== undefined) return checkedMoment(expiresAt, now);
  const ttl = ttlMs === undefined ? storeTtlMs : ttlMs;
  return ttl === undefined ? undefined : Math.min(now + checkedTtl(ttl), END_OF_TIME);
}

export function hasExpired(expiresAt: number | undefined, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** `ttlMs` as whole milliseconds: a thread never lives shorter than was asked. */
function checkedTtl(ttlMs: unknown): number {
  if (typeof ttlMs !== "number" || !Number.isFinite(ttlMs) || ttlMs <= 0) {
    throw new ThreadStoreError(
      "INVALID_ARGUMENT",
      "ttlMs is a number of milliseconds greater than 0. For a thread that never expires leave it out.",
    );
  }
  return Math.ceil(ttlMs);
}

function checkedMoment(expiresAt: unknown, now: number): number {
  const moment = expiresAt instanceof Date ? expiresAt.getTime() : Number.NaN;
  if (moment > now) return moment;
  throw new ThreadStoreError(
    "INVALID_ARGUMENT",
    "expiresAt is a Date in the future, or null for a thread that never expires.",
  );
}
