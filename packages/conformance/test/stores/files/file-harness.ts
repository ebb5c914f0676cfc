import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Harness } from "../../../src/suite/harness.ts";
import { temporaryPlaces } from "../temporary-locations.ts";
import type { FileBugName } from "./file-bugs.ts";
import { fileName, type FileNames, goodNames } from "./file-names.ts";
import { unlessMissing } from "./file-steps.ts";
import { type FilePlace, openFiles } from "./file-store.ts";

const { folder, pathOf, remove } = temporaryPlaces("files");

/** A harness of stores that keep their threads in files, and whose processes, disks and calls can fail. */
export function fileHarness(name: string, bug: FileBugName | "none", names: FileNames = goodNames): Harness {
  const parameters = { folder, bug } satisfies FilePlace;
  return {
    name,
    peer: { module: new URL("./file-child.ts", import.meta.url), parameters },
    disk: { folder: pathOf },
    open: async (place, options) => openFiles(place, parameters, options, names),
    destroy: async (place) => remove(pathOf(place)),
    async rewrite(place, id, change) {
      const file = join(pathOf(place), `n-${names.nameOf("")}`, fileName(names, id));
      const content = await readFile(file);
      const line = content.indexOf("\n") + 1;
      await writeFile(file, Buffer.concat([content.subarray(0, line), change(content.subarray(line))]));
    },
    async entries(place) {
      const files = readdir(pathOf(place), { recursive: true, withFileTypes: true });
      const found = (await unlessMissing(files)) ?? [];
      return found.flatMap((each) => (each.isDirectory() ? [] : [join(each.parentPath, each.name)]));
    },
  };
}
