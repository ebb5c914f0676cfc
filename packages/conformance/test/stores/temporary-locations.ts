import { randomBytes } from "node:crypto";
import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasCode } from "./files/file-steps.ts";

/** A folder of the system's temporary one, which is there as long as a place is. */
export interface TemporaryPlaces {
  readonly folder: string;
  /** Where a place is, or may be made. */
  readonly pathOf: (place: string) => string;
  readonly remove: (...paths: readonly string[]) => void;
}

export function temporaryPlaces(name: string): TemporaryPlaces {
  const folder = join(tmpdir(), `threadstore-${name}-${randomBytes(6).toString("hex")}`);
  return {
    folder,
    pathOf(place) {
      mkdirSync(folder, { recursive: true });
      return join(folder, place);
    },
    remove(...paths) {
      for (const path of paths) rmSync(path, { recursive: true, force: true });
      try {
        rmdirSync(folder);
      } catch (error) {
        if (!hasCode(error, "ENOTEMPTY", "EEXIST", "ENOENT")) throw error;
      }
    },
  };
}
