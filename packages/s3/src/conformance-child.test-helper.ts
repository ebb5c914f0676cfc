import type { ThreadStore } from "@threadstore/core";
import { s3Store, type S3StoreOptions } from "./s3-store.ts";

/** Opens a store in the other processes of the conformance suite. */
export function openStore(place: string, options: S3StoreOptions): ThreadStore {
  return s3Store({ ...options, prefix: `${place}/` });
}
