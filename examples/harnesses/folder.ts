import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let created: string | undefined;

/** Returns the folder for the locations of this run. The first call creates it, so child processes need none. */
export function folder(): string {
  if (created !== undefined) return created;
  const path = mkdtempSync(join(tmpdir(), "threadstore-harness-"));
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  return (created = path);
}
