import { callChannel } from "#platform";
import type { CallChannel } from "../platform/platform.ts";
import type { MaybePromise } from "./maybe-promise.ts";

/** The operations that are traced. */
export type Operation =
  | "save"
  | "append"
  | "touch"
  | "load"
  | "delete"
  | "list"
  | "deleteExpired"
  | "namespaces"
  | "erase";

/**
 * The message of the tracing channels, one for each operation, such as `threadstore:save`: one object per call, whose
 * last four members are set at `asyncEnd`. It never contains the content of a thread.
 */
export interface CallDiagnostics {
  readonly operation: Operation;
  /** The name of the store, such as `sqlite`. */
  readonly store: string;
  readonly namespace: string;
  readonly id: string | undefined;
  /** `ok`, the code of a `ThreadStoreError`, `ABORTED`, or `FAILED` for an unexpected error. */
  outcome?: string;
  durationMs?: number;
  /** The size of the thread that was saved, changed or loaded, in bytes of its JSON. */
  bytes?: number | undefined;
  /** The number of requests to the backend. More than usual indicates retries or lost races. */
  requests?: number | undefined;
}

const CHANNELS: Record<Operation, CallChannel<CallDiagnostics>> = {
  save: callChannel("threadstore:save"),
  append: callChannel("threadstore:append"),
  touch: callChannel("threadstore:touch"),
  load: callChannel("threadstore:load"),
  delete: callChannel("threadstore:delete"),
  list: callChannel("threadstore:list"),
  deleteExpired: callChannel("threadstore:deleteExpired"),
  namespaces: callChannel("threadstore:namespaces"),
  erase: callChannel("threadstore:erase"),
};

/** Runs a call and publishes it to its tracing channel. Costs nothing without subscribers. */
export function traced<T>(diagnostics: CallDiagnostics, run: () => MaybePromise<T>): MaybePromise<T> {
  const channel = CHANNELS[diagnostics.operation];
  return channel.hasSubscribers ? published(channel, diagnostics, run) : run();
}

async function published<T>(
  channel: CallChannel<CallDiagnostics>,
  diagnostics: CallDiagnostics,
  run: () => MaybePromise<T>,
): Promise<T> {
  const results: T[] = [];
  // Does not return the result, because the channel would publish it, and with it the content of the thread.
  await channel.tracePromise(async () => {
    const started = performance.now();
    try {
      results.push(await run());
    } finally {
      diagnostics.durationMs = performance.now() - started;
      diagnostics.requests ??= 0;
    }
  }, diagnostics);
  return results[0] as T;
}
