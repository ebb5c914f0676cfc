import { ByteBuffer } from "#platform";
import { invalidArgument } from "./invalid-argument.ts";

export const ID_MAX_BYTES = 512;
export const NAMESPACE_MAX_BYTES = 512;
/** The namespace of leases, which keeps them out of listings of threads. */
export const LEASE_NAMESPACE = "threadstore-leases";

/**
 * Returns `id`. Throws `INVALID_ARGUMENT` unless it is non-empty, well-formed Unicode of at most 512 bytes of UTF-8.
 */
export function checkedId(id: unknown): string {
  return checkedName(id, "A thread id", ID_MAX_BYTES);
}

/** Returns the beginning of ids that a listing is limited to; empty for all. Throws `INVALID_ARGUMENT`. */
export function checkedPrefix(prefix: unknown): string {
  return prefix === undefined || prefix === "" ? "" : checkedName(prefix, "`prefix`", ID_MAX_BYTES);
}

/**
 * Returns the namespace `name` within `parent`. Each level is escaped, so that distinct paths never collide and every
 * view stays within its parent.
 */
export function namespaceWithin(parent: string, name: unknown): string {
  const level = escapeLevel(checkedName(name, "A namespace", NAMESPACE_MAX_BYTES));
  const path = parent === "" ? level : `${parent}/${level}`;
  // The limit applies to the names as given, before escaping, and counts a slash between two levels.
  checkedName(
    path.replace(/%25|%2F/gu, "%"),
    "A namespace, with its parents and a slash after each of them,",
    NAMESPACE_MAX_BYTES,
  );
  return path;
}

/**
 * Returns the name of which {@link namespaceWithin} made a level of a stored namespace; `undefined` if it cannot have.
 */
export function levelName(level: string): string | undefined {
  const name = level.replace(/%25|%2F/gu, decodeURIComponent);
  return level !== "" && escapeLevel(name) === level ? name : undefined;
}

function escapeLevel(name: string): string {
  return name.replace(/[%/]/gu, encodeURIComponent);
}

function checkedName(name: unknown, subject: string, maxBytes: number): string {
  if (typeof name !== "string") {
    throw invalidArgument(`${subject} must be a string, not ${name === null ? "null" : typeof name}.`);
  }
  if (name === "") throw invalidArgument(`${subject} must not be empty.`);
  if (!name.isWellFormed()) throw invalidArgument(`${subject} must not contain lone surrogates.`);
  const bytes = ByteBuffer.byteLength(name);
  if (bytes > maxBytes) {
    throw invalidArgument(`${subject} must have at most ${maxBytes} bytes of UTF-8, but has ${bytes}.`);
  }
  return name;
}
