import type { JsonValue, ThreadStore } from "@threadstore/core";
import { openFiles, type FilePlace } from "./file-store.ts";

/** What the processes of the crash cases import. */
export function openPeer(place: string, parameters: JsonValue): ThreadStore {
  return openFiles(place, parameters as unknown as FilePlace);
}
