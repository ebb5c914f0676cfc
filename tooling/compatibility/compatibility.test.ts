import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { formatRows, replacePart } from "./document.ts";
import { QUICK_STARTS, readQuickStart } from "./first-minutes.ts";
import { entryPoints, readManifests, ROOT } from "./packages.ts";
import { ROWS } from "./rows.ts";
import { openWorkbench, type Workbench } from "./workbench.ts";

const run = promisify(execFile);
const PAGE = readFileSync(join(ROOT, "docs/compatibility.md"), "utf8");
const isFull = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "full";

it("no declaration has a generic Uint8Array, which TypeScript 5.6 does not know", () => {
  const files = globSync("packages/*/dist/**/*.d.ts", { cwd: ROOT }).filter((file) => !/\.test/u.test(file));
  expect(files.length).toBeGreaterThan(100);
  const generic = files.filter((file) => /\bUint8Array</u.test(readFileSync(join(ROOT, file), "utf8")));
  expect(generic).toEqual([]);
});

describe("docs/compatibility.md", () => {
  it("shows the rows of the last run: npm run docs:compatibility", () => {
    expect(replacePart(PAGE, "rows", formatRows(ROWS))).toBe(PAGE);
  });

  it("has the size of each package, and says where it runs", () => {
    const sizes = /<!-- sizes.*?<!-- end of sizes -->/su.exec(PAGE)?.[0] ?? "";
    const names = readManifests().map(({ name }) => name);
    expect([...sizes.matchAll(/^\| `([@\w/-]+)` \|/gmu)].map(([, name]) => name)).toEqual(names);
    const workers = PAGE.slice(PAGE.indexOf("## Workers and browsers"));
    expect(names.filter((name) => !workers.includes(`\`${name}\``))).toEqual([]);
  });

  it("has one row for each environment", () => {
    expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
  });
});

describe.each(QUICK_STARTS)("$document", ({ document }) => {
  it("says what to install, to save and to run", () => {
    const { packages, file } = readQuickStart(document);
    expect(packages).toContain("@threadstore/core");
    // In a package of the type commonjs, which `npm init -y` creates, only this extension is an ES module.
    expect(file).toMatch(/\.mts$/u);
  });
});

/** The modules that an entry point of core loads where the import condition `node` does not apply. */
function webModules(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const imports = readFileSync(file, "utf8").matchAll(/(?:\bfrom|^import) "([^"]+)";$/gmu);
  for (const [, name = ""] of imports) {
    if (name.startsWith(".")) webModules(join(dirname(file), name), seen);
    else if (name === "#platform") webModules(join(ROOT, "packages/core/dist/platform/web.js"), seen);
    else seen.add(name);
  }
  return seen;
}

describe("the quick cut: the built packages", () => {
  it("core loads no module of Node.js where the import condition does not apply", () => {
    const entries = ["index", "driver", "decorator", "documents", "maintenance"];
    for (const entry of entries) {
      const modules = webModules(join(ROOT, `packages/core/dist/${entry}.js`));
      expect([...modules].filter((name) => !name.startsWith("/"))).toEqual([]);
      expect([...modules].some((name) => name.endsWith("platform/node.js"))).toBe(false);
    }
  });

  it("no package imports names that older versions of Node.js do not have, which fails before the check", () => {
    // A named import that an old version does not have fails before any code runs.
    const recent = /import \{[^}]*\b(?:hash|crc32|tracingChannel)\b[^}]*\} from "node:/u;
    const files = globSync("packages/!(conformance)/dist/**/*.js", { cwd: ROOT }).filter(
      (file) => !file.includes(".test"),
    );
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => recent.test(readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
  });

  it("can be required and imported", async () => {
    const folder = await mkdtemp(join(tmpdir(), "threadstore-quick-cut-"));
    await mkdir(join(folder, "node_modules/@threadstore"), { recursive: true });
    await symlink(join(ROOT, "packages/core"), join(folder, "node_modules/@threadstore/core"));
    const names = entryPoints().filter((name) => name.startsWith("@threadstore/core"));
    const uses = names.map(
      (name) => `if (Object.keys(require("${name}")).length === 0) throw new Error("${name}");`,
    );
    const imports = names.map((name) => `import(${JSON.stringify(name)})`);
    const program = `${uses.join("\n")}\nPromise.all([${imports.join(", ")}]).then(() => console.log("works"));`;
    await writeFile(join(folder, "program.cjs"), program);
    const { stdout } = await run(process.execPath, ["--preserve-symlinks", "program.cjs"], { cwd: folder });
    expect(stdout).toBe("works\n");
    await rm(folder, { recursive: true });
  });
});

describe.runIf(isFull)("packed and installed as by users", () => {
  let workbench: Promise<Workbench> | undefined;

  afterAll(async () => (await workbench)?.dispose());

  it.each(ROWS)("$area: $name", async ({ check }) => {
    workbench ??= openWorkbench();
    await expect(check(await workbench)).resolves.toBeUndefined();
  });
});
