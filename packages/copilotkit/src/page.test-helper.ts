import { AbstractAgent, type BaseEvent, type Message, type RunAgentInput } from "@ag-ui/client";
import type { ThreadStore } from "@threadstore/core";
import { lastValueFrom, Observable, toArray } from "rxjs";
import { type RunnerOptions, type ThreadStoreRunner, threadStoreRunner } from "./index.ts";

/** The interface of `AgentRunner` in `@copilotkit/runtime` 1.75, with the types of its version of AG-UI. */
export interface RuntimeRunner {
  run(request: {
    threadId: string;
    agent: AbstractAgent;
    input: RunAgentInput;
    persistedInputMessages?: Message[];
    authToken?: string;
  }): Observable<BaseEvent>;
  connect(request: {
    threadId: string;
    agentId?: string;
    headers?: Record<string, string>;
    joinCode?: string;
  }): Observable<BaseEvent>;
  isRunning(request: { threadId: string }): Promise<boolean>;
  stop(request: { threadId: string; runId?: string }): Promise<boolean | undefined>;
}

export type Emit = (event: object) => void;
/** The code of an agent. It ends when the promise settles. */
export type Script = (emit: Emit, signal: AbortSignal, input: RunAgentInput) => Promise<void> | void;

/** An agent of AG-UI that runs a script. */
export class ScriptedAgent extends AbstractAgent {
  readonly #script: Script;
  readonly #stop = new AbortController();

  constructor(script: Script) {
    super({});
    this.#script = script;
  }

  override run(input: RunAgentInput): Observable<BaseEvent> {
    return new Observable((subscriber) => {
      const emit: Emit = (event) => subscriber.next(event as BaseEvent);
      const { threadId, runId } = input;
      emit({ type: "RUN_STARTED", threadId, runId });
      void Promise.resolve(this.#script(emit, this.#stop.signal, input)).then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
    });
  }

  override abortRun(): void {
    this.#stop.abort();
  }
}

/** Emits a text in pieces, without the end of the run. */
export function say(emit: Emit, messageId: string, ...pieces: readonly string[]): void {
  emit({ type: "TEXT_MESSAGE_START", messageId, role: "assistant" });
  for (const delta of pieces) emit({ type: "TEXT_MESSAGE_CONTENT", messageId, delta });
  emit({ type: "TEXT_MESSAGE_END", messageId });
}

/** Emits the end of a run. */
export function finish(emit: Emit, { threadId, runId }: RunAgentInput): void {
  emit({ type: "RUN_FINISHED", threadId, runId });
}

/** An agent that answers `re: …`. */
export const echo: Script = (emit, _signal, input) => {
  const question = input.messages.at(-1)?.content;
  say(emit, `answer-${input.runId}`, "re: ", typeof question === "string" ? question : "");
  finish(emit, input);
};

/** A slow write must not look like a process that has died. */
export const FAST = { flushMs: 5, pollMs: 5, leaseMs: 3000, waitMs: 60_000 } as const;

/**
 * A tab of a page. It applies the events with AG-UI's own client, which rejects events in a wrong order.
 */
export class Tab extends AbstractAgent {
  readonly runner: RuntimeRunner;
  readonly errors: unknown[] = [];
  /** The codes of the errors that the page shows. */
  readonly shown: unknown[] = [];
  #script: Script = echo;

  constructor(store: ThreadStore, threadId: string = "t", options: Partial<RunnerOptions> = {}) {
    super({ threadId });
    const runner: ThreadStoreRunner = threadStoreRunner({
      store,
      ...FAST,
      onError: (error) => this.errors.push(error),
      ...options,
    });
    this.runner = runner;
    this.subscribe({ onRunErrorEvent: ({ event }) => void this.shown.push(event.code) });
  }

  override run(input: RunAgentInput): Observable<BaseEvent> {
    const agent = new ScriptedAgent(this.#script);
    agent.setMessages(input.messages);
    return this.runner.run({ threadId: input.threadId, agent, input });
  }

  protected override connect(input: RunAgentInput): Observable<BaseEvent> {
    return this.runner.connect({ threadId: input.threadId });
  }

  /** Sends a question. Resolves at the end of the answer. */
  async ask(text: string, script: Script = echo, runId: string = crypto.randomUUID()): Promise<void> {
    this.#script = script;
    this.addMessage({ id: `question-${text}`, role: "user", content: text });
    await this.runAgent({ runId });
  }

  get texts(): (string | undefined)[] {
    return this.messages.map(({ content }) => (typeof content === "string" ? content : undefined));
  }

  /** Resolves with the events of the thread. */
  async events(): Promise<BaseEvent[]> {
    return lastValueFrom(this.runner.connect({ threadId: this.threadId }).pipe(toArray()));
  }
}

/** Opens the thread in a new tab of another process. Resolves with its messages after the end of the run. */
export async function reopen(store: ThreadStore, threadId: string = "t"): Promise<Tab> {
  const tab = new Tab(store, threadId);
  await tab.connectAgent();
  return tab;
}
