import { register } from "@threadstore/conformance";
import { startPostgres } from "@threadstore/services";
import { variantSelection } from "@threadstore/services/variant-selection";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, it } from "vitest";
import { postgresHarness } from "./harness.ts";

await describeWithService("postgres", "postgresStore", async () => {
  // Not the shared server, because some cases crash it.
  const { endpoint, servers, stop } = await startPostgres();
  afterAll(stop);
  const backend = {
    crash: async () => {
      await servers.postgres.kill();
      await servers.postgres.restart();
    },
  };
  // Not the sections and tiers that take long: `@threadstore/postgres` runs them against the same server.
  const sections = ["Values", "Existence", "Versions and races", "Metadata"];
  const selection = variantSelection({ tiers: ["core"], sections });
  register(postgresHarness(endpoint.url, backend), { describe, it, after: afterAll }, selection);
});
