import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, it } from "vitest";
import { harnessFor, networkOf, newContainer, childProcessFor } from "./azurite.test-helper.ts";

await describeWithService("azurite", "azure-blob", async ({ connectionString }) => {
  const container = await newContainer(connectionString);
  const network = networkOf(connectionString, container);
  const childProcess = childProcessFor(connectionString, container);
  const secrets = [/AccountKey=([^;]+)/u.exec(connectionString)?.[1] ?? connectionString];
  register(
    { ...harnessFor("azure-blob", container), network, childProcess, secrets },
    { describe, it, after: afterAll },
  );
});
