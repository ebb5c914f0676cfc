import { AgentError } from "../agent-error.ts";
import type { AgentCore } from "../agent-options.ts";
import type { Protocol } from "../protocol.ts";
import type { ThreadKind } from "../thread/thread-kind.ts";
import { ThreadState } from "../thread/thread-state.ts";
import type { Thread } from "../thread/thread.ts";
import { executeRun, type Watch } from "./execute-run.ts";
import type { ApprovalOptions, RunOptions } from "./run-options.ts";
import type { RunResult } from "./run-result.ts";
import { beginTurn, reopenTurn } from "./start-turn.ts";

/** What makes an agent one of its kind. */
export interface AgentKind<
  Kind extends string,
  Message extends object,
  Usage extends object,
  Input,
  Options extends RunOptions,
> {
  readonly threads: ThreadKind<Kind, Message>;
  /** The input as messages, copied and checked. Throws `INVALID_ARGUMENT`. */
  readonly readInput: (input: Input) => Message[];
  /** How a run with these options asks the model. Throws `INVALID_ARGUMENT`. */
  readonly createProtocol: (options: Options | undefined) => Protocol<Message, Usage>;
}

export type ThreadOf<Kind extends string, Message extends object> = Thread<Message> & { readonly kind: Kind };

/** The runs of an agent, streamed or not. */
export class AgentRuns<
  Kind extends string,
  Message extends object,
  Usage extends object,
  Input,
  Options extends RunOptions,
> {
  readonly #core: AgentCore<Message>;
  readonly #kind: AgentKind<Kind, Message, Usage, Input, Options>;

  constructor(core: AgentCore<Message>, kind: AgentKind<Kind, Message, Usage, Input, Options>) {
    this.#core = core;
    this.#kind = kind;
  }

  newThread(): ThreadState<Kind, Message> {
    return emptyThread(this.#kind.threads, this.#core.name);
  }

  async run(
    input: Input,
    thread: ThreadOf<Kind, Message> | undefined,
    options: Options | undefined,
    watch: Watch<Message>,
  ): Promise<RunResult<ThreadOf<Kind, Message>, Message, Usage>> {
    const own = this.#requireOwn(thread ?? this.newThread());
    const protocol = this.#kind.createProtocol(options);
    const messages = this.#kind.readInput(input);
    const setup = { ...this.#shared(options), thread: own, protocol, ...watch };
    return executeRun(setup, () => beginTurn(own, messages));
  }

  async resume(
    thread: ThreadOf<Kind, Message>,
    options: (Options & ApprovalOptions) | undefined,
    watch: Watch<Message>,
  ): Promise<RunResult<ThreadOf<Kind, Message>, Message, Usage>> {
    const own = this.#requireOwn(thread);
    const protocol = this.#kind.createProtocol(options);
    const setup = { ...this.#shared(options), thread: own, protocol, ...watch };
    const reopening = {
      threads: this.#kind.threads,
      tools: this.#core.tools,
      approvals: options?.approvals ?? [],
    };
    return executeRun(setup, () => reopenTurn(own, reopening));
  }

  #shared(options: RunOptions | undefined): {
    core: AgentCore<Message>;
    threads: ThreadKind<Kind, Message>;
    onProgress: RunOptions["onProgress"];
  } {
    return { core: this.#core, threads: this.#kind.threads, onProgress: options?.onProgress };
  }

  #requireOwn(thread: ThreadOf<Kind, Message>): ThreadState<Kind, Message> {
    return requireOwnThread(thread, this.#kind.threads.kind, this.#core.name);
  }
}

function emptyThread<Kind extends string, Message extends object>(
  kind: ThreadKind<Kind, Message>,
  agent: string,
): ThreadState<Kind, Message> {
  const nothing = { messages: [], extra: {}, state: {}, service: undefined, turn: undefined };
  return new ThreadState(kind, { agent, ...nothing });
}

function requireOwnThread<Kind extends string, Message extends object>(
  thread: ThreadOf<Kind, Message>,
  kind: Kind,
  name: string,
): ThreadState<Kind, Message> {
  if (!(thread instanceof ThreadState)) {
    const message =
      "thread: expected a thread of getNewThread or deserializeThread. Deserialize what a store gave before running it.";
    throw new AgentError("INVALID_ARGUMENT", message, { path: "thread" });
  }
  const own = thread as ThreadState<Kind, Message>;
  if (own.kind !== kind) {
    const message = `This thread is of kind "${own.kind}"; this agent is of kind "${kind}". Run it with an agent of its kind.`;
    throw new AgentError("THREAD_MISMATCH", message);
  }
  if (own.agent === name) return own;
  throw new AgentError(
    "THREAD_MISMATCH",
    `This thread belongs to agent "${own.agent}"; this agent is "${name}". Run it with that agent, or serialize it and deserialize it here with acceptOtherAgent: true.`,
  );
}
