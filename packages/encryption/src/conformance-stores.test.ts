import { type Harness, register } from "@threadstore/conformance";
import { variantSelection } from "@threadstore/services/variant-selection";
import { locationWithin, openStore, SERVICE_LIMITS } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { afterAll, describe, it } from "vitest";
import { encrypted, innerOptions } from "./conformance.test-helper.ts";

// Memory and SQLite, with changed records and killed processes, are in conformance.test.ts.
const STORES = {
  full: ["file-system", "postgres", "redis", "azure-blob", "s3"],
  quick: ["file-system", "redis"],
} as const;

await describeStores("the conformance suite over encryption", STORES, ({ name, location }) => {
  const harness: Harness = {
    name: `${name} with encryption`,
    async open(part, options) {
      return encrypted(await openStore(locationWithin(location(), part), innerOptions(options)), options);
    },
    ...SERVICE_LIMITS[name],
    async destroy(part) {
      const store = await openStore(locationWithin(location(), part));
      await store.erase();
      await store.close();
    },
  };
  const sections = ["Existence", "Versions and races", "Listing", "Metadata"];
  register(
    harness,
    { describe, it, after: afterAll },
    variantSelection({ tiers: ["core", "concurrent"], sections }),
  );
});
