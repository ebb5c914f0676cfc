import type { Selection } from "../../src/suite/selection.ts";
import { suiteSettings } from "../../src/suite/settings.ts";
import { zoo } from "./index.ts";
import type { Mutant } from "./mutant.ts";

/**
 * The cases that are to find the mutants of a base: that it passes those shows that what they find is the bug's. With
 * full effort, all.
 */
export function casesOfBase(base: Mutant["base"]): Selection {
  if (suiteSettings().effort === "full") return {};
  const mutants = zoo.filter((mutant) => mutant.base === base);
  return { cases: [...new Set(mutants.flatMap(({ killedBy }) => killedBy))] };
}
