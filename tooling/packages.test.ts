import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: {
    readonly [path: string]: { readonly types: string; readonly default: string } | string;
  };
  readonly typesVersions?: { readonly [range: string]: { readonly [path: string]: readonly string[] } };
  readonly imports?: { readonly [name: string]: { readonly [condition: string]: string } };
  readonly dependencies?: { readonly [name: string]: string };
  readonly peerDependencies?: { readonly [name: string]: string };
  readonly devDependencies?: { readonly [name: string]: string };
}

const root = join(import.meta.dirname, "..");
const folders = globSync("packages/*", { cwd: root }).toSorted();

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** The workspace's own packages among the dependencies, by their folder's name. */
function ours(dependencies: Manifest["dependencies"] = {}): string[] {
  return Object.keys(dependencies)
    .filter((name) => name.startsWith("@threadstore/"))
    .map((name) => name.slice("@threadstore/".length));
}

describe.each(folders)("%s", (folder) => {
  const name = folder.slice("packages/".length);
  const manifest = JSON.parse(read(join(folder, "package.json"))) as Manifest;

  it("publishes under its folder's name, complete", () => {
    expect(manifest).toMatchObject({
      name: `@threadstore/${name}`,
      description: expect.stringMatching(/\S/u),
      license: "MIT",
      repository: { directory: folder },
      type: "module",
      sideEffects: false,
      // For compilers that do not read `exports`.
      main: "./dist/index.js",
      types: "./dist/index.d.ts",
      exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
      publishConfig: { access: "public" },
      engines: { node: ">=22.12" },
    });
    expect(["README.md", "LICENSE"].filter((file) => !existsSync(join(root, folder, file)))).toEqual([]);
  });

  it("has the same types for compilers that do not read `exports`", () => {
    const others = Object.entries(manifest.exports).filter(
      ([path]) => path !== "." && path !== "./package.json",
    );
    const expected = others.map(([path, target]) => {
      return [path.slice("./".length), typeof target === "string" ? [] : [target.types]];
    });
    expect(Object.entries(manifest.typesVersions?.["*"] ?? {})).toEqual(expected);
  });

  it("lists the types first, and modules for every condition", () => {
    const conditional = [...Object.values(manifest.exports), ...Object.values(manifest.imports ?? {})];
    for (const target of conditional) {
      if (typeof target === "string") continue;
      expect(Object.keys(target)[0]).toBe("types");
      expect(Object.keys(target).at(-1)).toBe("default");
    }
  });

  it("has core as its only peer in the workspace, and the agent runtime as its only dependency", () => {
    const isCore = name === "core";
    const usesAgent = ["agent-framework", "openai", "openai-agents"].includes(name);
    expect(ours(manifest.dependencies)).toEqual(usesAgent ? ["agent"] : []);
    expect(ours(manifest.peerDependencies)).toEqual(isCore ? [] : ["core"]);
    // Core knows no adapter and no suite, not even in its tests.
    expect(isCore ? ours(manifest.devDependencies) : []).toEqual([]);
  });

  it("is built with the workspace, and in the tables of the README", () => {
    expect(read("tsconfig.json")).toContain(`"path": "${folder}"`);
    expect(read("README.md")).toContain(`(${folder})`);
  });
});

it("core has no runtime dependencies", () => {
  const { dependencies, peerDependencies } = JSON.parse(read("packages/core/package.json")) as Manifest;
  expect({ ...dependencies, ...peerDependencies }).toEqual({});
});
