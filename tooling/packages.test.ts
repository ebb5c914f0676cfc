import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { vendorPeers } from "./vendor-peers.ts";

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
  readonly peerDependenciesMeta?: { readonly [name: string]: { readonly optional: boolean } };
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

function isOptional({ peerDependenciesMeta = {} }: Manifest, name: string): boolean {
  return peerDependenciesMeta[`@threadstore/${name}`]?.optional === true;
}

describe.each(folders)("%s", (folder) => {
  const name = folder.slice("packages/".length);
  const manifest = JSON.parse(read(join(folder, "package.json"))) as Manifest;

  it("publishes under its folder's name, complete", () => {
    expect(manifest).toMatchObject({
      // The command line has a name that people type.
      name: name === "threadstore" ? name : `@threadstore/${name}`,
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

  it("has core as its only peer in the workspace, and the packages that it extends as dependencies", () => {
    const isCore = name === "core";
    const usesAgent = ["agent-framework", "openai", "openai-agents"].includes(name);
    // The viewer of the command line is a client of the thread API, and answers of two SDKs are its resumable streams.
    const usesHttp = ["copilotkit", "tanstack-ai", "threadstore"].includes(name);
    const extended = usesAgent ? ["agent"] : usesHttp ? ["http"] : [];
    expect(ours(manifest.dependencies)).toEqual(extended);
    const peers = ours(manifest.peerDependencies).filter((peer) => !isOptional(manifest, peer));
    expect(peers).toEqual(isCore ? [] : ["core"]);
    // The command line imports adapters when they are used, and encryption the client of a key service.
    const hasOptionalPeers = ["threadstore", "encryption"].includes(name);
    expect(manifest.peerDependenciesMeta !== undefined).toBe(hasOptionalPeers);
    // Core knows no adapter and no suite, not even in its tests.
    expect(isCore ? ours(manifest.devDependencies) : []).toEqual([]);
  });

  it("is built with the workspace, and in the tables of the README", () => {
    expect(read("tsconfig.json")).toContain(`"path": "${folder}"`);
    expect(read("README.md")).toContain(`(${folder})`);
  });
});

/** Whether `version` is within `^1.2.3` or `~1.2.3`. Of version 0, only `~` is used. */
function isWithin(version: string, range: string): boolean {
  const actual = version.split(".").map(Number);
  const lowest = range.slice(1).split(".").map(Number);
  const fixed = range.startsWith("~") ? 2 : 1;
  if (lowest.slice(0, fixed).some((part, index) => part !== actual[index])) return false;
  const next = lowest.findIndex((part, index) => part !== actual[index]);
  return next === -1 || (actual[next] ?? 0) > (lowest[next] ?? 0);
}

describe.each(vendorPeers())("$folder, the peer $vendor $range", ({ folder, range, installed }) => {
  it("has an upper bound for each major version, or minor of version 0", () => {
    for (const alternative of range.split(" || ")) {
      expect(alternative).toMatch(/^(?:\^[1-9]\d*|~0\.\d+|~[1-9]\d*\.\d+)(?:\.\d+){1,2}$/u);
    }
  });

  it("is tested with the lowest version, and with each alternative of the range", () => {
    const alternatives = range.split(" || ");
    const untested = alternatives.filter((alternative) => {
      return ![...installed.values()].some((version) => isWithin(version, alternative));
    });
    expect(untested).toEqual([]);
    expect([...installed.values()]).toContain(alternatives[0]?.slice(1));
  });

  it("has a test that imports each installed version", () => {
    const tests = globSync(`${folder}/src/**/*.test.ts`, { cwd: root }).map(read).join("");
    expect([...installed.keys()].filter((name) => !tests.includes(`"${name}"`))).toEqual([]);
  });
});

it.each([
  ["7.57.0", "^7.0.0", true],
  ["7.0.0", "^7.0.0", true],
  ["5.15.0", "^5.15.0", true],
  ["5.14.9", "^5.15.0", false],
  ["6.0.0", "^5.15.0", false],
  ["0.19.3", "~0.19.0", true],
  ["0.20.0", "~0.19.0", false],
])("version %s within %s: %s", (version, range, expected) => {
  expect(isWithin(version, range)).toBe(expected);
});

it("core has no runtime dependencies", () => {
  const { dependencies, peerDependencies } = JSON.parse(read("packages/core/package.json")) as Manifest;
  expect({ ...dependencies, ...peerDependencies }).toEqual({});
});

it("docs/versions.md lists the range of each vendor", () => {
  const rows = vendorPeers().map(({ name, vendor, range }) => {
    return `| \`${name}\` | \`${vendor}\` ${range.replaceAll(" || ", ", ")} |`;
  });
  const table = /(?<=\| package \| works with \|\n\|---\|---\|\n)(?:\|.*\n)*/u.exec(
    read("docs/versions.md"),
  )?.[0];
  expect(table?.trimEnd().split("\n")).toEqual(rows);
});
