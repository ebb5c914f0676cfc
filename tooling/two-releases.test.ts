// Two releases in a local registry, as npm resolves them: docs/decisions/0043-versions-and-releases.md. Only at full
// effort, because each test runs npm several times. The quick cut is releases.test.ts.
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type PublishedManifest, type Release, startRegistry } from "./registry.ts";

const ROOT = join(import.meta.dirname, "..");
const isFull = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "full";

/** The packages that need no vendor's package, so that a project can be resolved without another registry. */
const NAMES = ["core", "file-system", "attachments"];

/** Returns a release of all packages, with the ranges that pnpm writes into published ones. */
function release(version: string, names: readonly string[] = NAMES): Release[] {
  const manifests = globSync("packages/*/package.json", { cwd: ROOT }).map(
    (file) => JSON.parse(readFileSync(join(ROOT, file), "utf8")) as PublishedManifest,
  );
  const publishedRanges = (ranges: PublishedManifest["dependencies"] = {}) =>
    Object.fromEntries(
      Object.entries(ranges).map(([name, range]) => [name, range.replace("workspace:^", `^${version}`)]),
    );
  return manifests
    .filter(({ name }) => names.includes(name.slice("@threadstore/".length)))
    .map(({ name, dependencies, peerDependencies }) => ({
      manifest: {
        name,
        version,
        dependencies: publishedRanges(dependencies),
        peerDependencies: publishedRanges(peerDependencies),
      },
    }));
}

interface Project {
  /** Runs npm, which only resolves versions and writes the lock file. Resolves with the error's code, if it fails. */
  npm(...parameters: string[]): Promise<string | undefined>;
  /** Resolves with the version of each package in the lock file. */
  locked(): Promise<{ [name: string]: string }>;
  /** Deletes the lock file, as in a clone of a project that does not have one. */
  forget(): Promise<void>;
}

/** Creates a project with these ranges, and a registry with the first of the releases. `publish` adds the next. */
async function setUp(
  dependencies: { readonly [name: string]: string },
  ...releases: Release[][]
): Promise<Project & { publish(): void }> {
  const registry = await startRegistry(releases.shift() ?? []);
  const folder = await mkdtemp(join(tmpdir(), "threadstore-releases-"));
  onTestFinished(async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });
  await writeFile(join(folder, ".npmrc"), `@threadstore:registry=${registry.url}\n`);
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "project", private: true, dependencies }),
  );
  const lockFile = join(folder, "package-lock.json");
  return {
    publish: () => registry.publish(releases.shift() ?? []),
    async npm(...parameters) {
      const flags = ["--package-lock-only", "--no-audit", "--no-fund", "--prefer-online"];
      const error = await new Promise<Error | null>((resolve) => {
        execFile("npm", [...parameters, ...flags], { cwd: folder }, (failure, _stdout, stderr) => {
          resolve(failure && new Error(stderr));
        });
      });
      return error === null ? undefined : (/code (E\w+)/u.exec(error.message)?.[1] ?? error.message);
    },
    async locked() {
      const { packages } = JSON.parse(await readFile(lockFile, "utf8")) as {
        packages: { [path: string]: { version: string } };
      };
      const entries = Object.entries(packages).filter(([path]) => path.includes("@threadstore/"));
      return Object.fromEntries(
        entries.map(([path, { version }]) => [path.slice("node_modules/@threadstore/".length), version]),
      );
    },
    forget: () => rm(lockFile),
  };
}

const ALL = Object.fromEntries(NAMES.map((name) => [`@threadstore/${name}`, "^1.0.0"]));

function allAt(version: string): { [name: string]: string } {
  return Object.fromEntries(NAMES.map((name) => [name, version]));
}

