import { createHash } from "node:crypto";
import { join } from "node:path";
import { ContainerClient } from "@azure/storage-blob";
import { azureBlobDriver } from "@threadstore/azure-blob";
import { type Harness, register } from "@threadstore/conformance";
import { createThreadStore, memoryDriver, type ThreadDriver } from "@threadstore/core/driver";
import { fileSystemDriver } from "@threadstore/file-system";
import { postgresDriver } from "@threadstore/postgres";
import { redisDriver } from "@threadstore/redis";
import { s3Driver } from "@threadstore/s3";
import { variantSelection } from "@threadstore/services/variant-selection";
import { sqliteDriver } from "@threadstore/sqlite";
import type { StoreLocation } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { afterAll, describe, it } from "vitest";
import { openOver } from "./conformance.test-helper.ts";

/** Returns a short name for a location of the suite, because PostgreSQL limits the length of names. */
function partOf(location: string): string {
  return `t${createHash("sha256").update(location).digest("hex").slice(0, 12)}`;
}

/** Opens a driver for a part of the store that no other case uses. */
function driverAt(store: StoreLocation, part: string): ThreadDriver {
  switch (store.kind) {
    case "azure-blob": {
      const container = new ContainerClient(store.connectionString, store.container);
      return azureBlobDriver({ container, prefix: part });
    }
    case "file-system":
      return fileSystemDriver({ folder: join(store.folder, part) });
    case "memory":
      return memoryDriver();
    case "postgres":
      return postgresDriver({ url: store.url, tablePrefix: `${part}_` });
    case "redis":
      return redisDriver({ url: store.url, prefix: `${store.prefix}${part}:` });
    case "s3":
      return s3Driver({ ...store.options, prefix: `${part}/` });
    case "sqlite":
      return sqliteDriver({ path: `${store.path}.${part}`, synchronous: "normal" });
    default:
      throw new Error("Unknown kind of store.");
  }
}

// Memory and SQLite, with changed records and killed processes, are in conformance.test.ts.
const STORES = {
  full: ["file-system", "postgres", "redis", "azure-blob", "s3"],
  quick: ["file-system", "redis"],
} as const;

await describeStores("the conformance suite over encryption", STORES, ({ name, location }) => {
  const harness: Harness = {
    name: `${name} with encryption`,
    async open(part, options) {
      return openOver(driverAt(location(), partOf(part)), options);
    },
    // These services keep times to the second.
    ...(name === "azure-blob" || name === "s3" ? { recencyPrecisionMs: 1000 } : {}),
    async destroy(part) {
      const store = createThreadStore(driverAt(location(), partOf(part)));
      await store.erase();
      await store.close();
    },
  };
  const sections = ["Existence", "Versions and races", "Listing", "Metadata"];
  register(
    harness,
    { describe, it, after: afterAll },
    variantSelection({ tiers: ["core", "concurrent"], sections }),
  );
});
