import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = import.meta.dirname;

/** The folders of this package, each with the folders that its modules may import from. */
const LAYERS: { readonly [folder: string]: readonly string[] } = {
  platform: [],
  validation: ["platform"],
  encoding: ["platform", "validation"],
  listing: ["platform", "validation", "encoding"],
  runtime: ["platform", "validation"],
  operations: ["platform", "validation", "encoding", "listing", "runtime"],
  documents: ["platform", "validation", "runtime"],
  decorator: ["validation", "encoding", "listing", "runtime", "operations"],
};

/** Modules at the top of this package that every folder may import: types and error classes. */
const FOUNDATIONS = ["driver-error.ts", "errors.ts", "thread-driver.ts", "thread-store.ts"];

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), "utf8");
  return [...source.matchAll(/from "(\.[^"]+)"/gu)].map(([, path = ""]) => join(dirname(file), path));
}

describe.each(Object.entries(LAYERS))("modules in %s", (folder, lowerFolders) => {
  const files = globSync(`${folder}/*.ts`, { cwd: root }).filter(
    (file) => !/\.test(?:-helper)?\.ts$/u.test(file),
  );

  it.each(files)("import only from lower layers: %s", (file) => {
    // The decorator seam shares the view of stores with `createThreadStore`.
    const allowed = folder === "decorator" ? [...FOUNDATIONS, "store-view.ts"] : FOUNDATIONS;
    const upward = importsOf(file).filter((path) => {
      return !allowed.includes(path) && ![folder, ...lowerFolders].includes(dirname(path));
    });
    expect(upward).toEqual([]);
  });
});

describe("the platform", () => {
  const sources = globSync("**/*.ts", { cwd: root }).filter((file) => !/\.test(?:-helper)?\.ts$/u.test(file));

  it("is the only part that uses the modules and globals of Node.js", () => {
    const users = sources.filter((file) => {
      return /from "node:|(?<![`\w])process\.\w|(?<!Byte|Array)\bBuffer\.\w+\(|\bsetImmediate\(/u.test(
        readFileSync(join(root, file), "utf8").replaceAll(/`Buffer[^`]*`/gu, ""),
      );
    });
    expect(users).toEqual(["platform/node-platform.ts", "platform/node.ts"]);
  });

  it("is imported as a type by its path, because older compilers do not know `#platform`", () => {
    const users = sources.filter((file) =>
      /import type .* from "#platform"/u.test(readFileSync(join(root, file), "utf8")),
    );
    expect(users).toEqual([]);
  });
});

describe("the entry point for users", () => {
  it("exports only what users need", () => {
    const source = readFileSync(join(root, "index.ts"), "utf8");
    const names = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gmu)]
      .flatMap(([, list = ""]) => list.split(","))
      .map((name) => name.replace("type ", "").trim())
      .filter((name) => name !== "");
    expect(names.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "AppendOptions",
      "AppendResult",
      "CallDiagnostics",
      "CallOptions",
      "DeleteOptions",
      "JsonValue",
      "ListOptions",
      "LoadOptions",
      "MemoryRecords",
      "MemoryStoreOptions",
      "Previous",
      "SaveOptions",
      "SerializedThread",
      "StoreOptions",
      "StoredThread",
      "THREAD_STORE_ERROR_CODES",
      "ThreadDetails",
      "ThreadMetadata",
      "ThreadPage",
      "ThreadStore",
      "ThreadStoreError",
      "ThreadStoreErrorCode",
      "ThreadSummary",
      "TouchOptions",
      "TouchResult",
      "UpdateChange",
      "UpdateOptions",
      "Version",
      "memoryStore",
    ]);
  });
});
