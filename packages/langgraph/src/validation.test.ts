import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import { afterAll, describe } from "vitest";
import { validateSaver } from "./validate.test-helper.ts";

// `npm run test:full` also validates the saver on the other stores: validation.full.test.ts.

describe("memoryStore", () => {
  validateSaver("memoryStore", () => memoryStore());
});

describe("sqliteStore", () => {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-langgraph-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  validateSaver("sqliteStore", () =>
    sqliteStore({ path: join(folder, "threads.db"), synchronous: "normal" }),
  );
});
