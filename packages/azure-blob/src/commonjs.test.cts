// Not run: the compiler checks that options accept the clients of an application that uses `require`. For TypeScript, the
// SDK's classes for `require` are different types than those for `import`, because they have private members.
import type { DefaultAzureCredential } from "@azure/identity";
import type { BlobServiceClient, ContainerClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import type { ContainerClient as OldContainerClient } from "storage-blob-12.26";
import type { AzureBlobStoreOptions } from "./index.ts" with { "resolution-mode": "import" };

const containers: readonly (ContainerClient | OldContainerClient)[] = [];
const credentials: readonly (DefaultAzureCredential | StorageSharedKeyCredential)[] = [];
const accounts: readonly BlobServiceClient[] = [];

const options: AzureBlobStoreOptions[] = [
  ...containers.map((container) => ({ container })),
  ...credentials.map((credential) => ({ accountUrl: "https://account", container: "threads", credential })),
];
// @ts-expect-error -- An account is not a container.
const wrong: AzureBlobStoreOptions[] = accounts.map((container) => ({ container }));
void [options, wrong];
