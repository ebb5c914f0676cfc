import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, it } from "vitest";
import { harnessFor, networkOf, newContainer, peerFor } from "./azurite.test-helper.ts";

await describeWithService("azurite", "azure-blob", async ({ connectionString }) => {
  const container = await newContainer(connectionString);
  const network = networkOf(connectionString, container);
  const peer = peerFor(connectionString, container);
  register({ ...harnessFor("azure-blob", container), network, peer }, { describe, it, after: afterAll });
});
