import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

interface Manifest {
  readonly name: string;
  readonly peerDependencies?: { readonly [name: string]: string };
  readonly devDependencies?: { readonly [name: string]: string };
}

/** A vendor's package that a package of this workspace needs. */
export interface VendorPeer {
  readonly folder: string;
  /** The package that needs it. */
  readonly name: string;
  readonly vendor: string;
  readonly range: string;
  /** The versions that the package is tested with, by the name under which its tests import them. */
  readonly installed: ReadonlyMap<string, string>;
}

/** The versions of the catalog, by package. */
const CATALOG = new Map(
  [
    ...readFileSync(join(ROOT, "pnpm-workspace.yaml"), "utf8").matchAll(
      /^ {2}"?([@\w./-]+)"?: (\d[\w.-]*)$/gmu,
    ),
  ].map(([, name = "", version = ""]) => [name, version]),
);

function installedVersions({ devDependencies = {} }: Manifest, vendor: string): Map<string, string> {
  const installed = Object.entries(devDependencies).flatMap(([name, specifier]) => {
    if (name !== vendor) {
      const version = specifier.startsWith(`npm:${vendor}@`) ? specifier.split("@").at(-1) : undefined;
      return version === undefined ? [] : [[name, version] as const];
    }
    return [[name, specifier === "catalog:" ? (CATALOG.get(vendor) ?? "") : specifier] as const];
  });
  return new Map(installed);
}

/** Returns the versions of zod with which tools are tested. No package needs zod. */
export function zodVersions(): string[] {
  const manifest = JSON.parse(readFileSync(join(ROOT, "packages/agent/package.json"), "utf8")) as Manifest;
  return [...installedVersions(manifest, "zod").values()];
}

/** Returns the vendors' packages that the packages of this workspace need. */
export function vendorPeers(): VendorPeer[] {
  return globSync("packages/*", { cwd: ROOT })
    .toSorted()
    .flatMap((folder) => {
      const manifest = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as Manifest;
      const { name, peerDependencies = {} } = manifest;
      return Object.entries(peerDependencies)
        .filter(([vendor]) => !vendor.startsWith("@threadstore/"))
        .map(([vendor, range]) => {
          return { folder, name, vendor, range, installed: installedVersions(manifest, vendor) };
        });
    });
}
