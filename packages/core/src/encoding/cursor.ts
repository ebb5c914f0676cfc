import { crc32 } from "node:zlib";
import type { ThreadStoreError } from "../errors.ts";
import type { PageRequest } from "../thread-driver.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { digestOfWhere } from "../validation/where.ts";
import { checksumText } from "./checksum.ts";

/** The listing of one namespace of one kind of store that a cursor belongs to. */
interface Listing extends Pick<PageRequest, "order" | "prefix" | "where"> {
  readonly store: string;
  readonly namespace: string;
}

/** Encodes the position `after` as a cursor, which is opaque to callers and valid in every process. */
export function encodeCursor(listing: Listing, after: string): string {
  const text = JSON.stringify([after, ...identityOf(listing)]);
  return Buffer.from(`${checksumText(crc32(text))}${text}`).toString("base64url");
}

/** Creates the error for a cursor that no store of this kind returned for this listing. */
export function invalidCursor(cause?: unknown): ThreadStoreError {
  return invalidArgument(
    "`cursor` must be the cursor of an earlier page of the same namespace, `order`, `prefix` and `where`. Omit it to start from the beginning.",
    cause,
  );
}

/** Returns the position that `cursor` encodes. Throws `INVALID_ARGUMENT` if it is not of this listing. */
export function decodeCursor(cursor: unknown, listing: Listing): string {
  const text = typeof cursor === "string" ? Buffer.from(cursor, "base64url").toString() : "";
  const json = text.slice(8);
  if (json !== "" && checksumText(crc32(json)) === text.slice(0, 8)) {
    const [after, ...identity] = parseArray(json);
    if (isName(after) && JSON.stringify(identity) === JSON.stringify(identityOf(listing))) return after;
  }
  throw invalidCursor();
}

function identityOf({ store, namespace, order, prefix, where }: Listing): string[] {
  return [store, namespace, order, prefix, digestOfWhere(where)];
}

/** The checksum is not a signature: a client of a web service can send any text. */
function parseArray(json: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function isName(after: unknown): after is string {
  return typeof after === "string" && after !== "" && after.isWellFormed();
}
