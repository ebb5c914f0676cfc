import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { fileSystemStore } from "./file-system-store.ts";

/** Opens stores in the conformance suite's child processes. `fixtures` is the folder that holds all fixtures. */
export function openStore(fixture: string, fixtures: string): ThreadStore {
  return fileSystemStore({ folder: join(fixtures, fixture) });
}
