import type { Version } from "@threadstore/core";
import { nodeCrypto } from "./system/node-crypto.ts";

/** Where a record ends. */
export interface Location {
  readonly segment: string;
  /** A position in the segment's file, in bytes. */
  readonly end: number;
}

// Lower case only, so that versions differ on file systems that ignore case.
const LOCATION = "([0-9a-f]{24})-([0-9a-f]{1,12})";
const VERSION_FORMAT = new RegExp(`^([0-9a-f]{32})-${LOCATION}$`, "u");
const LOCATION_FORMAT = new RegExp(`^${LOCATION}$`, "u");

/** The digits of a version's time. They are enough until the year 2527. */
const TIME_LENGTH = 11;
const TIME_MAX = 16 ** TIME_LENGTH - 1;

/**
 * Returns a new version: when the record was saved, in milliseconds since the epoch, so that a listing by recency needs
 * only names; 84 random bits, so that no version ever repeats; and where the record ends.
 */
export function newVersion(location: Location, updatedAt: number): Version {
  const time = Math.min(Math.max(updatedAt, 0), TIME_MAX).toString(16).padStart(TIME_LENGTH, "0");
  return `${time}${randomName().slice(TIME_LENGTH)}-${formatLocation(location)}`;
}

/** Returns where the version's record ends; `undefined` if the text is not a version of this store. */
export function locationOf(version: Version): Location | undefined {
  const [, , ...location] = VERSION_FORMAT.exec(version) ?? [];
  return toLocation(location);
}

/** Returns when the version was saved, in milliseconds since the epoch. */
export function timeOf(version: Version): number {
  return Number.parseInt(version.slice(0, TIME_LENGTH), 16);
}

export function isVersion(text: string): boolean {
  return VERSION_FORMAT.test(text);
}

export function formatLocation({ segment, end }: Location): string {
  return `${segment}-${end.toString(16)}`;
}

export function parseLocation(text: string): Location | undefined {
  const [, ...location] = LOCATION_FORMAT.exec(text) ?? [];
  return toLocation(location);
}

const NAME_BYTES = 16;
/** Enough for many names, because a call for random bytes takes longer than everything else. */
const pool = Buffer.allocUnsafeSlow(128 * NAME_BYTES);
let used = pool.length;

export function randomName(): string {
  if (used === pool.length) {
    nodeCrypto().randomFillSync(pool);
    used = 0;
  }
  used += NAME_BYTES;
  return pool.toString("hex", used - NAME_BYTES, used);
}

function toLocation([segment, end]: readonly string[]): Location | undefined {
  if (segment === undefined || end === undefined) return undefined;
  return { segment, end: Number.parseInt(end, 16) };
}
