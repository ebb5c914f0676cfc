import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Harness, register } from "@threadstore/conformance";
import { afterAll, describe, it } from "vitest";
import { layoutOf, recordFile, threadFolder } from "./layout.ts";
import { fileSystemStore } from "./store.ts";
import { filesBelow, keyOf } from "./testing.test.helper.ts";

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

  async rewrite(place, id, change) {
    const thread = threadFolder(layoutOf(join(places, place)), keyOf(id));
    const [version = ""] = await readdir(thread);
    const file = recordFile(thread, version);
    await writeFile(file, change(await readFile(file)));
  },

  async entries(place) {
    return filesBelow(join(places, place));
  },
};

describe("fileSystemStore", () => {
  register(harness, { describe, it, after: afterAll });
});
