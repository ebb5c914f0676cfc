import type { ThreadStore } from "@threadstore/core";
import type { S3StoreOptions } from "@threadstore/s3";

/** A store that processes share, as the argument of a child process. */
export type StorePlace =
  | { readonly kind: "azure-blob"; readonly connectionString: string; readonly container: string }
  | { readonly kind: "file-system"; readonly folder: string }
  | { readonly kind: "postgres"; readonly url: string; readonly tablePrefix: string }
  | { readonly kind: "redis"; readonly url: string; readonly prefix: string }
  | { readonly kind: "s3"; readonly options: S3StoreOptions }
  | { readonly kind: "sqlite"; readonly path: string };

/** Opens the store. Loads only the package of its kind. */
export async function openStore(place: StorePlace): Promise<ThreadStore> {
  switch (place.kind) {
    case "azure-blob": {
      const { containerNamed } = await import("../../../azure-blob/dist/azurite.test-helper.js");
      const { azureBlobStore } = await import("@threadstore/azure-blob");
      return azureBlobStore({ container: containerNamed(place.connectionString, place.container) });
    }
    case "file-system":
      return (await import("@threadstore/file-system")).fileSystemStore({ folder: place.folder });
    case "postgres": {
      const { url, tablePrefix } = place;
      return (await import("@threadstore/postgres")).postgresStore({ url, tablePrefix });
    }
    case "redis": {
      const { url, prefix } = place;
      return (await import("@threadstore/redis")).redisStore({ url, prefix });
    }
    case "s3":
      return (await import("@threadstore/s3")).s3Store(place.options);
    case "sqlite":
      return (await import("@threadstore/sqlite")).sqliteStore({ path: place.path });
    default:
      throw new Error("Unknown kind of store.");
  }
}
