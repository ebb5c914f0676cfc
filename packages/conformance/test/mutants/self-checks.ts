import { plainHarness } from "../stores/plain/plain-harness.ts";
import type { Mutant } from "./mutant.ts";

const NAME = "never destroyed";

export const selfCheckMutants: readonly Mutant[] = [
  {
    name: NAME,
    bug: "does not delete the threads of a destroyed location",
    base: "memory",
    killedBy: ["D3-2"],
    make: () => ({ ...plainHarness(NAME), destroy: async () => undefined }),
  },
];
