import { join } from "node:path";
import type { ThreadStore } from "@threadstore/core";
import { sqliteStore } from "./sqlite-store.ts";

/** Opens stores in the conformance suite's child processes. `folder` holds one file for each fixture. */
export function openStore(fixture: string, folder: string): ThreadStore {
  return sqliteStore({ path: join(folder, fixture) });
}
