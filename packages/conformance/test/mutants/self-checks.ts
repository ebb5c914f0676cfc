import { plainHarness } from "../stores/plain/plain-harness.ts";
import type { Mutant } from "./mutant.ts";

const NAME = "never destroyed";

export const selfCheckMutants: readonly Mutant[] = [
  {
    name: NAME,
    bug: "has its threads still when its place was destroyed",
    base: "memory",
    killedBy: ["D3-2"],
    make: () => ({ ...plainHarness(NAME), destroy: async () => undefined }),
  },
];
