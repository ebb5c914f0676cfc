import type { Selection } from "../../src/suite/selection.ts";
import { suiteSettings } from "../../src/suite/settings.ts";
import { mutants } from "./index.ts";
import type { Mutant } from "./mutant.ts";

/**
 * The cases that must kill the mutants of a base. The correct store must pass them, so that each failure is due to
 * the bug. With full effort, all cases.
 */
export function casesOfBase(base: Mutant["base"]): Selection {
  if (suiteSettings().effort === "full") return {};
  const mutantsOfBase = mutants.filter((mutant) => mutant.base === base);
  return { cases: [...new Set(mutantsOfBase.flatMap(({ killedBy }) => killedBy))] };
}
