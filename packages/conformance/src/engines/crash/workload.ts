import { range } from "../../utilities/parallel.ts";
import type { Step } from "./step.ts";

export type Plan = Pick<Step, "action" | "size" | "keeps">;

/** The changes that a process makes to the threads at a location until it is stopped. */
export interface Workload {
  /**
   * Thread ids by lane. All lanes run concurrently, and each changes its threads in rotation. `run` is the number of
   * the process.
   */
  readonly lanes: (run: number) => readonly (readonly string[])[];
  readonly next: (round: number, exists: boolean) => Plan;
}

function replaces(...sizes: readonly number[]): Workload["next"] {
  return (round, exists) => ({
    action: exists ? "replace" : "create",
    size: sizes[round % sizes.length] ?? 0,
  });
}

export type WorkloadName =
  | "replacing"
  | "editing"
  | "large"
  | "overwriting"
  | "concurrent"
  | "growing"
  | "creating and deleting"
  | "chain";

export const WORKLOADS: Readonly<Record<WorkloadName, Workload>> = {
  // Every other round of the threads appends to them.
  replacing: {
    lanes: () => [["a", "b", "c"]],
    next: (round, exists) => {
      const plan = replaces(100, 20_000, 3_000)(round, exists);
      return exists && Math.floor(round / 3) % 2 === 1 ? { ...plan, action: "append" } : plan;
    },
  },
  // Threads grow by elements of several lengths, and now and then lose half of them.
  editing: {
    lanes: () => [["a", "b"], ["c"]],
    next: (round, exists) => ({
      action: exists ? "edit" : "create",
      size: [3_000, 200, 9_000, 1_000, 20_000][round % 5] ?? 0,
      keeps: round % 7 === 6 ? "half" : "all",
    }),
  },
  // Alternates between replacing a shorter thread with a longer one and the reverse.
  large: { lanes: () => [["large"]], next: replaces(300_000, 40_000) },
  overwriting: {
    lanes: () => [["a", "b"]],
    next: (round) => ({ action: "overwrite", size: round % 2 === 0 ? 50_000 : 5_000 }),
  },
  // If the store locks anything, some lane holds the lock at any time.
  concurrent: { lanes: () => range(6).map((lane) => [`lane-${lane}`]), next: replaces(2_000) },
  growing: { lanes: (run) => [[`new-${run}-a`, "old", `new-${run}-b`]], next: replaces(500) },
  "creating and deleting": {
    lanes: () => [["a"], ["b"]],
    next: (round, exists) => {
      if (!exists) return { action: "create", size: 2_000 };
      return round % 3 === 0 ? { action: "replace", size: 300 } : { action: "delete", size: 0 };
    },
  },
  chain: { lanes: () => [["chain"]], next: replaces(50) },
};
