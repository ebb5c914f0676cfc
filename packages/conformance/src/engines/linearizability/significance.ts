import type { Effort } from "../../suite/settings.ts";
import type { Operation } from "./operation.ts";

/** What histories have to be made of, to prove anything. */
export interface Tally {
  readonly replaced: number;
  readonly conflicts: number;
  /** Pairs of calls on one thread, at least one of them a write, that were under way at once. */
  readonly overlaps: number;
  readonly unknown: number;
  readonly operations: number;
}

export const emptyTally: Tally = { replaced: 0, conflicts: 0, overlaps: 0, unknown: 0, operations: 0 };

/** Per case, over all its histories. */
const LEAST = {
  quick: { replaced: 20, conflicts: 20, overlaps: 50 },
  full: { replaced: 60, conflicts: 60, overlaps: 150 },
} as const;

export function add(tally: Tally, history: readonly Operation[]): Tally {
  const count = (is: (operation: Operation) => boolean): number => history.filter(is).length;
  return {
    replaced: tally.replaced + count(isReplaced),
    conflicts: tally.conflicts + count(({ outcome }) => outcome === "conflict"),
    overlaps: tally.overlaps + overlapsIn(history),
    unknown: tally.unknown + count(({ outcome }) => outcome === "unknown"),
    operations: tally.operations + history.length,
  };
}

/** What there is too little of, in words; `undefined` when there is enough. */
export function lackIn(
  { replaced, conflicts, overlaps, unknown, operations }: Tally,
  effort: Effort,
): string | undefined {
  const least = LEAST[effort];
  const lacks = [
    ...(replaced < least.replaced ? [`${replaced} versions were replaced`] : []),
    ...(conflicts < least.conflicts ? [`${conflicts} calls were conflicts`] : []),
    ...(overlaps < least.overlaps ? [`${overlaps} pairs of calls overlapped`] : []),
    ...(unknown > operations * 0.3 ? [`${unknown} of ${operations} answers were lost`] : []),
  ];
  return lacks.length === 0 ? undefined : lacks.join(", ");
}

function isReplaced(each: Operation): boolean {
  return each.type === "save" && each.outcome === "done" && typeof each.previous === "string";
}

function overlapsIn(history: readonly Operation[]): number {
  const inOrder = history.toSorted((a, b) => a.start - b.start);
  return inOrder.reduce((sum, one, index) => {
    const until = one.end ?? one.start;
    let overlaps = 0;
    for (const other of inOrder.slice(index + 1)) {
      if (other.start >= until) break;
      const isRace = one.thread === other.thread && (one.type !== "load" || other.type !== "load");
      overlaps += isRace ? 1 : 0;
    }
    return sum + overlaps;
  }, 0);
}
