import { randomBytes } from "node:crypto";
import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasCode } from "./files/file-steps.ts";

/** A folder for locations within the system's temporary folder. It exists while it contains a location. */
export interface TemporaryLocations {
  readonly folder: string;
  /** Returns the path of a location. Creates the folder above it if necessary, but not the location. */
  readonly pathOf: (location: string) => string;
  /** Deletes the paths, and also the folder once it is empty. */
  readonly remove: (...paths: readonly string[]) => void;
}

/** Returns a folder with a unique name, which is created on first use. */
export function temporaryLocations(name: string): TemporaryLocations {
  const folder = join(tmpdir(), `threadstore-${name}-${randomBytes(6).toString("hex")}`);
  return {
    folder,
    pathOf(location) {
      mkdirSync(folder, { recursive: true });
      return join(folder, location);
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
