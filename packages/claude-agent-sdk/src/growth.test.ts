import { it } from "vitest";
import { expectConstantCost } from "./growth.test-helper.ts";

it("the cost of an append does not grow with the session: 4,000 entries in small segments", async () => {
  await expectConstantCost(4000, 65_536);
});
