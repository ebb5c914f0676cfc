import type { Subject } from "../clients/client.ts";
import type { Peers, UsablePeers } from "../peers.ts";
import type { CaseKey, CaseRecord } from "../results/results-file.ts";
import type { Selection, Step } from "./order.ts";
import type { Pace } from "./pace.ts";
import type { Group } from "./result.ts";

export interface Plan extends Selection {
  /** Returns additional subjects for a running backend. */
  readonly peersOf: Peers["peersOf"];
  readonly rounds: number;
  readonly pace: Pace;
  /** Other libraries leave out larger cases whose rounds would take longer. */
  readonly roundLimitMs: number;
  /** Returns the subjects with a goal in a case: they run all rounds. */
  readonly goalsOf: (key: CaseKey) => ReadonlySet<string>;
}

/** What became of a case. */
export type Outcome = Omit<CaseRecord, "run">;

export interface Listener {
  readonly progress: (text: string) => void;
  /** Gets the outcome of a case, as soon as it is known. */
  readonly outcome: (outcome: Outcome) => void;
}

/** The subject that is the raw client once more. */
export const CONTROL_NAME = "raw, again";

export const TIME_IS_UP = "the time of the run was up";

/** The subjects of each group, and the peers that this machine cannot run. */
export interface Field extends Pick<UsablePeers, "leftOut"> {
  readonly subjects: Readonly<Record<Group, readonly Subject[]>>;
}

export function caseKey(backend: string, { workload, case: { name, size }, group }: Step): CaseKey {
  return { backend, workload: workload.name, case: name, size, group };
}
