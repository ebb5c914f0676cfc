// The conformance suite on SQLite: npx threadstore-conformance examples/harnesses/sqlite.ts
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Harness, PeerModule } from "@threadstore/conformance";
import { sqliteStore } from "@threadstore/sqlite";
import { folder } from "./folder.ts";

/** For the other processes, which import this module and get the folder of the first one. */
export const openPeer: PeerModule["openPeer"] = (place, parameters) =>
  sqliteStore({ path: join(parameters as string, place) });

export const harness: Harness = {
  name: "sqlite",
  open: async (place, options) => sqliteStore({ ...options, path: join(folder(), place) }),
  async destroy(place) {
    for (const suffix of ["", "-wal", "-shm"]) await rm(join(folder(), place) + suffix, { force: true });
  },
  get peer() {
    return { module: import.meta.url, parameters: folder() };
  },
};
