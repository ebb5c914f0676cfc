// Bundles a package as it is published, so that its import loads a few large modules instead of a hundred small ones:
// docs/decisions/0085-cold-start.md. `.pnpmfile.mjs` runs it when pnpm packs a package, with the manifest as input, and
// publishes the manifest that it prints.
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { rolldown } from "rolldown";

/** The parts of a `package.json` that name modules. */
export interface Manifest {
  readonly name: string;
  readonly main?: string;
  readonly exports?: { readonly [path: string]: Target };
  readonly imports?: { readonly [name: string]: Target };
  readonly files?: readonly string[];
}

type Target = string | { readonly [condition: string]: string };

/** Packages that start processes or read files by the locations of their modules, which a bundle would change. */
const UNBUNDLED: readonly string[] = ["@threadstore/conformance", "threadstore"];

const COMPILED = /^\.\/dist\/(.+)\.js$/u;

/** Returns whether the published form of a package has bundles instead of modules. */
export function isBundled({ name }: Manifest): boolean {
  return !UNBUNDLED.includes(name);
}

/** Returns the manifest with which a bundled package is published. */
export function publishedManifest<Given extends Manifest>(manifest: Given): Given {
  if (!isBundled(manifest)) return manifest;
  const { main, exports, imports, files } = manifest;
  return {
    ...manifest,
    ...(main !== undefined && { main: bundleOf(main) }),
    ...(exports && { exports: mapTargets(exports) }),
    ...(imports && { imports: mapTargets(imports) }),
    // Declarations remain single files, whose maps lead to the sources.
    ...(files && {
      files: files.flatMap((file) => {
        return file === "dist" ? ["dist/bundle", "dist/**/*.d.ts", "dist/**/*.d.ts.map"] : [file];
      }),
    }),
  };
}

function bundleOf(file: string): string {
  return file.replace(COMPILED, "./dist/bundle/$1.js");
}

function mapTargets(targets: { readonly [name: string]: Target }): { readonly [name: string]: Target } {
  const mapped = Object.entries(targets).map(([name, target]): [string, Target] => [
    name,
    typeof target === "string" ? bundleOf(target) : (mapTargets(target) as Target),
  ]);
  return Object.fromEntries(mapped);
}

/** Bundles the entry points of the package in `folder`. Replaces the earlier bundle. */
export async function bundlePackage(
  folder: string,
  output: string = join(folder, "dist/bundle"),
): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  if (!isBundled(manifest)) return;
  await rm(output, { recursive: true, force: true });
  await bundle(folder, entriesOf(manifest.exports), output);
  // Alternatives for runtimes, of which a program loads one. Each on its own, because the modules above import it.
  for (const entry of entriesOf(manifest.imports)) await bundle(folder, [entry], output);
}

/** Returns the compiled modules that a manifest names, without their extension. */
function entriesOf(targets: Manifest["exports"] = {}): readonly string[] {
  const files = Object.values(targets).flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );
  return [...new Set(files.flatMap((file) => COMPILED.exec(file)?.[1] ?? []))];
}

/** Writes one module for each entry, and one with everything that several entries use, so that it exists only once. */
async function bundle(folder: string, entries: readonly string[], output: string): Promise<void> {
  if (entries.length === 0) return;
  const build = await rolldown({
    // What the compiler wrote, because it also replaces syntax that older versions of Node.js do not know.
    input: Object.fromEntries(entries.map((entry) => [entry, join(folder, "dist", `${entry}.js`)])),
    external: /^[^./]/u,
    platform: "neutral",
    plugins: [{ name: "maps", load: loadWithMap }],
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  await build.write({
    dir: output,
    format: "esm",
    sourcemap: true,
    sourcemapExcludeSources: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    // The sources, to which the maps lead, have the others.
    comments: { annotation: true, jsdoc: false, legal: true },
    codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] },
  });
  await build.close();
}

/** Returns a compiled module with its map, so that the map of the bundle leads to the source. */
function loadWithMap(file: string): { readonly code: string; readonly map: string } {
  return { code: readFileSync(file, "utf8"), map: readFileSync(`${file}.map`, "utf8") };
}

if (import.meta.main) {
  const [folder = ""] = process.argv.slice(2);
  await bundlePackage(folder);
  const manifest = JSON.parse(readFileSync(0, "utf8")) as Manifest;
  process.stdout.write(JSON.stringify(publishedManifest(manifest)));
}
