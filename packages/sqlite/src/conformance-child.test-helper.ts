import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "./sqlite-store.ts";

/** The stores of the conformance suite's other processes. `folder` holds a file for each place. */
export function openPeer(place: string, folder: string): ThreadStore {
  return sqliteStore({ path: join(folder, place) });
}
