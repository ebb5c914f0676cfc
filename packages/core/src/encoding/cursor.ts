import { crc32 } from "node:zlib";
import { ThreadStoreError } from "../errors.ts";
import { checksumText } from "./checksum.ts";

/** What a cursor stands for: a place in the listing of one namespace of one kind of store. */
interface Place {
  readonly store: string;
  readonly namespace: string;
  readonly after: string;
}

/** A cursor for the place, opaque to the caller and good in every process. */
export function encodeCursor({ store, namespace, after }: Place): string {
  const text = JSON.stringify([store, namespace, after]);
  return Buffer.from(`${checksumText(crc32(text))}${text}`).toString("base64url");
}

/** The place after which the listing goes on, if the cursor is one of this store and namespace. */
export function decodeCursor(cursor: unknown, { store, namespace }: Omit<Place, "after">): string {
  const text = typeof cursor === "string" ? Buffer.from(cursor, "base64url").toString() : "";
  const json = text.slice(8);
  if (json !== "" && checksumText(crc32(json)) === text.slice(0, 8)) {
    const [ofStore, ofNamespace, after] = JSON.parse(json);
    if (ofStore === store && ofNamespace === namespace && typeof after === "string") return after;
  }
  throw new ThreadStoreError(
    "INVALID_ARGUMENT",
    "The cursor is not one that a listing of this namespace returned. Start again without a cursor.",
  );
}
