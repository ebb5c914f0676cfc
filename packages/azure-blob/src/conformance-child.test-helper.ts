import { ContainerClient } from "@azure/storage-blob";
import type { ThreadStore } from "@threadstore/core";
import { azureBlobStore } from "./azure-blob-store.ts";

/** The container, for the other processes of the conformance suite. */
export interface ChildProcessParameters {
  readonly connectionString: string;
  readonly containerName: string;
}

export function openStore(
  location: string,
  { connectionString, containerName }: ChildProcessParameters,
): ThreadStore {
  return azureBlobStore({
    container: new ContainerClient(connectionString, containerName),
    prefix: location,
  });
}
