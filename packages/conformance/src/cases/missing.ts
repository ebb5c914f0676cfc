import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { refuses, same } from "../suite/expectations.ts";
import { everyCall } from "./calls.ts";
import { promptly } from "./changes.ts";
import { graceMs } from "./hurry.ts";

export const missing: ConformanceCase[] = section("Errors", "core", [
  {
    id: "E07",
    title:
      "a bucket, database or folder that is not there is MISCONFIGURED for every call, and never nothing",
    clauses: ["E1", "F1"],
    powers: ["missing"],
    timeoutMs: 30_000,
    async run(context) {
      const store = await context.openMissing();
      for (const [name, call] of everyCall(store, "a", { timeoutMs: 10_000 })) {
        const promised = `${name} where what the store needs is not there`;
        // What is missing does not come by itself: who tries again to no avail takes too long.
        const outcome = await promptly(graceMs(context), `${promised} fails at once`, call);
        const error = await refuses("MISCONFIGURED", promised, async () => {
          if (outcome.state === "rejected") throw outcome.error;
          return outcome.value;
        });
        same(error.retryable, false, "MISCONFIGURED says that trying again cannot help");
      }
    },
  },
]);
