import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * A folder on a disk. In the repository's cache and not in the system's temporary folder, which may lie in memory,
 * where an fsync costs nothing.
 */
export function temporaryFolder(): { readonly folder: string; readonly remove: () => void } {
  const cache = join(import.meta.dirname, "../../../.cache/bench");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "run-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
