import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NETWORKED } from "@threadstore/test-stores";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const ADAPTERS = ["azure-blob", "file-system", "postgres", "redis", "s3", "sqlite"];

/** A package may import packages of lower layers only. */
const LAYERS: readonly (readonly string[])[] = [
  ["core"],
  [
    "adk",
    "agent",
    "ai-sdk",
    "assistant-ui",
    "attachments",
    "claude-agent-sdk",
    "compression",
    "conformance",
    "encryption",
    "genkit",
    "history",
    "http",
    "langgraph",
    "mastra",
    "microsoft-agents",
    "router",
    "strands",
    ...ADAPTERS,
  ],
  ["agent-framework", "copilotkit", "openai", "openai-agents", "tanstack-ai"],
  ["threadstore"],
];

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => existsSync(join(ROOT, file)));
const sources = files.filter((file) => /^(?:packages|bench|examples|site|tooling)\/.*\.ts$/u.test(file));
const shipped = sources.filter(
  (file) => /^packages\/[^/]+\/src\//u.test(file) && !/\.test(?:-helper)?\.ts$/u.test(file),
);

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

function layerOf(name: string): number {
  const layer = LAYERS.findIndex((names) => names.includes(name));
  if (layer === -1) throw new Error(`Add the package ${name} to a layer.`);
  return layer;
}

/** The names that an entry point exports, types included. */
function exportedNames(file: string): string[] {
  const text = read(file);
  expect(text, `${file} lists every name that it exports`).not.toMatch(/export \*/u);
  return [...text.matchAll(/export (?:type )?\{(.*?)\}/gsu)]
    .flatMap(([, list = ""]) => list.split(","))
    .map((name) =>
      name
        .trim()
        .replace(/^type /u, "")
        .replace(/^.* as /u, ""),
    )
    .filter((name) => name !== "");
}

it("test files that replace modules do not share a worker", () => {
  const replacing = sources.filter((file) => /^vi\.(?:mock|doMock)\(/mu.test(read(file)));
  expect(replacing.length).toBeGreaterThan(0);
  expect(replacing.filter((file) => !file.endsWith(".isolated.test.ts"))).toEqual([]);
});

it("shipped code imports only packages of lower layers", () => {
  const upward = shipped.flatMap((file) => {
    const importer = file.split("/")[1] ?? "";
    const imported = [...read(file).matchAll(/^(?:import|export|\}).*from "@threadstore\/([^/"]+)/gmu)].map(
      ([, name = ""]) => name,
    );
    return imported
      .filter((name) => layerOf(name) >= layerOf(importer))
      .map((name) => `${file} imports ${name}`);
  });
  expect(upward).toEqual([]);
});

describe.each(ADAPTERS)("packages/%s", (name) => {
  it("has the same files as the other adapters", () => {
    const sourceFiles = ["index", `${name}-store`, "options", "keys", "records", "list", "errors"];
    const expected = [
      ...sourceFiles.map((file) => `packages/${name}/src/${file}.ts`),
      `examples/${name}.ts`,
      `bench/src/backends/${name}.ts`,
    ];
    expect(expected.filter((file) => !files.includes(file))).toEqual([]);
  });
});

it("test helpers have one suffix", () => {
  const odd = sources.filter((file) =>
    /\.test\.[a-z-]+\.ts$|\.(?:spec|support|helper|fixture)\.ts$/u.test(file),
  );
  expect(odd).toEqual([]);
});

it("constants are in upper case", () => {
  const value = String.raw`(?:-?\d|"[^"]*";|\/[^/*]|new (?:Map|Set)(?:<.*?>)?\((?!\))|Symbol\.for)`;
  const declaration = new RegExp(
    String.raw`^(?:export )?const ([a-z]\w*)(?:: [^=\n]+)? = ${value}.*$`,
    "gmu",
  );
  const odd = sources
    .filter((file) => !/^examples\/|\.test(?:-helper)?\.ts$/u.test(file))
    .flatMap((file) => [...read(file).matchAll(declaration)].map(([, name = ""]) => `${file}: ${name}`));
  expect(odd).toEqual([]);
});

it.each([
  ["core", 30],
  ["openai", 50],
] as const)("packages/%s exports at most %i names", (name, limit) => {
  expect(exportedNames(`packages/${name}/src/index.ts`).length).toBeLessThanOrEqual(limit);
});

it("shipped code uses `deferred` instead of Promise.withResolvers, which older runtimes do not have", () => {
  const users = shipped.filter((file) => /Promise\.withResolvers\b(?!`)/u.test(read(file)));
  expect(users).toEqual([]);
});

it("what the compiler writes is not in the repository", () => {
  expect(files.filter((file) => file.endsWith(".map"))).toEqual([]);
});

/** Classes whose objects come from the code that checks them, or that every realm of an application shares. */
const PLATFORM_CLASSES = ["ArrayBuffer", "Date", "Map", "RangeError", "Set", "URIError", "URL", "Uint8Array"];

it("shipped code recognizes errors and clients by their shape, because each installed copy has its own classes", () => {
  const ours = new Set(
    shipped.flatMap((file) =>
      [...read(file).matchAll(/^(?:export )?class (\w+)/gmu)].map(([, name]) => name),
    ),
  );
  const uses = shipped
    // The suite runs in the realm of the tests, with its own classes.
    .filter((file) => !file.startsWith("packages/conformance/"))
    .flatMap((file) =>
      [...read(file).matchAll(/^(?! *(?:\/\/|\*|\/\*)).* instanceof (\w+)/gmu)].map(([, name = ""]) => ({
        file,
        name,
      })),
    );
  expect(uses.length).toBeGreaterThan(0);
  expect(uses.filter(({ name }) => !ours.has(name) && !PLATFORM_CLASSES.includes(name))).toEqual([]);
});

it("the quick tests of the bridges together use every server", () => {
  const suites = sources.filter((file) => /^packages\/.*\.test\.ts$/u.test(file)).map(read);
  const selections = suites.flatMap((text) =>
    [...text.matchAll(/quick: \[\.\.\.EMBEDDED, "([a-z0-9-]+)"\]/gu)].map(([, name = ""]) => name),
  );
  expect(selections.toSorted()).toEqual(expect.arrayContaining([...NETWORKED].toSorted()));
});
