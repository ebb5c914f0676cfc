import type { Harness } from "../../src/suite/harness.ts";
import { withBug } from "../mutants/mutant.ts";

// For cli.test.ts: a store that loads null, which one case is told to overlook, and whose second run of C1-1 fails.
let runsOfVersions = 0;
const broken = withBug("a broken | store", (inner) => ({
  load: async (...parameters) => (await inner.load(...parameters)) ?? (null as never),
}));

export const harness: Harness = {
  ...broken,
  async open(place, options) {
    if (place.startsWith("c1-1-") && ++runsOfVersions > 1) throw new Error("The second run fails.");
    if (place.startsWith("c1-2-")) void Promise.reject(new Error("nobody cares"));
    return broken.open(place, options);
  },
  waivers: [{ case: "E3-1", reason: "null is returned", until: "2999-12-31" }],
};
