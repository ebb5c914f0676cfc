// The conformance suite on SQLite: npx threadstore-conformance examples/harnesses/sqlite.ts
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ChildProcessModule, Harness } from "@threadstore/conformance";
import { sqliteStore } from "@threadstore/sqlite";
import { folder } from "./folder.ts";

/** Opens a location in a child process of the suite. `parameters` is the folder of the first process. */
export const openStore: ChildProcessModule["openStore"] = (location, parameters) =>
  sqliteStore({ path: join(parameters as string, location) });

export const harness: Harness = {
  name: "sqlite",
  open: async (location, options) => sqliteStore({ ...options, path: join(folder(), location) }),
  async destroy(location) {
    for (const suffix of ["", "-wal", "-shm"]) await rm(join(folder(), location) + suffix, { force: true });
  },
  get childProcess() {
    return { module: import.meta.url, parameters: folder() };
  },
};
