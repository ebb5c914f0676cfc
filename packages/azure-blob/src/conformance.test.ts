import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, it } from "vitest";
import { childProcessFor, Containers, harnessFor, networkOf } from "./azurite.test-helper.ts";

await describeWithService("azurite", "azure-blob", async ({ connectionString }) => {
  const containers = new Containers(connectionString);
  const secrets = [/AccountKey=([^;]+)/u.exec(connectionString)?.[1] ?? connectionString];
  register(
    {
      ...harnessFor("azure-blob", containers),
      network: networkOf(containers),
      childProcess: childProcessFor(containers),
      secrets,
    },
    { describe, it, after: afterAll },
  );
});
