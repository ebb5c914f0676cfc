import { AgentError } from "../agent-error.ts";
import type { RunResult } from "../run-result.ts";
import type { Thread } from "../thread.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import { ThreadState } from "../thread/thread-state.ts";
import { createKey } from "../thread/turn-key.ts";
import { type AbandonedTurn, type AbandonOptions, abandonTurn } from "./abandon-turn.ts";
import { executeRun, type RunControl } from "./execute-run.ts";
import { findKeyedTurn } from "./keyed-turn.ts";
import { reopenTurn, type Resumption, startTurn } from "./open-turn.ts";
import type { Protocol } from "./protocol.ts";
import type { ApprovalDecision, ApprovalOptions, RunOptions } from "./run-options.ts";
import type { RunSettings } from "./run-settings.ts";

export type ThreadOf<Kind extends string, Message extends object> = Thread<Message> & { readonly kind: Kind };

/** Starts the runs of an agent, streamed or not. */
export class AgentRuns<
  Kind extends string,
  Message extends object,
  Usage extends object,
  Input,
  Options extends RunOptions,
> {
  readonly #settings: RunSettings<Message>;
  readonly #protocol: Protocol<Kind, Message, Usage, Input, Options>;

  constructor(settings: RunSettings<Message>, protocol: Protocol<Kind, Message, Usage, Input, Options>) {
    this.#settings = settings;
    this.#protocol = protocol;
  }

  newThread(): ThreadState<Kind, Message> {
    const empty = {
      messages: [],
      extra: {},
      state: {},
      service: undefined,
      unaccepted: [],
      keys: [],
      turn: undefined,
    };
    return new ThreadState(this.#protocol.threads, { agent: this.#settings.name, ...empty });
  }

  async run(
    input: Input,
    thread: ThreadOf<Kind, Message> | undefined,
    options: Options | undefined,
    control: RunControl<Message>,
  ): Promise<RunResult<ThreadOf<Kind, Message>, Message, Usage>> {
    const ownThread = this.#requireOwnThread(thread ?? this.newThread());
    rejectOpenTurn(options);
    const model = this.#protocol.createModel(options);
    const messages = this.#protocol.readInput(input);
    const setup = { ...this.#shared(options), thread: ownThread, model, ...control };
    control.signal.throwIfAborted();
    const key = options?.key === undefined ? undefined : createKey(options.key, messages);
    const keyed = key && findKeyedTurn<Kind, Message, Usage>(ownThread, key, model);
    if (keyed?.step === "repeat") return keyed.result;
    if (keyed === undefined) return executeRun(setup, () => startTurn(ownThread, messages, key));
    const resumed = await executeRun(setup, () => reopenTurn(ownThread, this.#resumption([])));
    return {
      ...resumed,
      messages: Object.freeze(ownThread.messages.slice(keyed.start)),
      repeated: true,
    };
  }

  async resume(
    thread: ThreadOf<Kind, Message>,
    options: (Options & ApprovalOptions) | undefined,
    control: RunControl<Message>,
  ): Promise<RunResult<ThreadOf<Kind, Message>, Message, Usage>> {
    const ownThread = this.#requireOwnThread(thread);
    rejectOpenTurn(options);
    const model = this.#protocol.createModel(options);
    const setup = { ...this.#shared(options), thread: ownThread, model, ...control };
    return executeRun(setup, () => reopenTurn(ownThread, this.#resumption(options?.approvals ?? [])));
  }

  async abandon(
    thread: ThreadOf<Kind, Message>,
    { keep }: AbandonOptions = {},
  ): Promise<AbandonedTurn<Message>> {
    const ownThread = this.#requireOwnThread(thread);
    const { threads } = this.#protocol;
    const model = this.#protocol.createModel(undefined);
    return ownThread.runExclusively(async () => abandonTurn(ownThread, { threads, model, keep }));
  }

  #resumption(approvals: readonly ApprovalDecision[]): Resumption<Message> {
    return { threads: this.#protocol.threads, tools: this.#settings.tools, approvals };
  }

  #shared(options: RunOptions | undefined): {
    settings: RunSettings<Message>;
    threads: ThreadKind<Kind, Message>;
    onProgress: RunOptions["onProgress"];
  } {
    return {
      settings: this.#settings,
      threads: this.#protocol.threads,
      onProgress: options?.onProgress,
    };
  }

  #requireOwnThread(thread: ThreadOf<Kind, Message>): ThreadState<Kind, Message> {
    return requireOwnThread(thread, this.#protocol.threads.kind, this.#settings.name);
  }
}

/** Only what saves a thread can end its open turn before the next. */
function rejectOpenTurn(options: RunOptions | undefined): void {
  if (options?.openTurn === undefined) return;
  const message =
    "`openTurn` is an option of `run` of conversations and of agents with a `history`. Call `resume` or `abandon` instead.";
  throw new AgentError("INVALID_ARGUMENT", message, { path: "openTurn" });
}

function requireOwnThread<Kind extends string, Message extends object>(
  thread: ThreadOf<Kind, Message>,
  kind: Kind,
  name: string,
): ThreadState<Kind, Message> {
  if (!(thread instanceof ThreadState)) {
    const message =
      "`thread` must be a thread created by getNewThread or deserializeThread. Deserialize a stored thread before you run it.";
    throw new AgentError("INVALID_ARGUMENT", message, { path: "thread" });
  }
  const state = thread as ThreadState<Kind, Message>;
  if (state.kind !== kind) {
    const message = `The thread is of kind "${state.kind}", and this agent is of kind "${kind}". Run it with an agent of its kind.`;
    throw new AgentError("THREAD_MISMATCH", message);
  }
  if (state.agent === name) return state;
  throw new AgentError(
    "THREAD_MISMATCH",
    `The thread belongs to agent "${state.agent}", and this agent is "${name}". Run it with that agent, or serialize it and deserialize it here with acceptOtherAgent: true.`,
  );
}
