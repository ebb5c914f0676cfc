import type { TraceEvent } from "../disk/trace-event.ts";
import type { Report, WorkOptions } from "./work.ts";

/** The task of a writer process. */
export type Job =
  /** Runs a workload until it is killed. */
  | { readonly type: "work" }
  /** Runs a workload until it gets SIGTERM, then closes the store and exits. */
  | { readonly type: "work until SIGTERM" }
  /** Takes a fixed list of steps and records everything that they do to the folder. */
  | { readonly type: "trace"; readonly folder: string; readonly failing: boolean };

/** Sent to the writer once, to make it start. */
export type StartMessage = WorkOptions;

export type WriterMessage =
  /** The store's module is loaded, but the store is not open yet. */
  | { readonly type: "ready" }
  | Report
  | { readonly type: "closed" }
  | { readonly type: "traced"; readonly events: readonly TraceEvent[] };
