import type { JsonValue, ThreadStore } from "@threadstore/core";
import { openFileStore, type FileStoreParameters } from "./file-store.ts";

/** Opens a store in a child process of the crash cases. */
export function openStore(location: string, parameters: JsonValue): ThreadStore {
  return openFileStore(location, parameters as unknown as FileStoreParameters);
}
