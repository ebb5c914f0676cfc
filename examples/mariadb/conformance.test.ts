import { register } from "@threadstore/conformance";
import { variantSelection } from "@threadstore/services/variant-selection";
import { describeWithService } from "@threadstore/services/vitest";
import { afterAll, describe, it } from "vitest";
import { mariadbHarness } from "./harness.ts";

await describeWithService("mariadb", "mariadbStore", ({ url }) => {
  // With quick effort, only the sections that depend most on the backend. The others take minutes.
  const selection = variantSelection({ sections: ["Names", "Append and touch", "Erasure"] });
  register(mariadbHarness(url), { describe, it, after: afterAll }, selection);
});
