export { azureBlobDriver, azureBlobStore, type AzureBlobStoreOptions } from "./azure-blob-store.ts";
export type { ContainerClientLike, SharedKeyCredentialLike } from "./container-client.ts";
export type {
  AzureBlobAccountOptions,
  AzureBlobContainerOptions,
  AzureBlobDriverOptions,
} from "./options.ts";
