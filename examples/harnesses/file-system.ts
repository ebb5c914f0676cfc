// The conformance suite on files: npx threadstore-conformance examples/harnesses/file-system.ts
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ChildProcessModule, Harness } from "@threadstore/conformance";
import { fileSystemStore } from "@threadstore/file-system";
import { folder } from "./folder.ts";

/** Opens a location in a child process of the suite. `parameters` is the folder of the first process. */
export const openStore: ChildProcessModule["openStore"] = (location, parameters) =>
  fileSystemStore({ folder: join(parameters as string, location) });

export const harness: Harness = {
  name: "file-system",
  open: async (location, options) => fileSystemStore({ ...options, folder: join(folder(), location) }),
  destroy: (location) => rm(join(folder(), location), { recursive: true, force: true }),
  get childProcess() {
    return { module: import.meta.url, parameters: folder() };
  },
};
