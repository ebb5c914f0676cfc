import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, it } from "vitest";
import { urlHarness } from "./harness.test-helper.ts";
import { postgresStore } from "./postgres-store.ts";
import { directConnection } from "./postgres.test-helper.ts";

await describeWithService("pgbouncer", "postgresStore through PgBouncer", ({ url, directUrl }) => {
  const { direct, end } = directConnection(directUrl);
  afterAll(end);
  // PgBouncer reports a missing database only after its own attempts.
  const missing = async () => postgresStore({ url, schema: "nowhere" });
  const harness = { ...urlHarness("postgres, PgBouncer", url, direct), missing };
  register(harness, { describe, it, after: afterAll });
});
