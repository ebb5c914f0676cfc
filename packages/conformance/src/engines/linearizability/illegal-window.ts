import type { Operation } from "./operation.ts";
import { cpuTimeMs, search, type SearchLimits } from "./search.ts";
import { knownAt, type State, type Step } from "./step.ts";

/** The CPU time that shrinking the window may take, in milliseconds. */
const BUDGET_MS = 1_000;

/**
 * Returns a few operations that show why a history is illegal. The window ends at the first response that no order
 * explains. It omits reads and conflicts without which it is still illegal, and operations that ended before the others
 * began.
 */
export function illegalWindow(steps: readonly Step[], limits: SearchLimits): Operation[] {
  const until = cpuTimeMs() + BUDGET_MS;
  const isIllegal = (some: readonly Step[]): boolean =>
    cpuTimeMs() < until && search(some, { ...limits, deadlineMs: BUDGET_MS / 4 }) === "illegal";
  const shortest = shortestIllegal(steps, isIllegal);
  return aroundReads(withoutIrrelevant(shortest, isIllegal)).map(({ operation }) => operation);
}

/** Returns the shortest illegal prefix of the history. Once a prefix is illegal, all longer ones are too. */
function shortestIllegal(steps: readonly Step[], isIllegal: (some: readonly Step[]) => boolean): Step[] {
  const responses = steps
    .map(({ end }) => end)
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  let [low, high] = [0, responses.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isIllegal(knownAt(steps, responses[middle] ?? Infinity))) high = middle;
    else low = middle + 1;
  }
  return knownAt(steps, responses[high] ?? Infinity);
}

/**
 * Omits steps that change nothing, as long as the others are still illegal. A legal history stays legal without such a
 * step, so the cause must be among the others.
 */
function withoutIrrelevant(steps: readonly Step[], isIllegal: (some: readonly Step[]) => boolean): Step[] {
  let remaining = [...steps];
  for (const step of steps) {
    if (step.resultingState !== undefined) continue;
    const fewer = remaining.filter((each) => each !== step);
    if (isIllegal(fewer)) remaining = fewer;
  }
  return remaining;
}

function aroundReads(steps: readonly Step[]): Step[] {
  const last = steps.reduce((a, b) => (b.end !== Infinity && (a.end === Infinity || b.end > a.end) ? b : a));
  const essential = steps.filter((step) => step === last || step.resultingState === undefined);
  const states = new Set<State | undefined>(
    essential.flatMap(({ requiredState, excludedState }) => [requiredState, excludedState]),
  );
  const related = steps.filter(
    ({ requiredState, resultingState }) =>
      (resultingState !== undefined && states.has(resultingState)) || states.has(requiredState),
  );
  const from = Math.min(...[...essential, ...related].map(({ start }) => start));
  return steps.filter(({ end, optional }) => end >= from && (!optional || essential.length > 0));
}
