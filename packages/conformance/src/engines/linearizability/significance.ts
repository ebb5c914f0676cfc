import type { Effort } from "../../suite/settings.ts";
import type { Operation } from "./operation.ts";

/** Counts that show whether histories are conclusive. */
export interface Tally {
  readonly replaced: number;
  readonly conflicts: number;
  /** Pairs of concurrent calls on the same thread, of which at least one is a write. */
  readonly overlaps: number;
  readonly unknown: number;
  readonly operations: number;
}

export const EMPTY_TALLY: Tally = { replaced: 0, conflicts: 0, overlaps: 0, unknown: 0, operations: 0 };

/** Per case, across all of its histories. */
const MINIMUM = {
  quick: { replaced: 20, conflicts: 20, overlaps: 50 },
  full: { replaced: 60, conflicts: 60, overlaps: 150 },
} as const;

export function addToTally(tally: Tally, history: readonly Operation[]): Tally {
  const count = (is: (operation: Operation) => boolean): number => history.filter(is).length;
  return {
    replaced: tally.replaced + count(isReplaced),
    conflicts: tally.conflicts + count(({ outcome }) => outcome === "conflict"),
    overlaps: tally.overlaps + overlapsIn(history),
    unknown: tally.unknown + count(({ outcome }) => outcome === "unknown"),
    operations: tally.operations + history.length,
  };
}

/** Describes the counts that are too low; `undefined` if the histories are conclusive. */
export function shortfallOf(
  { replaced, conflicts, overlaps, unknown, operations }: Tally,
  effort: Effort,
): string | undefined {
  const minimum = MINIMUM[effort];
  const shortfalls = [
    ...(replaced < minimum.replaced ? [`only ${replaced} versions were replaced`] : []),
    ...(conflicts < minimum.conflicts ? [`only ${conflicts} calls were conflicts`] : []),
    ...(overlaps < minimum.overlaps ? [`only ${overlaps} pairs of calls overlapped`] : []),
    ...(unknown > operations * 0.3 ? [`${unknown} of ${operations} responses were lost`] : []),
  ];
  return shortfalls.length === 0 ? undefined : shortfalls.join(", ");
}

function isReplaced(each: Operation): boolean {
  if (each.outcome !== "done") return false;
  if (each.type === "save") return typeof each.previous === "string";
  return each.type === "append" || (each.type === "touch" && each.touched === true);
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
