import { register, type Selection } from "@threadstore/conformance";
import { startPostgres } from "@threadstore/services";
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
  // With quick effort, not the tiers that take long: `@threadstore/postgres` runs them against the same server.
  const isQuick = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";
  const selection: Selection = isQuick ? { tiers: ["core"] } : {};
  register(postgresHarness(endpoint.url, backend), { describe, it, after: afterAll }, selection);
});
