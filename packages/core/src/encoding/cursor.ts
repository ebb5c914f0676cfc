import { crc32 } from "node:zlib";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { checksumText } from "./checksum.ts";

/** A position in the listing of one namespace of one kind of store. */
interface Position {
  readonly store: string;
  readonly namespace: string;
  readonly after: string;
}

/** Encodes a position as a cursor, which is opaque to callers and valid in every process. */
export function encodeCursor({ store, namespace, after }: Position): string {
  const text = JSON.stringify([store, namespace, after]);
  return Buffer.from(`${checksumText(crc32(text))}${text}`).toString("base64url");
}

/** Returns the position that `cursor` encodes. Throws `INVALID_ARGUMENT` if it is not of this store and namespace. */
export function decodeCursor(cursor: unknown, { store, namespace }: Omit<Position, "after">): string {
  const text = typeof cursor === "string" ? Buffer.from(cursor, "base64url").toString() : "";
  const json = text.slice(8);
  if (json !== "" && checksumText(crc32(json)) === text.slice(0, 8)) {
    const [ofStore, ofNamespace, after] = JSON.parse(json);
    if (ofStore === store && ofNamespace === namespace && typeof after === "string") return after;
  }
  throw invalidArgument(
    "`cursor` must be the cursor of an earlier page of the same namespace. Omit it to start from the beginning.",
  );
}
