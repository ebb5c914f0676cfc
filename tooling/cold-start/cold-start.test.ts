// The published form of the packages of stores: docs/decisions/0085-cold-start.md. Counts, because times differ between
// machines. `node tooling/cold-start/measure.ts` measures the times.
import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COUNTING_PROGRAM } from "../compatibility/sizes.ts";
import { isBundled, type Manifest, publishedManifest } from "./bundle.ts";
import { installStores, STORE_PACKAGES } from "./published.ts";

const run = promisify(execFile);
const PACKAGES = join(import.meta.dirname, "../../packages");
const ENTRY_POINTS = ["index", "documents", "decorator", "driver", "maintenance"];

let folder = "";

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "threadstore-cold-start-")));
  await installStores(folder);
  await writeFile(join(folder, "count.mjs"), COUNTING_PROGRAM);
  await writeFile(join(folder, "empty.mjs"), "");
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

function readManifest(name: string): Manifest {
  return JSON.parse(readFileSync(join(PACKAGES, name, "package.json"), "utf8")) as Manifest;
}

function installed(name: string): string {
  return join(folder, "node_modules/@threadstore", name);
}

/** Runs an ES module in the folder, and returns what it prints as JSON. */
async function evaluate(program: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: folder });
  return JSON.parse(stdout) as unknown;
}

/** Returns the modules of Node.js that a process has loaded after these imports. */
async function nodeModules(...names: readonly string[]): Promise<readonly string[]> {
  const imports = names.map((name) => `await import(${JSON.stringify(name)});`).join("");
  const loaded = (await evaluate(`
    ${imports}
    console.log(JSON.stringify(process.moduleLoadList));`)) as readonly string[];
  return loaded.flatMap((module) => /^NativeModule (.*)/u.exec(module)?.[1] ?? []);
}

describe("the import of a published package", () => {
  it.each([
    ["core", 3],
    ["file-system", 4],
    ["sqlite", 4],
    ["redis", 4],
    ["postgres", 4],
    ["s3", 4],
    ["azure-blob", 4],
  ])("%s loads %i modules of the project", async (name, expected) => {
    const { stdout } = await run(process.execPath, ["count.mjs", `@threadstore/${name}`], { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({ own: { modules: expected } });
  });

  it.each([
    ["core", "./empty.mjs", []],
    ["sqlite", "better-sqlite3", []],
    // Saves and listings use both interfaces of files.
    ["file-system", "node:fs", ["fs/promises"]],
    ["postgres", "pg", []],
    // What the imports of `node:buffer` and `node:crypto` also load.
    ["redis", "ioredis", ["internal/file", "internal/crypto/webcrypto"]],
    ["s3", "@aws-sdk/client-s3", []],
    ["azure-blob", "@azure/storage-blob", []],
  ])("%s loads no module of Node.js in addition to those of %s except %j", async (name, client, expected) => {
    const before = await nodeModules(client);
    const after = await nodeModules(client, `@threadstore/${name}`);
    const added = after.filter((module) => !before.includes(module) && module !== "timers/promises");
    expect(added).toEqual(expected);
  });

  it("core rejects an old version of Node.js before anything else can fail", async () => {
    const names = ENTRY_POINTS.map((entry) => join("@threadstore/core", entry === "index" ? "" : entry));
    const messages = await evaluate(`
      Object.defineProperty(process, "versions", { value: { node: "20.19.5" } });
      delete process.getBuiltinModule;
      const messages = [];
      for (const name of ${JSON.stringify([...names, "@threadstore/sqlite", "@threadstore/file-system"])}) {
        messages.push(await import(name).then(() => "none", (error) => error.message));
      }
      console.log(JSON.stringify(messages));`);
    for (const message of messages as string[])
      expect(message).toMatch(/^ThreadStore needs Node\.js 22\.12/u);
  });
});

describe.each(STORE_PACKAGES)("the bundle of $name", ({ name }) => {
  it("has every module that the manifest names", () => {
    const { main, exports, imports } = publishedManifest(readManifest(name));
    const targets = [...Object.values(exports ?? {}), ...Object.values(imports ?? {}), main ?? ""];
    const files = targets
      .flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)))
      .filter((file) => file.endsWith(".js"));
    expect(files.length).toBeGreaterThan(1);
    expect(files.filter((file) => !file.startsWith("./dist/bundle/"))).toEqual([]);
    expect(files.filter((file) => !existsSync(join(installed(name), file)))).toEqual([]);
  });

  it("has no syntax that the oldest supported version of Node.js does not know", () => {
    const modules = globSync("dist/bundle/**/*.js", { cwd: installed(name) });
    expect(modules.length).toBeGreaterThan(0);
    const odd = modules.filter((module) =>
      /^\s*(?:await )?using \w/mu.test(readFileSync(join(installed(name), module), "utf8")),
    );
    expect(odd).toEqual([]);
  });

  it("exports the same names, each of which exists once", async () => {
    const entries = name === "core" ? ENTRY_POINTS : ["index"];
    const namespaces = (root: string): string =>
      `await Promise.all(${JSON.stringify(entries.map((entry) => join(root, `${entry}.js`)))}.map((file) => import(file)))`;
    const program = (root: string): string => `
      const values = new Map();
      for (const [index, namespace] of (${namespaces(root)}).entries()) {
        for (const [name, value] of Object.entries(namespace)) {
          if (typeof value !== "function" && typeof value !== "symbol") continue;
          values.set(value, [...(values.get(value) ?? []), index + " " + name].sort());
        }
      }
      console.log(JSON.stringify([...values.values()].sort()));`;
    const bundled = await evaluate(program(join(installed(name), "dist/bundle")));
    expect(bundled).toEqual(await evaluate(program(join(PACKAGES, name, "dist"))));
    expect(bundled).not.toEqual([]);
  });

  it("has maps that lead to the sources", () => {
    const maps = globSync("dist/bundle/**/*.map", { cwd: installed(name) });
    expect(maps.length).toBeGreaterThan(0);
    for (const map of maps) {
      const file = join(installed(name), map);
      const { sources, sourcesContent } = JSON.parse(readFileSync(file, "utf8")) as {
        readonly sources: readonly string[];
        readonly sourcesContent?: unknown;
      };
      const paths = sources.map((source) => join(dirname(file), source));
      expect(paths.filter((path) => !path.startsWith(join(PACKAGES, name, "src")))).toEqual([]);
      expect(paths.filter((path) => !existsSync(path))).toEqual([]);
      // The package contains the sources.
      expect(sourcesContent).toBeUndefined();
    }
  });
});

