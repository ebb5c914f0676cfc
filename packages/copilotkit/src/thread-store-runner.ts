import { isError } from "@threadstore/core/documents";
import { Observable, ReplaySubject } from "rxjs";
import { type AgUiEvent, runError } from "./ag-ui.ts";
import { loadConversation } from "./conversation.ts";
import { type RunnerOptions, type RunnerSettings, readOptions } from "./options.ts";
import { performRun, type RunRequest, stopHere } from "./perform-run.ts";
import { stopRun } from "./run-stream.ts";
import { settle } from "./settle.ts";

export type { RunnableAgent, RunRequest } from "./perform-run.ts";

/** A thread that a page opens. */
export interface ThreadRequest {
  readonly threadId: string;
}

/**
 * An `AgentRunner` of the CopilotKit runtime. `Event` is the event type of the runtime's version of AG-UI: events are
 * stored and returned as the agent sends them.
 */
export interface ThreadStoreRunner {
  /** Runs an agent to its end, even if the page disconnects. Failures become events of type `RUN_ERROR`. */
  run<Event extends object = AgUiEvent>(request: RunRequest): Observable<Event>;
  /** Returns the stored events of a thread, and those of a run in progress, in any process, until it ends. */
  connect<Event extends object = AgUiEvent>(request: ThreadRequest): Observable<Event>;
  /** Resolves with whether a run is in progress, in any process. */
  isRunning(request: ThreadRequest): Promise<boolean>;
  /**
   * Stops the run in progress, in any process. Resolves with `false` if no run is in progress, or if it is not `runId`.
   */
  stop(request: ThreadRequest & { readonly runId?: string }): Promise<boolean>;
}

/** Creates a runner that keeps the threads of CopilotKit in a store. Throws `INVALID_ARGUMENT`. */
export function threadStoreRunner(options: RunnerOptions): ThreadStoreRunner {
  const settings = readOptions(options);
  return {
    run<Event extends object>(request: RunRequest) {
      const events = new ReplaySubject<AgUiEvent>();
      const run = performRun(settings, request, (event) => events.next(event));
      void finish(settings, request.threadId, run, events);
      return events.asObservable() as unknown as Observable<Event>;
    },

    connect<Event extends object>({ threadId }: ThreadRequest) {
      const events = new Observable<AgUiEvent>((subscriber) => {
        const closed = new AbortController();
        const reading = replay(settings, threadId, closed.signal, (event) => subscriber.next(event));
        void finish(settings, threadId, reading, subscriber);
        return () => closed.abort();
      });
      return events as unknown as Observable<Event>;
    },

    async isRunning({ threadId }) {
      const open = (await loadConversation(settings.store, threadId))?.open;
      return open !== undefined && (await settings.streams.status(open.run)) === "streaming";
    },

    async stop({ threadId, runId }) {
      const open = (await loadConversation(settings.store, threadId))?.open;
      if (open === undefined || (runId !== undefined && runId !== open.runId)) return false;
      if (stopHere(open.run)) return true;
      if (!(await stopRun(settings.streams, open.run))) return false;
      await settle(settings, { ...open, threadId });
      return true;
    },
  };
}

/** Passes the events of a thread to `emit`, until no run is in progress. */
async function replay(
  settings: RunnerSettings,
  threadId: string,
  signal: AbortSignal,
  emit: (event: AgUiEvent) => void,
): Promise<void> {
  const conversation = await loadConversation(settings.store, threadId);
  conversation?.events.forEach(emit);
  if (conversation?.open !== undefined) {
    await settle(settings, { ...conversation.open, threadId }, signal, emit);
  }
}

const MESSAGES: ReadonlyMap<string, string> = new Map([
  ["THREAD_BUSY", "Another answer is being written in this conversation. Wait for it, or stop it."],
  ["TOO_LARGE", "This conversation is too long to be stored. Start a new one."],
]);

/**
 * Completes an observable. A failure becomes an event, because the runtime does not pass errors to pages in another
 * way.
 */
async function finish(
  { onError }: RunnerSettings,
  threadId: string,
  call: Promise<void>,
  events: { next(event: AgUiEvent): void; complete(): void },
): Promise<void> {
  try {
    await call;
  } catch (error) {
    onError(error, threadId);
    const code = isError(error) && "code" in error ? String(error.code) : "UNEXPECTED";
    const message =
      MESSAGES.get(code) ?? "The server could not load or store this conversation. Try again later.";
    events.next(runError(message, code));
  }
  events.complete();
}
