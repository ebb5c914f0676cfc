import { ContainerClient } from "@azure/storage-blob";
import type { ThreadStore } from "@threadstore/core";
import { azureBlobStore } from "./azure-blob-store.ts";

/** The prefix of the stores in each container. */
export const PREFIX = "threads";

/** How the other processes of the conformance suite find the container of a location. */
export interface ChildProcessParameters {
  readonly connectionString: string;
  /** The name of each container, up to its location. */
  readonly namePrefix: string;
}

/** Resolves with the container of the location. Creates it first if it does not exist. */
export async function containerAt(
  location: string,
  { connectionString, namePrefix }: ChildProcessParameters,
): Promise<ContainerClient> {
  const container = new ContainerClient(connectionString, `${namePrefix}-${location}`);
  await container.createIfNotExists();
  return container;
}

export async function openStore(location: string, parameters: ChildProcessParameters): Promise<ThreadStore> {
  return azureBlobStore({ container: await containerAt(location, parameters), prefix: PREFIX });
}
