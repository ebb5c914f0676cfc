import { mkdtempSync, rmSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Harness } from "../../harness.ts";
import type { FileBugName } from "./file-bugs.ts";
import { unlessMissing } from "./file-steps.ts";
import { type FilePlace, openFiles } from "./file-store.ts";

const folder = mkdtempSync(join(tmpdir(), "threadstore-files-"));

process.once("exit", () => rmSync(folder, { recursive: true, force: true }));

/** A harness of stores that keep their threads in files, and whose processes, disks and calls can fail. */
export function fileHarness(name: string, bug: FileBugName | "none"): Harness {
  const parameters = { folder, bug } satisfies FilePlace;
  return {
    name,
    peer: { module: new URL("./file-peer.ts", import.meta.url), parameters },
    disk: { folder: (place) => join(folder, place) },
    open: async (place, options) => openFiles(place, parameters, options),
    destroy: (place) => rm(join(folder, place), { recursive: true, force: true }),
    async entries(place) {
      const files = readdir(join(folder, place), { recursive: true, withFileTypes: true });
      const found = (await unlessMissing(files)) ?? [];
      return found.flatMap((each) => (each.isDirectory() ? [] : [join(each.parentPath, each.name)]));
    },
  };
}
