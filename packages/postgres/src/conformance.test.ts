import { register } from "@threadstore/conformance";
import { startPostgres } from "@threadstore/services";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, it } from "vitest";
import { urlHarness } from "./harness.test-helper.ts";
import { directConnection } from "./postgres.test-helper.ts";

const runner = { describe, it, after: afterAll };

await describeWithService("postgres", "postgresStore on a server", async (shared) => {
  // Some cases kill the server. A server from the environment must not be killed.
  if (process.env["THREADSTORE_TEST_POSTGRES_URL"] !== undefined) {
    const { direct, end } = directConnection(shared.url);
    afterAll(end);
    return register(urlHarness("postgres", shared.url, direct), runner);
  }
  const { endpoint, servers, stop } = await startPostgres();
  const { direct, end } = directConnection(endpoint.url);
  afterAll(async () => {
    await end();
    await stop();
  });
  const crash = async (): Promise<void> => {
    await servers.postgres.kill();
    await servers.postgres.restart();
  };
  return register({ ...urlHarness("postgres", endpoint.url, direct), backend: { crash } }, runner);
});
