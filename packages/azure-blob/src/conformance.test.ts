import type { ContainerClient } from "@azure/storage-blob";
import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, it } from "vitest";
import { harnessFor, networkOf, newContainer } from "./azurite.test.support.ts";

await describeWithService("azurite", "azure-blob", ({ connectionString }) => {
  let made: Promise<ContainerClient> | undefined;
  const containerOf = (): Promise<ContainerClient> => (made ??= newContainer(connectionString));
  const network = networkOf(connectionString, containerOf);
  register({ ...harnessFor("azure-blob", containerOf), network }, { describe, it, after: afterAll });
});
