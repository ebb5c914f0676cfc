import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, it } from "vitest";
import { harnessFor, newContainer } from "./azurite.test.support.ts";

await describeWithService("azurite", "azure-blob", ({ connectionString }) => {
  const harness = harnessFor("azure-blob", () => newContainer(connectionString));
  register(harness, { describe, it, after: afterAll });
});
