import { cases, type ConformanceCase, type Harness } from "../../src/index.ts";
import { mutants } from "./index.ts";

export function caseOf(id: string): ConformanceCase {
  const match = cases.find((each) => each.id === id);
  if (match === undefined) throw new Error(`Unknown case ${id}.`);
  return match;
}

/** Returns a new harness of a mutant. */
export function harnessOfMutant(name: string): Harness {
  const match = mutants.find((each) => each.name === name);
  if (match === undefined) throw new Error(`Unknown mutant ${name}.`);
  return match.make();
}
