import { EMBEDDED, IS_QUICK, type StoreName } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it } from "vitest";
import { ThreadStoreSessionService } from "./index.ts";
import type { Check } from "./kit/check.test-helper.ts";
import { RACES } from "./kit/races.test-helper.ts";
import { SESSIONS } from "./kit/sessions.test-helper.ts";

const CHECKS = [...SESSIONS, ...RACES];

/** Returns the checks for a store. In memory and on SQLite, they cost little. */
function checksFor(name: StoreName): readonly Check[] {
  if (!IS_QUICK || name === "memory" || name === "sqlite") return CHECKS;
  return CHECKS.filter(({ quick }) => quick === true);
}

await describeStores("sessions", { quick: [...EMBEDDED, "azure-blob"] }, ({ name, store }) => {
  it.each(checksFor(name))("$name", async ({ run }) => {
    const openService = () => new ThreadStoreSessionService({ store: store() });
    await run({ service: openService(), open: openService });
    expect(run).toBeDefined();
  });
});
