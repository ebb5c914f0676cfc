import { randomBytes } from "node:crypto";
import type { Version } from "@threadstore/core";

/** Where a record ends. */
export interface Location {
  readonly segment: string;
  /** A position in the segment's file, in bytes. */
  readonly end: number;
}

// Lower case only, so that versions differ on file systems that ignore case.
const LOCATION = "([0-9a-f]{24})-([0-9a-f]{1,12})";
const VERSION_FORMAT = new RegExp(`^[0-9a-f]{32}-${LOCATION}$`, "u");
const LOCATION_FORMAT = new RegExp(`^${LOCATION}$`, "u");

/** Returns a new version: 128 random bits, so that no version ever repeats, and where the record ends. */
export function newVersion(location: Location): Version {
  return `${randomName()}-${formatLocation(location)}`;
}

/** Returns where the version's record ends; `undefined` if the text is not a version of this store. */
export function locationOf(version: Version): Location | undefined {
  return match(VERSION_FORMAT, version);
}

export function isVersion(text: string): boolean {
  return VERSION_FORMAT.test(text);
}

export function formatLocation({ segment, end }: Location): string {
  return `${segment}-${end.toString(16)}`;
}

export function parseLocation(text: string): Location | undefined {
  return match(LOCATION_FORMAT, text);
}

export function randomName(): string {
  return randomBytes(16).toString("hex");
}

function match(format: RegExp, text: string): Location | undefined {
  const [, segment, end] = format.exec(text) ?? [];
  if (segment === undefined || end === undefined) return undefined;
  return { segment, end: Number.parseInt(end, 16) };
}
