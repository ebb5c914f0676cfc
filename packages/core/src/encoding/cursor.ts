import { crc32 } from "node:zlib";
import type { ThreadStoreError } from "../errors.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { checksumText } from "./checksum.ts";

/** A position in the listing of one namespace of one kind of store, perhaps limited to ids with a prefix. */
interface Position {
  readonly store: string;
  readonly namespace: string;
  readonly prefix: string;
  readonly after: string;
}

/** Encodes a position as a cursor, which is opaque to callers and valid in every process. */
export function encodeCursor({ store, namespace, prefix, after }: Position): string {
  const text = JSON.stringify([store, namespace, after, ...(prefix === "" ? [] : [prefix])]);
  return Buffer.from(`${checksumText(crc32(text))}${text}`).toString("base64url");
}

/** Creates the error for a cursor that no store of this kind returned for this namespace. */
export function invalidCursor(cause?: unknown): ThreadStoreError {
  return invalidArgument(
    "`cursor` must be the cursor of an earlier page of the same namespace and `prefix`. Omit it to start from the beginning.",
    cause,
  );
}

/** Returns the position that `cursor` encodes. Throws `INVALID_ARGUMENT` if it is not of this listing. */
export function decodeCursor(cursor: unknown, { store, namespace, prefix }: Omit<Position, "after">): string {
  const text = typeof cursor === "string" ? Buffer.from(cursor, "base64url").toString() : "";
  const json = text.slice(8);
  if (json !== "" && checksumText(crc32(json)) === text.slice(0, 8)) {
    const [ofStore, ofNamespace, after, ofPrefix = ""] = parseArray(json);
    if (ofStore === store && ofNamespace === namespace && ofPrefix === prefix && isName(after)) return after;
  }
  throw invalidCursor();
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
