import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Harness, register } from "@threadstore/conformance";
import { afterAll, describe, it } from "vitest";
import { filesBelow, rewriteRecord } from "./file-system.test-helper.ts";
import { fileSystemStore } from "./store.ts";

const places = await mkdtemp(join(tmpdir(), "threadstore-conformance-"));
afterAll(() => rm(places, { recursive: true }));

const harness: Harness = {
  name: "file-system",

  async open(place, options) {
    return fileSystemStore({ ...options, folder: join(places, place) });
  },

  async destroy(place) {
    await rm(join(places, place), { recursive: true, force: true });
  },

  rewrite: (place, id, change) => rewriteRecord(join(places, place), id, change),

  async entries(place) {
    return filesBelow(join(places, place));
  },

  async missing() {
    const file = join(places, "no-folder");
    await writeFile(file, "");
    return fileSystemStore({ folder: join(file, "threads") });
  },

  peer: { module: new URL("./conformance-child.test-helper.ts", import.meta.url), parameters: places },
  disk: { folder: (place) => join(places, place) },
};

describe("fileSystemStore", () => {
  register(harness, { describe, it, after: afterAll });
});
