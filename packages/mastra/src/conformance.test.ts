import { EMBEDDED, IS_QUICK, type StoreName } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it } from "vitest";
import { ThreadStoreMemory } from "./index.ts";
import type { Check } from "./kit/check.test-helper.ts";
import { COPIES } from "./kit/copies.test-helper.ts";
import { LISTINGS } from "./kit/listings.test-helper.ts";
import { MESSAGES } from "./kit/messages.test-helper.ts";
import { RACES } from "./kit/races.test-helper.ts";
import { THREADS } from "./kit/threads.test-helper.ts";

const CHECKS = [...THREADS, ...MESSAGES, ...LISTINGS, ...COPIES, ...RACES];

/** Returns the checks for a store. In memory and on SQLite, they cost little. */
function checksFor(name: StoreName): readonly Check[] {
  if (!IS_QUICK || name === "memory" || name === "sqlite") return CHECKS;
  return CHECKS.filter(({ quick }) => quick === true);
}

await describeStores("memory", { quick: [...EMBEDDED, "postgres"] }, ({ name, store }) => {
  it.each(checksFor(name))("$name", async ({ run }) => {
    const openMemory = () => new ThreadStoreMemory({ store: store() });
    await run({ memory: openMemory(), open: openMemory });
    expect(run).toBeDefined();
  });
});
