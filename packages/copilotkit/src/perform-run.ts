import { deferred } from "@threadstore/core/documents";
import {
  AGENT_FAILED,
  type AgUiEvent,
  type AgUiInput,
  closeRun,
  type Interruption,
  isTerminal,
  NO_LAST_EVENT,
  STOPPED,
} from "./ag-ui.ts";
import { jsonEvent, storeEnd } from "./conversation.ts";
import type { RunnerSettings } from "./options.ts";
import { followRun, streamEvent } from "./run-stream.ts";
import { settle } from "./settle.ts";
import { type Producer, startRun } from "./start-run.ts";

/** The part of an AG-UI agent that runs it. */
export interface RunnableAgent {
  runAgent(input: object, subscriber: RunSubscriber): Promise<unknown>;
  abortRun(): void;
}

/** Receives the events of an agent. */
export interface RunSubscriber {
  onEvent(parameters: { readonly event: AgUiEvent }): Promise<void>;
}

/** A run to perform. */
export interface RunRequest {
  readonly threadId: string;
  readonly agent: RunnableAgent;
  readonly input: AgUiInput;
}

/** The functions that stop the runs of this process. Several runners can have one store. */
const RUNNING = new Map<string, () => void>();

/** Stops a run of this process. Returns whether there is one. */
export function stopHere(run: string): boolean {
  const stop = RUNNING.get(run);
  stop?.();
  return stop !== undefined;
}

/**
 * Runs an agent, and stores its events. `emit` receives the last event once the run is stored. Rejects if the run cannot
 * be started or stored.
 */
export async function performRun(
  settings: RunnerSettings,
  request: RunRequest,
  emit: (event: AgUiEvent) => void,
): Promise<void> {
  const { store, streams } = settings;
  const { threadId, input } = request;
  const producer = await startRun(settings, request);
  const { run, lease, start } = producer;
  emit(start);
  const open = { run, runId: input.runId, threadId };
  const recorder = new Recorder(settings, producer, emit);
  const interruption = await runAgent(settings, request, recorder);
  const last = recorder.held ?? closeRun(recorder.events, open, interruption);
  const events = [...recorder.events, ...last];
  for (const event of last) await recorder.stream(event);
  if (await streams.finalize(run, "done", undefined, lease)) {
    await storeEnd(store, threadId, run, events);
    last.forEach(emit);
    return;
  }
  // Another process has stopped it.
  const end = await settle(settings, open);
  closeRun(recorder.events, open, typeof end === "object" ? end : interruption).forEach(emit);
}

/** Passes on the events of an agent. The last one is held back. */
class Recorder {
  readonly #settings: RunnerSettings;
  readonly #producer: Producer;
  readonly #emit: (event: AgUiEvent) => void;
  readonly events: AgUiEvent[] = [];
  /** The event that ends the run, unless another one follows. */
  held: [AgUiEvent] | undefined;
  #isFirst = true;

  constructor(settings: RunnerSettings, producer: Producer, emit: (event: AgUiEvent) => void) {
    this.#settings = settings;
    this.#producer = producer;
    this.#emit = emit;
  }

  get run(): string {
    return this.#producer.run;
  }

  /** Adds an event of the agent. Rejects with `INVALID_ARGUMENT`. */
  async add(sent: AgUiEvent): Promise<void> {
    const event = jsonEvent(sent);
    const isStart = this.#isFirst && event.type === "RUN_STARTED";
    this.#isFirst = false;
    // It is stored already.
    if (isStart) return;
    const passed = [...(this.held ?? []), ...(isTerminal(event) ? [] : [event])];
    this.held = isTerminal(event) ? [event] : undefined;
    for (const each of passed) {
      this.events.push(each);
      this.#emit(each);
    }
    for (const each of passed) await this.stream(each);
  }

  async stream(event: AgUiEvent): Promise<void> {
    // A failure also ends `followRun`, and rejects `finalize`.
    await streamEvent(this.#settings.streams, this.#producer, event).catch(() => undefined);
  }
}

/** Runs an agent until it ends or is stopped. Resolves with the reason why it may have no last event. */
async function runAgent(
  { streams, onError }: RunnerSettings,
  { threadId, agent, input }: RunRequest,
  recorder: Recorder,
): Promise<Interruption> {
  const { run } = recorder;
  const over = new AbortController();
  const interrupted = deferred<Interruption>();
  RUNNING.set(run, () => interrupted.resolve(STOPPED));
  const onFailure = (error: unknown): Interruption => {
    if (!over.signal.aborted) onError(error, threadId);
    return AGENT_FAILED;
  };
  const onEvent = async ({ event }: { readonly event: AgUiEvent }): Promise<void> => {
    if (over.signal.aborted) return;
    // AG-UI logs errors of its subscribers, and continues.
    await recorder.add(event).catch((error: unknown) => interrupted.resolve(onFailure(error)));
  };
  // Ends if another process stops the run, or if the store fails.
  const followed = followRun(streams, run, () => undefined, over.signal).then(
    (end) => (typeof end === "object" ? end : NO_LAST_EVENT),
    onFailure,
  );
  let isDone = false;
  const ended = (async () => agent.runAgent(input, { onEvent }))().then(() => {
    isDone = true;
    return NO_LAST_EVENT;
  }, onFailure);
  try {
    return await Promise.race([ended, followed, interrupted.promise]);
  } finally {
    over.abort();
    RUNNING.delete(run);
    if (!isDone) abort(agent, (error) => onError(error, threadId));
  }
}

/** Aborts an agent. If that fails, the end of the run is stored nevertheless. */
function abort(agent: RunnableAgent, onError: (error: unknown) => void): void {
  try {
    agent.abortRun();
  } catch (error) {
    onError(error);
  }
}
