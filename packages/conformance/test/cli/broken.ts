import type { Harness } from "../../src/suite/harness.ts";
import { withBug } from "../mutants/mutant.ts";

// A harness for cli.test.ts. Its store loads `null` for missing threads, which is a known failure of E3-1. It fails the
// second run of C1-1 and leaves a rejection unhandled in C1-2.
let runsOfC11 = 0;
const broken = withBug("a broken | store", (inner) => ({
  load: async (...parameters) => (await inner.load(...parameters)) ?? (null as never),
}));

export const harness: Harness = {
  ...broken,
  async open(location, options) {
    if (location.startsWith("c1-1-") && ++runsOfC11 > 1) throw new Error("The second run fails.");
    if (location.startsWith("c1-2-")) void Promise.reject(new Error("unhandled on purpose"));
    return broken.open(location, options);
  },
  knownFailures: [{ case: "E3-1", reason: "load returns null", until: "2999-12-31" }],
};
