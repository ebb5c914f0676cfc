import { ContainerClient } from "@azure/storage-blob";
import type { ThreadStore } from "@threadstore/core";
import { azureBlobStore } from "./azure-blob-store.ts";

/** The container, for the other processes of the conformance suite. */
export interface PeerContainer {
  readonly connectionString: string;
  readonly containerName: string;
}

export function openPeer(place: string, { connectionString, containerName }: PeerContainer): ThreadStore {
  return azureBlobStore({ container: new ContainerClient(connectionString, containerName), prefix: place });
}
