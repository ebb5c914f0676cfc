import { type TracingChannel, tracingChannel } from "node:diagnostics_channel";
import type { Operation } from "./operation-context.ts";

/**
 * What subscribers of the tracing channels `threadstore:save`, `threadstore:load`, `threadstore:delete`,
 * `threadstore:list` and `threadstore:deleteExpired` get. One object a call; the last four are there from `asyncEnd` on.
 * Never a thread's content.
 */
export interface CallDiagnostics {
  readonly operation: Operation;
  /** The backend's name, such as `sqlite`. */
  readonly store: string;
  readonly namespace: string;
  readonly id: string | undefined;
  /** `ok`, or the code of the error, or `ABORTED`, or `FAILED` for an error that is none of ours. */
  outcome?: string;
  durationMs?: number;
  /** The size of the thread saved or loaded, in bytes of its JSON. */
  bytes?: number | undefined;
  /** How often the backend was asked; more than usual means retries or lost races. */
  requests?: number;
}

const channels: Record<Operation, TracingChannel<string, CallDiagnostics>> = {
  save: tracingChannel("threadstore:save"),
  load: tracingChannel("threadstore:load"),
  delete: tracingChannel("threadstore:delete"),
  list: tracingChannel("threadstore:list"),
  deleteExpired: tracingChannel("threadstore:deleteExpired"),
};

/** Runs the call with its tracing channel told, at no cost when nobody listens. */
export async function traced<T>(diagnostics: CallDiagnostics, run: () => Promise<T>): Promise<T> {
  const channel = channels[diagnostics.operation];
  if (!channel.hasSubscribers) return run();
  const results: T[] = [];
  // The channel would show its subscribers what the promise resolves to: the thread.
  await channel.tracePromise(async () => void results.push(await run()), diagnostics);
  return results[0] as T;
}
