import { type StreamLease, type ResumableStreams, StreamError } from "@threadstore/http/streams";
import { type AgUiEvent, type Interruption, isTerminal, PROCESS_STOPPED, STOPPED } from "./ag-ui.ts";
import { readEvents } from "./conversation.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const STOP_ATTEMPTS = 20;

/** How the stream of a run ended. `completed`: its process has stored the last event. */
export type StreamEnd = Interruption | "aborted" | "completed";

/** Adds an event to the stream of a run. */
export async function streamEvent(
  streams: ResumableStreams,
  { run, lease }: { readonly run: string; readonly lease: StreamLease },
  event: AgUiEvent,
): Promise<void> {
  await streams.append(run, ENCODER.encode(JSON.stringify(event)), lease);
}

/** Passes the events of a run to `onEvent` until the run ends. Resolves with how it ended. */
export async function followRun(
  streams: ResumableStreams,
  run: string,
  onEvent: (event: AgUiEvent) => void,
  signal: AbortSignal,
): Promise<StreamEnd> {
  let last: AgUiEvent | undefined;
  try {
    for await (const { chunk } of streams.read(run, "", signal)) {
      const [event] = readEvents([JSON.parse(DECODER.decode(chunk))], "$.chunks");
      if (event === undefined) continue;
      last = event;
      onEvent(event);
    }
  } catch (error) {
    if (StreamError.is(error, "STREAM_FAILED")) return STOPPED;
    // A stream that is missing has expired: its process was killed long ago.
    const isOver = (["STREAM_INTERRUPTED", "STREAM_MISSING", "STREAM_EXPIRED"] as const).some((code) =>
      StreamError.is(error, code),
    );
    if (isOver) return PROCESS_STOPPED;
    throw error;
  }
  if (signal.aborted) return "aborted";
  // Without a last event, the stream was deleted, or its process stopped after a failed write.
  return last !== undefined && isTerminal(last) ? "completed" : PROCESS_STOPPED;
}

/**
 * Ends the stream of a run, so that its process cannot continue it, and notices at its next write. Resolves with `false`
 * if the run has ended.
 */
export async function stopRun(streams: ResumableStreams, run: string): Promise<boolean> {
  for (let attempt = 1; attempt <= STOP_ATTEMPTS; attempt++) {
    if ((await streams.status(run)) !== "streaming") return false;
    // `false` if the process of the run wrote at the same time.
    if (await streams.finalize(run, "error", STOPPED.message)) return true;
  }
  throw new Error("The run could not be stopped, because it wrote too often. Try again.");
}
