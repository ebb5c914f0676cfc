import type { ThreadStore } from "@threadstore/core";
import { fileSystemStore } from "./file-system-store.ts";
import { nestedFolder } from "./file-system.test-helper.ts";

/** Opens stores, in the conformance suite's child processes, whose folder has parents that do not exist. */
export function openStore(fixture: string, fixtures: string): ThreadStore {
  return fileSystemStore({ folder: nestedFolder(fixtures, fixture) });
}
