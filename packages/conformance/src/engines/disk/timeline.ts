import type { Report } from "../crash/work.ts";
import type { Change, NodeNumber } from "./disk-state.ts";

/** A change, and when it took place. */
export interface Effect {
  readonly change: Change;
  readonly description: string;
  readonly began: number;
  readonly ended: number;
  /** Files that a rename or link put in another place. */
  readonly carried: ReadonlySet<NodeNumber>;
  /** When a sync of what it touched had ended; `Infinity` if none had. */
  durableAt: number;
  /** A sync of it failed: the system may have dropped it, and no later sync brings it back. */
  isLost: boolean;
}

export type TimedReport = Report & { readonly at: number };

/** What a process did to a disk, and what it told meanwhile. */
export interface Timeline {
  /** In the order in which they ended. */
  readonly effects: readonly Effect[];
  readonly reports: readonly TimedReport[];
  readonly folders: ReadonlySet<NodeNumber>;
  /** When syncs ended. */
  readonly syncs: readonly number[];
  readonly end: number;
}

/** The changes that certainly are on the disk after a power cut at that time. */
export function isDurable({ durableAt }: Effect, time: number): boolean {
  return durableAt < time;
}
