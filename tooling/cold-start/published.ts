import { readFileSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundlePackage, type Manifest, publishedManifest } from "./bundle.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A store's package, and the client library that its users install; `undefined` if it needs none. */
export interface StorePackage {
  readonly name: string;
  readonly client: string | undefined;
}

export const STORE_PACKAGES: readonly StorePackage[] = [
  { name: "core", client: undefined },
  { name: "file-system", client: undefined },
  { name: "sqlite", client: "better-sqlite3" },
  { name: "redis", client: "ioredis" },
  { name: "postgres", client: "pg" },
  { name: "s3", client: "@aws-sdk/client-s3" },
  { name: "azure-blob", client: "@azure/storage-blob" },
];

/** Puts the packages of the stores into `folder/node_modules`, as they are published, with their client libraries. */
export async function installStores(folder: string): Promise<void> {
  const modules = join(folder, "node_modules");
  await Promise.all(
    STORE_PACKAGES.map(async ({ name, client }) => {
      const source = join(ROOT, "packages", name);
      const target = join(modules, "@threadstore", name);
      await bundlePackage(source, join(target, "dist/bundle"));
      const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8")) as Manifest;
      await writeFile(join(target, "package.json"), JSON.stringify(publishedManifest(manifest)));
      if (client === undefined) return;
      await mkdir(dirname(join(modules, client)), { recursive: true });
      await symlink(join(source, "node_modules", client), join(modules, client));
    }),
  );
}

export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}
