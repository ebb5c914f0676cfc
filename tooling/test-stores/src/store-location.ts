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
