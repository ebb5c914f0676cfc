import { range } from "../../utilities/parallel.ts";
import type { Step } from "./step.ts";

export type Plan = Pick<Step, "action" | "size">;

/** What a process does to the threads of a place until it is ended. */
export interface Workload {
  /** Threads that are taken in turn, line by line; all lines at the same time. `run` counts the processes. */
  readonly lines: (run: number) => readonly (readonly string[])[];
  readonly next: (turn: number, isThere: boolean) => Plan;
}

function replaces(...sizes: readonly number[]): Workload["next"] {
  return (turn, isThere) => ({
    action: isThere ? "replace" : "create",
    size: sizes[turn % sizes.length] ?? 0,
  });
}

export type WorkloadName =
  | "replacing"
  | "large"
  | "overwriting"
  | "many at once"
  | "growing"
  | "coming and going"
  | "chain";

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  replacing: { lines: () => [["a", "b", "c"]], next: replaces(100, 20_000, 3_000) },
  // Now a longer thread over a shorter one, now the other way round.
  large: { lines: () => [["large"]], next: replaces(500_000, 40_000) },
  overwriting: {
    lines: () => [["a", "b"]],
    next: (turn) => ({ action: "overwrite", size: turn % 2 === 0 ? 50_000 : 5_000 }),
  },
  // Whatever a store locks, it has locked all the time.
  "many at once": { lines: () => range(6).map((line) => [`line-${line}`]), next: replaces(2_000) },
  growing: { lines: (run) => [[`new-${run}-a`, "old", `new-${run}-b`]], next: replaces(500) },
  "coming and going": {
    lines: () => [["a"], ["b"]],
    next: (turn, isThere) => {
      if (!isThere) return { action: "create", size: 2_000 };
      return turn % 3 === 0 ? { action: "replace", size: 300 } : { action: "delete", size: 0 };
    },
  },
  chain: { lines: () => [["chain"]], next: replaces(50) },
};
