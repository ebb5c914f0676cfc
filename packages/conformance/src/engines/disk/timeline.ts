import type { Report } from "../crash/work.ts";
import type { Change, NodeNumber } from "./disk-state.ts";

/** A change and when it took place. */
export interface Effect {
  readonly change: Change;
  readonly description: string;
  readonly began: number;
  readonly ended: number;
  /** The files and folders that a rename or link gave a new path. */
  readonly relocated: ReadonlySet<NodeNumber>;
  /** When a sync that covers the change completed; `Infinity` if none did. */
  durableAt: number;
  /** Whether a sync of the change failed. The system may then have dropped it, and later syncs do not restore it. */
  isLost: boolean;
}

export type TimedReport = Report & { readonly at: number };

/** The changes that a process made to a disk and the reports that it sent meanwhile. */
export interface Timeline {
  /** In the order in which they ended. */
  readonly effects: readonly Effect[];
  readonly reports: readonly TimedReport[];
  readonly folders: ReadonlySet<NodeNumber>;
  /** When syncs completed. */
  readonly syncs: readonly number[];
  readonly end: number;
}

/** Whether the change is certain to survive a power cut at that time. */
export function isDurable({ durableAt }: Effect, time: number): boolean {
  return durableAt < time;
}
