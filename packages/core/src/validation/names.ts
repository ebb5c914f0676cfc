import { invalidArgument } from "./invalid-argument.ts";

export const ID_MAX_BYTES = 256;
export const NAMESPACE_MAX_BYTES = 128;

/** `id` if it is non-empty well-formed Unicode of at most 256 bytes of UTF-8; throws `INVALID_ARGUMENT`. */
export function checkedId(id: unknown): string {
  return checkedName(id, "A thread id", ID_MAX_BYTES);
}

/**
 * The namespace of the view `name` of a view on `parent`. Each level is escaped, so that `a/b` and `b` in `a`
 * differ, and nothing that a view is asked for lies outside it.
 */
export function namespaceWithin(parent: string, name: unknown): string {
  const level = checkedName(name, "A namespace", NAMESPACE_MAX_BYTES).replace(/[%/]/gu, encodeURIComponent);
  const path = parent === "" ? level : `${parent}/${level}`;
  // The limit holds for what people wrote, whatever escaping made of it.
  checkedName(path.replace(/%25|%2F/gu, "%"), "A namespace, with those around it,", NAMESPACE_MAX_BYTES);
  return path;
}

function checkedName(name: unknown, what: string, maxBytes: number): string {
  if (typeof name !== "string")
    throw invalidArgument(`${what} is a string, not ${name === null ? "null" : typeof name}.`);
  if (name === "") throw invalidArgument(`${what} must not be empty.`);
  if (!name.isWellFormed())
    throw invalidArgument(`${what} must be well-formed Unicode, without lone surrogates.`);
  const bytes = Buffer.byteLength(name);
  if (bytes > maxBytes)
    throw invalidArgument(`${what} has at most ${maxBytes} bytes of UTF-8; this one has ${bytes}.`);
  return name;
}