it("the bundle of core for browsers imports nothing", () => {
  const modules = ENTRY_POINTS.map((entry) => `${entry}.js`).concat("shared.js", "platform/web.js");
  const imports = modules.flatMap((module) => {
    const code = readFileSync(join(installed("core"), "dist/bundle", module), "utf8");
    return [...code.matchAll(/(?:\bfrom|^import) "([^"]+)";$/gmu)].map(([, name = ""]) => name);
  });
  expect(new Set(imports)).toEqual(new Set(["#platform", "./shared.js"]));
});

describe("the published manifest", () => {
  it("names bundles, and files without the modules that they replace", () => {
    const { exports, imports, files } = publishedManifest(readManifest("core"));
    expect(exports?.["./driver"]).toEqual({
      types: "./dist/driver.d.ts",
      default: "./dist/bundle/driver.js",
    });
    expect(imports?.["#platform"]).toEqual({
      types: "./dist/platform/node.d.ts",
      node: "./dist/bundle/platform/node.js",
      default: "./dist/bundle/platform/web.js",
    });
    expect(files?.slice(0, 4)).toEqual(["dist/bundle", "dist/**/*.d.ts", "dist/**/*.d.ts.map", "src"]);
  });

  it("is the same for packages that need the locations of their modules, and only for those", () => {
    const folders = globSync("*/package.json", { cwd: PACKAGES }).map((file) => dirname(file));
    const manifests = folders.map(readManifest);
    const dependent = folders.filter((name) =>
      globSync(`${name}/src/**/*.ts`, { cwd: PACKAGES })
        .filter((file) => !/\.test(?:-helper)?\.ts$/u.test(file))
        .some((file) => readFileSync(join(PACKAGES, file), "utf8").includes("import.meta")),
    );
    const unbundled = folders.filter((_, index) => !isBundled(manifests[index] ?? { name: "" }));
    expect(unbundled.toSorted()).toEqual(dependent.toSorted());
    for (const manifest of manifests.filter((each) => !isBundled(each))) {
      expect(publishedManifest(manifest)).toEqual(manifest);
    }
  });
});
