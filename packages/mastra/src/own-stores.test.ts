import { expect, it } from "vitest";
import { failedChecks, inMemoryClients } from "./own-stores.test-helper.ts";

// What the README says about the store.
it("Mastra's store in memory does not pass these checks", async () => {
  expect([...(await failedChecks(await inMemoryClients())).keys()]).toEqual([
    "messages of the same time keep their order, and descending is exactly the reverse",
    "messages of a thread that does not exist are rejected, and nothing of them is stored",
    "a thread that is deleted while clients write to it is gone, or was created again as a whole",
  ]);
});
