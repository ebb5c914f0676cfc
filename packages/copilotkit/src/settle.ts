import { type AgUiEvent, closeRun, isTerminal } from "./ag-ui.ts";
import { type StartedRun, storeEnd } from "./conversation.ts";
import type { RunnerSettings } from "./options.ts";
import { followRun, type StreamEnd } from "./run-stream.ts";

/** A run whose end is not stored, and its thread. */
export interface OpenRun extends Pick<StartedRun, "run" | "runId"> {
  readonly threadId: string;
}

/**
 * Waits until a run has ended, and stores its end if its process did not: the process was killed, or the run was
 * stopped in another process. Passes the events to `onEvent`, with those that close an interrupted run. The last one is
 * passed once the end is stored.
 */
export async function settle(
  { store, streams }: RunnerSettings,
  open: OpenRun,
  signal: AbortSignal = new AbortController().signal,
  onEvent: (event: AgUiEvent) => void = () => undefined,
): Promise<StreamEnd> {
  const events: AgUiEvent[] = [];
  const held: AgUiEvent[] = [];
  const add = (event: AgUiEvent): void => {
    events.push(event);
    held.push(event);
    if (!isTerminal(event)) held.splice(0).forEach(onEvent);
  };
  const end = await followRun(streams, open.run, add, signal);
  if (end === "aborted") return end;
  if (end !== "completed") closeRun(events, open, end).forEach(add);
  await storeEnd(store, open.threadId, open.run, events);
  held.forEach(onEvent);
  return end;
}
