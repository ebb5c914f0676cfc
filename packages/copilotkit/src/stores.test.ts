import { EMBEDDED } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { expect, it } from "vitest";
import { CHECKS } from "./kit.test-helper.ts";

await describeStores("threads of CopilotKit", { quick: [...EMBEDDED, "redis"] }, ({ store }) => {
  it.each(CHECKS)("$name", async ({ name, run }) => {
    await run(store().namespace(name.slice(0, 20)));
    expect((await store().listPage()).threads).toEqual([]);
  });
});
