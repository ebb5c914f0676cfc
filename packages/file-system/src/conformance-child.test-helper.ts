import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { fileSystemStore } from "./store.ts";

/** The stores of the conformance suite's other processes. `places` is the folder that holds all places. */
export function openPeer(place: string, places: string): ThreadStore {
  return fileSystemStore({ folder: join(places, place) });
}
