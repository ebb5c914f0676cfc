// The policy for versions: docs/decisions/0043-versions-and-releases.md. `test:full` installs two releases with npm.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { assembleReleasePlan } from "@changesets/assemble-release-plan";
import { readConfig } from "@changesets/config";
import { readChangesets } from "@changesets/read";
import { describe, expect, it } from "vitest";

type Changeset = Parameters<typeof assembleReleasePlan>[0][number];
type Workspace = Parameters<typeof assembleReleasePlan>[1];
type Manifest = Workspace["packages"][number]["packageJson"];
type Change = "major" | "minor" | "patch";

const ROOT = join(import.meta.dirname, "..");

/** Returns the packages of the workspace, all with `version` if it is set. */
function readWorkspace(version?: string): Workspace {
  const workspace = /^packages:\n((?: {2}- .*\n)+)/mu.exec(
    readFileSync(join(ROOT, "pnpm-workspace.yaml"), "utf8"),
  );
  const folders = [...(workspace?.[1] ?? "").matchAll(/- (.*)/gu)].map(([, folder = ""]) => folder);
  const manifests = globSync(
    folders.map((folder) => join(folder, "package.json")),
    { cwd: ROOT },
  );
  const packages = manifests.toSorted().map((file) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, file), "utf8")) as Manifest;
    return { dir: join(ROOT, dirname(file)), packageJson: { ...manifest, ...(version && { version }) } };
  });
  const packageJson = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
  return { rootDir: ROOT, rootPackage: { dir: ROOT, packageJson }, tool: { type: "pnpm" }, packages };
}

/** Resolves with the next version of each package that is released, by its name. */
async function nextVersions(workspace: Workspace, changesets: Changeset[]): Promise<Map<string, string>> {
  const { config, errors } = await readConfig(ROOT, workspace);
  if (config === undefined) throw new Error(errors.join("\n"));
  const { releases } = assembleReleasePlan(changesets, workspace, config, undefined);
  return new Map(
    releases.filter(({ type }) => type !== "none").map(({ name, newVersion = "" }) => [name, newVersion]),
  );
}

function changeOf(name: string, type: Change): Changeset {
  return { id: "change", summary: "A change.", releases: [{ name: `@threadstore/${name}`, type }] };
}

const published = readWorkspace()
  .packages.map(({ packageJson }) => packageJson)
  .filter((manifest) => manifest.private !== true);
const names = published.map(({ name }) => name).toSorted();

/** Resolves with the versions of all packages after the release of these changesets, or without them as they are. */
async function versionsAfter(workspace: Workspace, changesets: Changeset[]): Promise<Set<string>> {
  const next = await nextVersions(workspace, changesets);
  const manifests = workspace.packages.map(({ packageJson }) => packageJson);
  return new Set(
    manifests.flatMap(({ name, version, private: isPrivate }) => {
      return isPrivate === true ? [] : [next.get(name) ?? version];
    }),
  );
}

it("every package has a version, without which changesets cannot release any", () => {
  const { packages } = readWorkspace();
  expect(packages.length).toBeGreaterThan(names.length);
  expect(packages.filter(({ packageJson }) => packageJson.version === undefined)).toEqual([]);
});

describe("the next release", () => {
  it("has one version for all packages, of which the first is 1.0.0", async () => {
    // Without changesets, this is the version that was released last.
    const versions = [...(await versionsAfter(readWorkspace(), await readChangesets(ROOT)))];
    expect(versions).toHaveLength(1);
    expect(versions[0]).toMatch(published[0]?.version === "0.0.0" ? /^1\.0\.0$/u : /^[1-9]\d*\./u);
  });

  it.each<[string, string, Changeset[], string[]]>([
    ["the first", "0.0.0", [changeOf("core", "major")], ["1.0.0"]],
    ["none", "1.2.3", [], ["1.2.3"]],
  ])("is %s from %s", async (_, version, changesets, expected) => {
    expect([...(await versionsAfter(readWorkspace(version), changesets))]).toEqual(expected);
  });

  it("is described by changesets that name published packages only, and say what changes", async () => {
    const changesets = await readChangesets(ROOT);
    expect(changesets.filter(({ summary }) => summary.trim() === "").map(({ id }) => id)).toEqual([]);
    const named = changesets.flatMap(({ releases }) => releases.map(({ name }) => name));
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each<[string, Change, string]>([
    ["core", "patch", "1.2.4"],
    ["core", "minor", "1.3.0"],
    ["core", "major", "2.0.0"],
    ["sqlite", "minor", "1.3.0"],
    ["agent", "minor", "1.3.0"],
    ["conformance", "patch", "1.2.4"],
  ])("after 1.2.3, for a change of %s that is %s, is %s for every package", async (name, type, next) => {
    const versions = await nextVersions(readWorkspace("1.2.3"), [changeOf(name, type)]);
    expect(Object.fromEntries(versions)).toEqual(Object.fromEntries(names.map((each) => [each, next])));
  });
});

it("a published package accepts every later minor version of the others", () => {
  const ranges = published.flatMap(({ dependencies = {}, peerDependencies = {} }) => [
    ...Object.entries(dependencies),
    ...Object.entries(peerDependencies),
  ]);
  const own = ranges.filter(([name]) => name.startsWith("@threadstore/"));
  expect(own.length).toBeGreaterThan(names.length - 2);
  // pnpm publishes it as a caret range, which begins with the package's own version.
  expect(own.filter(([, range]) => range !== "workspace:^")).toEqual([]);
});

it("each package is published with its license, sources, maps and provenance", () => {
  for (const manifest of published as { files?: string[]; publishConfig?: object }[]) {
    expect(manifest.publishConfig).toEqual({ access: "public", provenance: true });
    expect(manifest.files).toEqual(expect.arrayContaining(["dist", "src", "!**/*.test.*"]));
  }
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, "tooling/tsconfig.base.json"), "utf8")) as {
    compilerOptions: object;
  };
  expect(compilerOptions).toMatchObject({ sourceMap: true, declarationMap: true });
});

describe("the public host", () => {
  const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

  it("runs the same commands as every other CI", () => {
    expect(read(".github/workflows/ci.yml")).toContain("run: bash .ci/run\n");
    expect(read(".github/workflows/ci.yml")).toContain("run: npm run test:full\n");
    expect(read(".github/workflows/release.yml")).toContain("run: bash .ci/run\n");
  });

  it("publishes from a workflow that can sign the provenance", () => {
    expect(read(".github/workflows/release.yml")).toContain("id-token: write");
  });

  it("uses one version of pnpm, and one address", () => {
    const files = globSync([".github/**/*.yml", "SECURITY.md", "package.json"], { cwd: ROOT });
    const texts = files.map(read).join("\n");
    const { packageManager } = JSON.parse(read("package.json")) as { packageManager: string };
    expect(new Set(texts.match(/pnpm@[\d.]+/gu))).toEqual(new Set([packageManager]));
    const repositories = texts.match(/github\.com\/[\w-]+\/[\w-]+/gu);
    expect(new Set(repositories)).toEqual(new Set(["github.com/threadstore/threadstore"]));
  });

  it("asks for each published package in its form for bugs", () => {
    const form = read(".github/ISSUE_TEMPLATE/bug.yml");
    expect(
      [...form.matchAll(/^ {8}- "((?:@threadstore\/)?[\w-]+)"$/gmu)].map(([, name = ""]) => name),
    ).toEqual(names);
  });
});
