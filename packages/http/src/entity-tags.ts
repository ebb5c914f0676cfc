import type { StoredThread, Version } from "@threadstore/core";
import { RequestProblem } from "./problem.ts";

/** Returns the entity tag of a version. Versions consist of printable ASCII without quotes. */
export function entityTag(version: Version): string {
  return `"${version}"`;
}

/** Returns whether the client has this version, so that it need not be sent again. */
export function hasVersion({ headers }: Request, version: Version): boolean {
  const tags = readTags(headers.get("if-none-match") ?? "");
  return tags === "*" || tags.some(({ value }) => value === version);
}

/** Returns whether the request requires a version. */
export function hasPrecondition({ headers }: Request): boolean {
  return headers.has("if-match");
}

/** Throws `PRECONDITION_FAILED` if the request requires a version that the thread does not have. */
export function checkPrecondition({ headers }: Request, stored: StoredThread | undefined): void {
  const header = headers.get("if-match");
  if (header === null) return;
  const tags = readTags(header);
  // Weak tags never match here: they do not identify the bytes.
  const isMatch = tags === "*" || tags.some(({ value, isWeak }) => value === stored?.version && !isWeak);
  if (stored === undefined || !isMatch) throw preconditionFailed();
}

export function preconditionFailed(): RequestProblem {
  return new RequestProblem(
    "PRECONDITION_FAILED",
    "The thread does not have the version in If-Match. Load it, and decide again.",
  );
}

interface Tag {
  readonly value: string;
  readonly isWeak: boolean;
}

function readTags(header: string): readonly Tag[] | "*" {
  if (header.trim() === "*") return "*";
  return [...header.matchAll(/(W\/)?"([^"]*)"/gu)].map(([, weak, value = ""]) => {
    return { value, isWeak: weak !== undefined };
  });
}
