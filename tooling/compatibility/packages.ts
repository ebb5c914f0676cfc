import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const ROOT: string = join(import.meta.dirname, "..", "..");

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: { readonly [path: string]: unknown };
  readonly peerDependencies?: { readonly [name: string]: string };
  readonly devDependencies?: { readonly [name: string]: string };
}

/** A package of this workspace as it would be published. */
export interface PackedPackage {
  readonly manifest: Manifest;
  readonly tarball: Buffer;
  readonly integrity: string;
}

/** Returns the manifests of the packages in this workspace. */
export function readManifests(): Manifest[] {
  return globSync("packages/*/package.json", { cwd: ROOT })
    .toSorted()
    .map((file) => JSON.parse(readFileSync(join(ROOT, file), "utf8")) as Manifest);
}

/** Returns what programs can import: each package, and its other entry points. */
export function entryPoints(manifests: readonly Manifest[] = readManifests()): string[] {
  return manifests.flatMap(({ name, exports }) =>
    Object.keys(exports)
      .filter((path) => path !== "./package.json")
      .map((path) => join(name, path)),
  );
}

/** Packs the built packages, with the ranges and files that they would be published with. */
export async function packPackages(folder: string): Promise<PackedPackage[]> {
  await mkdir(folder, { recursive: true });
  const pnpm = ["--yes", "pnpm@12.21.0", "--filter", "./packages/*"];
  await run("npx", [...pnpm, "pack", "--pack-destination", folder], { cwd: ROOT });
  const files = globSync("*.tgz", { cwd: folder }).map((file) => join(folder, file));
  return Promise.all(files.map(readPackage));
}

async function readPackage(file: string): Promise<PackedPackage> {
  const tarball = await readFile(file);
  const { stdout } = await run("tar", ["-xzOf", file, "package/package.json"]);
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  return { manifest: JSON.parse(stdout) as Manifest, tarball, integrity };
}
