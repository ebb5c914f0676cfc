import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let made: string | undefined;

/** A folder for the places of a run, made when it is first asked for: processes that only open a peer do not. */
export function folder(): string {
  if (made !== undefined) return made;
  const path = mkdtempSync(join(tmpdir(), "threadstore-harness-"));
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  return (made = path);
}
