export { azureBlobDriver, azureBlobStore, type AzureBlobStoreOptions } from "./azure-blob-store.ts";
export type { AzureBlobDriverOptions } from "./options.ts";
