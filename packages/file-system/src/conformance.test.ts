import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Harness, register } from "@threadstore/conformance";
import { afterAll, describe, it } from "vitest";
import { fileSystemStore } from "./file-system-store.ts";
import { filesBelow, nestedFolder, rewriteRecord } from "./file-system.test-helper.ts";

const fixtures = await mkdtemp(join(tmpdir(), "threadstore-conformance-"));
afterAll(() => rm(fixtures, { recursive: true }));

const harness: Harness = {
  name: "file-system",

  async open(fixture, options) {
    return fileSystemStore({ ...options, folder: join(fixtures, fixture) });
  },

  async destroy(fixture) {
    await rm(join(fixtures, fixture), { recursive: true, force: true });
  },

  rewrite: (fixture, id, change) => rewriteRecord(join(fixtures, fixture), id, change),

  async entries(fixture) {
    return filesBelow(join(fixtures, fixture));
  },

  async missing() {
    const file = join(fixtures, "no-folder");
    await writeFile(file, "");
    return fileSystemStore({ folder: join(file, "threads") });
  },

  childProcess: {
    module: new URL("./conformance-child.test-helper.ts", import.meta.url),
    parameters: fixtures,
  },
  disk: { folder: (fixture) => join(fixtures, fixture) },
};

describe("fileSystemStore", () => {
  register(harness, { describe, it, after: afterAll });
});

/** The store creates several folders above its own, whose names must reach the disk, too. */
const nested: Harness = {
  name: "file-system in new folders",
  open: async (fixture, options) => fileSystemStore({ ...options, folder: nestedFolder(fixtures, fixture) }),
  destroy: (fixture) => harness.destroy(fixture),
  childProcess: {
    module: new URL("./nested-child.test-helper.ts", import.meta.url),
    parameters: fixtures,
  },
  disk: { folder: (fixture) => join(fixtures, fixture) },
};

describe("fileSystemStore in new folders", () => {
  register(nested, { describe, it, after: afterAll }, { cases: ["D2-1", "D2-2", "D2-3"] });
});
