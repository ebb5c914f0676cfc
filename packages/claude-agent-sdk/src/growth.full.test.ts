import { it } from "vitest";
import { expectConstantCost } from "./growth.test-helper.ts";

it("the cost of an append does not grow with the session: 50,000 entries", async () => {
  await expectConstantCost(50_000, 524_288);
});
