import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Harness } from "../../../src/suite/harness.ts";
import { temporaryLocations } from "../temporary-locations.ts";
import type { FileBugName } from "./file-bugs.ts";
import { fileName, type FileNames, goodNames } from "./file-names.ts";
import { unlessMissing } from "./file-steps.ts";
import { type FileStoreParameters, openFileStore } from "./file-store.ts";

const { folder, pathOf, remove } = temporaryLocations("files");

/** Returns a harness for file stores that supports killed processes, power cuts and failing system calls. */
export function fileHarness(name: string, bug: FileBugName | "none", names: FileNames = goodNames): Harness {
  const parameters = { folder, bug } satisfies FileStoreParameters;
  return {
    name,
    childProcess: { module: new URL("./file-child.ts", import.meta.url), parameters },
    disk: { folder: pathOf },
    open: async (location, options) => openFileStore(location, parameters, options, names),
    destroy: async (location) => remove(pathOf(location)),
    async rewrite(location, id, change) {
      const file = join(pathOf(location), `n-${names.nameOf("")}`, fileName(names, id));
      const content = await readFile(file);
      const headerLength = content.indexOf("\n") + 1;
      await writeFile(
        file,
        Buffer.concat([content.subarray(0, headerLength), change(content.subarray(headerLength))]),
      );
    },
    async entries(location) {
      const reading = readdir(pathOf(location), { recursive: true, withFileTypes: true });
      const entries = (await unlessMissing(reading)) ?? [];
      return entries.flatMap((each) => (each.isDirectory() ? [] : [join(each.parentPath, each.name)]));
    },
  };
}
