import { type StoredThread, ThreadStoreError, type Version } from "@threadstore/core";
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

/** Returns whether the request requires a version, or any. */
export function hasPrecondition({ headers }: Request): boolean {
  return headers.has("if-match");
}

/** Returns whether the request requires that the thread exists, in any version. */
export function isAnyVersion({ headers }: Request): boolean {
  return readTags(headers.get("if-match") ?? "") === "*";
}

/** Throws `PRECONDITION_FAILED` if the request requires a version that the thread does not have. */
export function checkPrecondition(request: Request, stored: StoredThread | undefined): void {
  if (!hasPrecondition(request)) return;
  const isMatch =
    isAnyVersion(request) || requiredVersions(request).some((value) => value === stored?.version);
  if (stored === undefined || !isMatch) throw preconditionFailed();
}

/** Throws `PRECONDITION_FAILED` if the request requires any version and the thread does not exist. */
export function checkExistence(request: Request, stored: StoredThread | undefined): void {
  if (stored === undefined && isAnyVersion(request)) throw preconditionFailed();
}

/**
 * Makes a change to the version that the request requires, if it requires one. The store checks the version, so that it
 * can also recognize a repeated change. Reports a conflict as a failed precondition.
 */
export async function withPrecondition<Result>(
  request: Request,
  change: (previous: Version | undefined) => Promise<Result>,
): Promise<Result> {
  if (!hasPrecondition(request)) return change(undefined);
  const versions: readonly (string | undefined)[] = isAnyVersion(request)
    ? [undefined]
    : requiredVersions(request);
  if (versions.length === 0) throw preconditionFailed();
  const [first] = versions;
  try {
    return await change(first).catch((error: unknown) => {
      const current = ThreadStoreError.is(error, "CONFLICT") ? error.currentVersion : undefined;
      // Another tag of the list can match.
      if (current !== undefined && current !== first && versions.includes(current)) return change(current);
      throw error;
    });
  } catch (error) {
    throw ThreadStoreError.is(error, "CONFLICT") ? preconditionFailed() : error;
  }
}

/** Throws `REQUEST_INVALID` for preconditions that changes do not support, instead of ignoring them. */
export function checkUnsupported({ headers }: Request): void {
  const name = ["if-none-match", "if-unmodified-since"].find((header) => headers.has(header));
  if (name === undefined) return;
  throw new RequestProblem(
    "REQUEST_INVALID",
    `Changes do not support the header \`${name}\`. Use \`if-match\`.`,
  );
}

export function preconditionFailed(): RequestProblem {
  return new RequestProblem(
    "PRECONDITION_FAILED",
    "The thread does not have the version in If-Match. Load the thread again before you repeat the change.",
  );
}

interface Tag {
  readonly value: string;
  readonly isWeak: boolean;
}

/** Weak tags never match here: they do not identify the bytes. */
function requiredVersions({ headers }: Request): readonly string[] {
  const tags = readTags(headers.get("if-match") ?? "");
  if (tags === "*") return [];
  return tags.filter(({ value, isWeak }) => !isWeak && VERSION.test(value)).map(({ value }) => value);
}

const VERSION = /^[\u0021-\u007e]+$/u;

function readTags(header: string): readonly Tag[] | "*" {
  if (header.trim() === "*") return "*";
  return [...header.matchAll(/(W\/)?"([^"]*)"/gu)].map(([, weak, value = ""]) => {
    return { value, isWeak: weak !== undefined };
  });
}
