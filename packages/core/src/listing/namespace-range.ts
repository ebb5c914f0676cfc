import { ByteBuffer } from "#platform";
import type { Bytes } from "../platform/platform.ts";
import type { NamespacesRequest } from "../thread-driver.ts";

/** Returns whether a stored namespace is `within` or nested in it. */
export function isNamespaceWithin(namespace: string, within: string): boolean {
  return within === "" || namespace === within || namespace.startsWith(`${within}/`);
}

/** The namespaces that a page may contain, as UTF-8, for backends that sort them by bytes. */
export interface NamespaceRange {
  /** Whether the page starts with the namespace `within` itself. The rest of the range contains those nested in it. */
  readonly includesSelf: boolean;
  readonly first: Bytes;
  /** The end of the range, which is not part of it. */
  readonly end: Bytes;
}

/**
 * Returns the range of a page of namespaces. The namespace `within` is apart, because siblings such as `a-b` lie between
 * `a` and those nested in it. One lower bound instead of two lets an index seek to it.
 */
export function namespaceRange({
  within,
  after,
}: Pick<NamespacesRequest, "within" | "after">): NamespaceRange {
  // No namespace other than the root is empty, and UTF-8 does not contain the byte 0xff.
  const first = ByteBuffer.from(within === "" ? "\0" : `${within}/`);
  const end = within === "" ? ByteBuffer.of(0xff) : ByteBuffer.from(`${within}0`);
  if (after === undefined) return { includesSelf: true, first, end };
  // Directly after a name is the one with an additional U+0000.
  const next = ByteBuffer.from(`${after}\0`);
  return { includesSelf: false, first: next.compare(first) > 0 ? next : first, end };
}

/** Returns a page of namespaces from all names, for drivers that have to read all of them. */
export function namespacesOnPage(
  names: Iterable<string>,
  { within, after, limit }: NamespacesRequest,
  compare: (left: string, right: string) => number,
): { readonly namespaces: string[]; readonly next: string | undefined } {
  const remaining = [...names]
    .filter((name) => isNamespaceWithin(name, within) && (after === undefined || compare(name, after) > 0))
    .toSorted(compare);
  const namespaces = remaining.slice(0, limit);
  return { namespaces, next: remaining.length > limit ? namespaces.at(-1) : undefined };
}
