import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * A folder on a disk. Beside the sources and not in the system's temporary folder, which may lie in memory,
 * where an fsync costs nothing.
 */
export function temporaryFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(import.meta.dirname, "../../.bench-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