describe.runIf(isFull)("after a minor release", () => {
  it("npm update, a fresh install and the update of one package succeed", async () => {
    const project = await setUp(ALL, release("1.0.0"), release("1.1.0"));
    expect(await project.npm("install")).toBeUndefined();
    expect(await project.locked()).toEqual(allAt("1.0.0"));
    project.publish();
    expect(await project.npm("install")).toBeUndefined();
    expect(await project.locked()).toEqual(allAt("1.0.0"));
    expect(await project.npm("install", "@threadstore/core@1.1.0")).toBeUndefined();
    expect(await project.locked()).toEqual({ ...allAt("1.0.0"), core: "1.1.0" });
    expect(await project.npm("update")).toBeUndefined();
    expect(await project.locked()).toEqual(allAt("1.1.0"));
  });

  it("a project without a lock file, and one that adds an adapter, succeed", async () => {
    const project = await setUp(ALL, release("1.0.0"), release("1.1.0"));
    await project.npm("install");
    project.publish();
    await project.forget();
    expect(await project.npm("install")).toBeUndefined();
    expect(await project.locked()).toEqual(allAt("1.1.0"));

    const small = await setUp({ "@threadstore/core": "^1.0.0" }, release("1.0.0"), release("1.1.0"));
    await small.npm("install");
    small.publish();
    expect(await small.npm("install", "@threadstore/file-system")).toBeUndefined();
    expect(await small.locked()).toEqual({ core: "1.1.0", "file-system": "1.1.0" });
  });

  it("below 1.0, a fresh install after the update of one package would fail", async () => {
    const ranges = Object.fromEntries(NAMES.map((name) => [`@threadstore/${name}`, "^0.1.0"]));
    const project = await setUp(ranges, release("0.1.0"), release("0.2.0"));
    await project.npm("install");
    project.publish();
    // With a lock file, npm only warns of a peer that does not fit.
    await project.npm("install", "@threadstore/core@latest");
    await project.forget();
    expect(await project.npm("install")).toBe("ERESOLVE");
  });
});

describe.runIf(isFull)("after a major release", () => {
  it("npm update stays in the old one, and all packages are updated together", async () => {
    const project = await setUp(ALL, release("1.0.0"), release("2.0.0"));
    await project.npm("install");
    project.publish();
    expect(await project.npm("update")).toBeUndefined();
    expect(await project.locked()).toEqual(allAt("1.0.0"));
    const latest = NAMES.map((name) => `@threadstore/${name}@latest`);
    expect(await project.npm("install", ...latest)).toBeUndefined();
    expect(await project.locked()).toEqual(allAt("2.0.0"));
  });
});

describe.runIf(isFull)("packages of two major versions", () => {
  it.each([
    ["core", "file-system"],
    ["file-system", "core"],
  ])("are refused in a fresh install: %s 2 with %s 1", async (newer, older) => {
    const dependencies = { [`@threadstore/${newer}`]: "^2.0.0", [`@threadstore/${older}`]: "^1.0.0" };
    const project = await setUp(dependencies, [...release("1.0.0"), ...release("2.0.0")]);
    expect(await project.npm("install")).toBe("ERESOLVE");
  });
});

describe.runIf(isFull)("a vendor's package", () => {
  // These come from the registry that npm is configured for.
  it.each([
    ["redis", "ioredis@4"],
    ["openai", "openai@4"],
    ["ai-sdk", "ai@4"],
    ["sqlite", "better-sqlite3@11"],
    ["openai-agents", "@openai/agents-core@0.17"],
  ])("of an untested version is refused: %s with %s", async (name, vendor) => {
    const project = await setUp({}, release("1.0.0", ["core", "agent", name]));
    const packages = ["@threadstore/core", `@threadstore/${name}`];
    expect(await project.npm("install", ...packages, vendor)).toBe("ERESOLVE");
  });

  it.each([
    ["redis", "ioredis@5"],
    ["openai", "openai@5"],
    ["openai", "openai@6"],
    ["ai-sdk", "ai@5"],
    ["sqlite", "better-sqlite3@12"],
    ["openai-agents", "@openai/agents-core@0.19"],
  ])("of an older major is installed: %s with %s", async (name, vendor) => {
    const project = await setUp({}, release("1.0.0", ["core", "agent", name]));
    const packages = ["@threadstore/core", `@threadstore/${name}`];
    expect(await project.npm("install", ...packages, vendor)).toBeUndefined();
  });
});
