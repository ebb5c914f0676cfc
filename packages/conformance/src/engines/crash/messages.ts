import type { TraceEvent } from "../disk/trace-event.ts";
import type { Orders, Report } from "./work.ts";

/** What a process that writes is there for. */
export type Job =
  /** A workload, until it is killed. */
  | { readonly type: "work" }
  /** The same; at a SIGTERM it closes the store and ends. */
  | { readonly type: "work until told to end" }
  /** A fixed list of steps, with a look at all that they do to the folder. */
  | { readonly type: "trace"; readonly folder: string; readonly failing: boolean };

/** Sent once, when it is to begin. */
export type WriterOrders = Orders;

export type WriterMessage =
  /** The store's module is there; the store is not open yet. */
  | { readonly type: "ready" }
  | Report
  | { readonly type: "closed" }
  | { readonly type: "traced"; readonly events: readonly TraceEvent[] };
