import { register } from "@threadstore/conformance";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, it } from "vitest";
import { postgresHarness } from "./harness.ts";

await describeWithService("postgres", "postgresStore", ({ url }) => {
  register(postgresHarness(url), { describe, it, after: afterAll });
});
