import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Creates a folder on disk: in the repository's cache, because the system's temporary folder may be in memory, where
 * fsync is free.
 */
export function temporaryFolder(): { readonly folder: string; readonly remove: () => void } {
  const cache = join(import.meta.dirname, "../../../.cache/bench");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "run-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
