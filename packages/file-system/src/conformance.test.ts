import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Harness, register } from "@threadstore/conformance";
import { afterAll, describe, it } from "vitest";
import { fileSystemStore } from "./file-system-store.ts";
import { filesBelow, rewriteRecord } from "./file-system.test-helper.ts";

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
