import type { Operation } from "./operation.ts";
import { cpuTimeMs, search, type SearchLimits } from "./search.ts";
import { knownAt, type State, type Step } from "./step.ts";

/** The CPU time for finding a smaller window, in milliseconds. */
const BUDGET_MS = 1_000;

/**
 * Of an illegal history, few operations that show it: up to the first answer that no order explains, without
 * the reads and conflicts that it is illegal without, and without what was over before the rest began.
 */
export function illegalWindow(steps: readonly Step[], limits: SearchLimits): Operation[] {
  const until = cpuTimeMs() + BUDGET_MS;
  const isIllegal = (some: readonly Step[]): boolean =>
    cpuTimeMs() < until && search(some, { ...limits, deadlineMs: BUDGET_MS / 4 }) === "illegal";
  const shortest = shortestIllegal(steps, isIllegal);
  return aroundReads(withoutNeedless(shortest, isIllegal)).map(({ operation }) => operation);
}

/** What is known at the first answer at which the history is illegal: it stays so with every later answer. */
function shortestIllegal(steps: readonly Step[], isIllegal: (some: readonly Step[]) => boolean): Step[] {
  const answers = steps
    .map(({ end }) => end)
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  let [low, high] = [0, answers.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isIllegal(knownAt(steps, answers[middle] ?? Infinity))) high = middle;
    else low = middle + 1;
  }
  return knownAt(steps, answers[high] ?? Infinity);
}

/** What changes nothing can be left out of a legal history: as long as the rest is illegal, it is to blame. */
function withoutNeedless(steps: readonly Step[], isIllegal: (some: readonly Step[]) => boolean): Step[] {
  let left = [...steps];
  for (const step of steps) {
    if (step.makes !== undefined) continue;
    const fewer = left.filter((each) => each !== step);
    if (isIllegal(fewer)) left = fewer;
  }
  return left;
}

function aroundReads(steps: readonly Step[]): Step[] {
  const last = steps.reduce((a, b) => (b.end !== Infinity && (a.end === Infinity || b.end > a.end) ? b : a));
  const essential = steps.filter((step) => step === last || step.makes === undefined);
  const states = new Set<State | undefined>(essential.flatMap(({ needs, refuses }) => [needs, refuses]));
  const told = steps.filter(
    ({ makes, needs }) => (makes !== undefined && states.has(makes)) || states.has(needs),
  );
  const from = Math.min(...[...essential, ...told].map(({ start }) => start));
  return steps.filter(({ end, optional }) => end >= from && (!optional || essential.length > 0));
}
