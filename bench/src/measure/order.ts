import type { Backend } from "../clients/client.ts";
import { growth } from "../workloads/growth.ts";
import { pointLoad, pointSave, warmLoad } from "../workloads/whole-threads.ts";
import type { Scale, Workload, WorkloadCase } from "../workloads/workload.ts";
import type { Group } from "./result.ts";

/** What a run is asked for. */
export interface Selection {
  readonly backends: readonly Backend[];
  readonly workloads: readonly Workload[];
  readonly groups: readonly Group[];
  readonly scale: Scale;
  /** Only cases of these sizes run; all of them if `undefined`. */
  readonly sizes: readonly number[] | undefined;
}

/** Cases that run one after the other on a backend that is started once. */
export interface Phase {
  readonly backend: Backend;
  readonly steps: readonly Step[];
}

/** One case with one group of subjects. */
export interface Step {
  readonly workload: Workload;
  readonly case: WorkloadCase;
  readonly group: Group;
}

/** The most important cases, in the order in which all backends run them. */
const FIRST: readonly { readonly group: Group; readonly workloads: readonly Workload[] }[] = [
  { group: "stores", workloads: [growth] },
  { group: "stores", workloads: [pointSave, pointLoad, warmLoad] },
  { group: "peers", workloads: [growth, pointSave, pointLoad] },
];

/**
 * Returns the phases of a run, so that a run that is stopped has the most important cases of all backends: growth, calls
 * with whole threads, other libraries, and then the rest.
 */
export function phasesOf(selection: Selection): readonly Phase[] {
  const steps = stepsOf(selection);
  return [...FIRST.keys(), FIRST.length].flatMap((rank) =>
    selection.backends.flatMap((backend) => {
      const own = steps.filter(
        (step) => rankOf(step) === rank && (step.group === "stores" || backend.withoutPeers !== true),
      );
      return own.length === 0 ? [] : [{ backend, steps: own }];
    }),
  );
}

function stepsOf({ workloads, groups, scale, sizes }: Selection): readonly Step[] {
  return workloads.flatMap((workload) =>
    groups
      .filter((group) => group === "stores" || workload.withoutPeers !== true)
      .flatMap((group) =>
        workload
          .cases(scale)
          .filter(({ size }) => sizes?.includes(size) ?? true)
          .map((each): Step => ({ workload, case: each, group })),
      ),
  );
}

function rankOf({ workload, group }: Step): number {
  const rank = FIRST.findIndex((one) => one.group === group && one.workloads.includes(workload));
  return rank === -1 ? FIRST.length : rank;
}
