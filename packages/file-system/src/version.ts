import { randomBytes } from "node:crypto";
import type { Version } from "@threadstore/core";

/** Where a record ends: so many bytes behind the beginning of a segment. */
export interface Location {
  readonly segment: string;
  readonly end: number;
}

// Lower case throughout, so that none is another's where case does not count.
const location = "([0-9a-f]{24})-([0-9a-f]{1,12})";
const versionForm = new RegExp(`^[0-9a-f]{32}-${location}$`, "u");
const locationForm = new RegExp(`^${location}$`, "u");

/** 128 random bits, so that no version ever repeats, and where the record is. */
export function newVersion(at: Location): Version {
  return `${randomName()}-${formatLocation(at)}`;
}

/** Where the record of `version` ends; `undefined` for what is no version of this store. */
export function locationOf(version: Version): Location | undefined {
  return matched(versionForm, version);
}

export function isVersion(text: string): boolean {
  return versionForm.test(text);
}

export function formatLocation({ segment, end }: Location): string {
  return `${segment}-${end.toString(16)}`;
}

export function parseLocation(text: string): Location | undefined {
  return matched(locationForm, text);
}

export function randomName(): string {
  return randomBytes(16).toString("hex");
}

function matched(form: RegExp, text: string): Location | undefined {
  const [, segment, end] = form.exec(text) ?? [];
  if (segment === undefined || end === undefined) return undefined;
  return { segment, end: Number.parseInt(end, 16) };
}
