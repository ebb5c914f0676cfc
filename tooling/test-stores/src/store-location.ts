import { createHash } from "node:crypto";
import { join } from "node:path";
import type { StoreOptions, ThreadStore } from "@threadstore/core";
import type { S3StoreOptions } from "@threadstore/s3";

/** Where a store keeps its threads. It is JSON, so that a test can pass it to the processes that share the store. */
export type StoreLocation =
  | {
      readonly kind: "azure-blob";
      readonly connectionString: string;
      readonly container: string;
      readonly prefix?: string;
    }
  | { readonly kind: "file-system"; readonly folder: string }
  /** A new store each time that it is opened. */
  | { readonly kind: "memory" }
  | { readonly kind: "postgres"; readonly url: string; readonly tablePrefix: string }
  | { readonly kind: "redis"; readonly url: string; readonly prefix: string }
  | { readonly kind: "s3"; readonly options: S3StoreOptions }
  | { readonly kind: "sqlite"; readonly path: string };

/** Opens the store. Loads only the package of its kind. */
export async function openStore(location: StoreLocation, options: StoreOptions = {}): Promise<ThreadStore> {
  switch (location.kind) {
    case "azure-blob": {
      const { ContainerClient } = await import("@azure/storage-blob");
      const { azureBlobStore } = await import("@threadstore/azure-blob");
      return azureBlobStore({
        ...options,
        ...(location.prefix !== undefined && { prefix: location.prefix }),
        container: new ContainerClient(location.connectionString, location.container),
      });
    }
    case "file-system":
      return (await import("@threadstore/file-system")).fileSystemStore({
        ...options,
        folder: location.folder,
      });
    case "memory":
      return (await import("@threadstore/core")).memoryStore(options);
    case "postgres": {
      const { url, tablePrefix } = location;
      return (await import("@threadstore/postgres")).postgresStore({ ...options, url, tablePrefix });
    }
    case "redis": {
      const { url, prefix } = location;
      return (await import("@threadstore/redis")).redisStore({ ...options, url, prefix });
    }
    case "s3":
      return (await import("@threadstore/s3")).s3Store({ ...options, ...location.options });
    case "sqlite":
      return (await import("@threadstore/sqlite")).sqliteStore({ ...options, path: location.path });
    default:
      throw new Error("Unknown kind of store.");
  }
}

/** Returns another location for each name, which shares nothing with the others: a folder, a table or a key prefix. */
export function locationWithin(base: StoreLocation, name: string): StoreLocation {
  // Short, because PostgreSQL limits the length of names.
  const unique = createHash("sha256").update(name).digest("hex").slice(0, 12);
  switch (base.kind) {
    case "azure-blob":
      return { ...base, prefix: unique };
    case "file-system":
      return { ...base, folder: join(base.folder, unique) };
    case "memory":
      return base;
    case "postgres":
      return { ...base, tablePrefix: `${base.tablePrefix}${unique}_` };
    case "redis":
      return { ...base, prefix: `${base.prefix}-${unique}` };
    case "s3":
      return { ...base, options: { ...base.options, prefix: `${unique}/` } };
    case "sqlite":
      return { ...base, path: `${base.path}-${unique}` };
    default:
      throw new Error("Unknown kind of store.");
  }
}
