import { sealJson, unsealJson } from "../encoding/sealed-json.ts";
import type { ThreadStoreError } from "../errors.ts";
import type { PageRequest } from "../thread-driver.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { digestOfWhere } from "../validation/where.ts";

/** The listing of one namespace of one kind of store that a cursor belongs to. */
interface Listing extends Pick<PageRequest, "order" | "prefix" | "where"> {
  readonly store: string;
  readonly namespace: string;
}

/** Encodes the position `after` as a cursor, which is opaque to callers and valid in every process. */
export function encodeCursor(listing: Listing, after: string): string {
  return sealJson([after, ...identityOf(listing)]);
}

/** Creates the error for a cursor that no store of this kind returned for this operation on this namespace. */
export function invalidCursor(operation: string, cause?: unknown): ThreadStoreError {
  const origin =
    operation === "list"
      ? "page of the same namespace, `order`, `prefix` and `where`"
      : `\`${operation}\` of the same namespace`;
  return invalidArgument(
    `\`cursor\` must be the cursor of an earlier ${origin}. Omit it to start from the beginning.`,
    cause,
  );
}

/** Returns the position that `cursor` encodes. Throws `INVALID_ARGUMENT` if it is not of this listing. */
export function decodeCursor(cursor: unknown, listing: Listing, operation: string = "list"): string {
  const position = unsealJson(cursor);
  if (Array.isArray(position)) {
    const [after, ...identity] = position as readonly unknown[];
    if (isName(after) && JSON.stringify(identity) === JSON.stringify(identityOf(listing))) return after;
  }
  throw invalidCursor(operation);
}

function identityOf({ store, namespace, order, prefix, where }: Listing): string[] {
  return [store, namespace, order, prefix, digestOfWhere(where)];
}

function isName(after: unknown): after is string {
  return typeof after === "string" && after !== "" && after.isWellFormed();
}
