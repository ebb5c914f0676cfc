import { EMBEDDED, IS_QUICK, type StoreName } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it } from "vitest";
import { strandsStorage } from "./index.ts";
import { type Check, CHECKS } from "./kit.test-helper.ts";

/** Returns the checks for a store. In memory and on SQLite, they cost little. */
function checksFor(name: StoreName): readonly Check[] {
  if (!IS_QUICK || name === "memory" || name === "sqlite") return CHECKS;
  return CHECKS.filter(({ quick }) => quick === true);
}

await describeStores("values", { quick: [...EMBEDDED, "s3"] }, ({ name, store }) => {
  it.each(checksFor(name))("$name", async ({ run }) => {
    const openStorage = () => strandsStorage({ store: store() });
    await run({ storage: openStorage(), open: openStorage });
    expect(run).toBeDefined();
  });
});
