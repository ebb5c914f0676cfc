// The conformance suite on files: npx threadstore-conformance examples/harnesses/file-system.ts
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Harness, PeerModule } from "@threadstore/conformance";
import { fileSystemStore } from "@threadstore/file-system";
import { folder } from "./folder.ts";

/** For the other processes, which import this module and get the folder of the first one. */
export const openPeer: PeerModule["openPeer"] = (place, parameters) =>
  fileSystemStore({ folder: join(parameters as string, place) });

export const harness: Harness = {
  name: "file-system",
  open: async (place, options) => fileSystemStore({ ...options, folder: join(folder(), place) }),
  destroy: (place) => rm(join(folder(), place), { recursive: true, force: true }),
  get peer() {
    return { module: import.meta.url, parameters: folder() };
  },
};
