import type { SerializedThread } from "@threadstore/core";
import type { OpenAI } from "openai";
import { readAgentOptions, type AgentSettings } from "./agent-options.ts";
import { AgentError } from "../agent-error.ts";
import { readInput, type ChatInput } from "./chat-input.ts";
import type { EmitEvent } from "../run/chat-event.ts";
import { mergeParameters, type ChatParameters } from "./chat-parameters.ts";
import { readText, type ChatResult } from "./chat-result.ts";
import { ChatThreadState, type ChatThread } from "../thread/chat-thread.ts";
import { runTurn } from "../run/run-loop.ts";
import { startRunStream, type ChatRunStream } from "../run/run-stream.ts";
import { readChatThread } from "../thread/thread-format.ts";
import type { Tool } from "../tools/tools.ts";

/** What a chat agent is made of. */
export interface ChatAgentOptions {
  /**
   * A client of the `openai` package: `OpenAI`, `AzureOpenAI`, or one whose base URL points at whatever speaks
   * Chat Completions. Its credentials, retries and timeouts are its own.
   */
  readonly client: OpenAI;
  /** The model, or with Azure the deployment. */
  readonly model: string;
  /**
   * Binds threads to the agent: a serialized thread names its agent, and another agent refuses it. Give each
   * agent of an application a name of its own.
   * @default "Assistant"
   */
  readonly name?: string | undefined;
  /** Sent before the messages of every request. Not part of the thread, so a resumed one gets today's. */
  readonly instructions?: string | undefined;
  /** What the model may call. Made by `defineTool`. */
  readonly tools?: readonly Tool[] | undefined;
  /**
   * How often in one run the model may call tools and be asked again; beyond it the run is
   * `TOO_MANY_TOOL_ROUNDS`.
   * @default 10
   */
  readonly maxToolRounds?: number | undefined;
  /** Sent with every request. */
  readonly parameters?: ChatParameters | undefined;
}

export interface ChatRunOptions {
  /**
   * Aborts the run, which rejects with the signal's reason and leaves the thread as it was. Tools are handed
   * a signal that is aborted with it.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Another model for this run.
   * @default the agent's
   */
  readonly model?: string | undefined;
  /** Laid over the agent's parameters for this run; a member that is `undefined` takes the agent's away. */
  readonly parameters?: ChatParameters | undefined;
}

export interface DeserializeOptions {
  /**
   * Take a thread that an agent of another name saved. It is this agent's from then on.
   * @default false
   */
  readonly acceptOtherAgent?: boolean | undefined;
}

/** An agent on Chat Completions, whose threads hold their messages. */
export interface ChatAgent {
  readonly kind: "chat";
  readonly name: string;

  /** A new, empty thread of this agent. */
  getNewThread(): ChatThread;

  /**
   * Sends the thread and the input to the model, runs the tools it calls, and adds all of it to the thread.
   * Without a thread it works on a new one, which the result holds. Either everything is added or nothing.
   *
   * Rejects with the signal's reason, or with `INVALID_ARGUMENT`, `THREAD_BUSY`, `THREAD_MISMATCH` (another
   * agent's thread), `TOO_MANY_TOOL_ROUNDS`, `CLIENT_FAILED`, `MODEL_REFUSED`, `MODEL_UNAVAILABLE` or
   * `RESPONSE_INVALID`. What tools throw goes to the model instead.
   */
  run(input: ChatInput, thread?: ChatThread, options?: ChatRunOptions): Promise<ChatResult>;

  /**
   * The same, telling what happens while it happens. Never throws: what `run` rejects with comes out of the
   * iteration and of `result`, and `STREAM_INTERRUPTED` when the model's answer broke off.
   */
  runStream(input: ChatInput, thread?: ChatThread, options?: ChatRunOptions): ChatRunStream;

  /**
   * Takes up a thread that was serialized: what `serialize` gave, its JSON text, or a store's
   * `stored.thread`. It is untrusted and checked throughout.
   *
   * Rejects with `THREAD_INVALID` and the path of the fault, `THREAD_MISMATCH` for a thread of another kind
   * or agent, or `THREAD_TOO_NEW`; never gives an empty thread instead.
   */
  deserializeThread(thread: SerializedThread | string, options?: DeserializeOptions): Promise<ChatThread>;
}

/** Makes a chat agent. Throws `INVALID_ARGUMENT`. */
export function createChatAgent(options: ChatAgentOptions): ChatAgent {
  const agent = readAgentOptions(options);
  const { name } = agent;
  return {
    kind: "chat",
    name,
    getNewThread: () => newThread(name),
    run: async (input, thread, runOptions = {}) => {
      const signal = runOptions.signal ?? new AbortController().signal;
      return execute(agent, { input, thread, runOptions, signal, emit: undefined });
    },
    runStream: (input, thread, runOptions = {}) =>
      startRunStream(
        async (emit, signal) => execute(agent, { input, thread, runOptions, signal, emit }),
        runOptions.signal,
      ),
    deserializeThread: async (thread, { acceptOtherAgent = false } = {}) =>
      new ChatThreadState(readChatThread(thread, { agent: name, acceptOtherAgent })),
  };
}

interface Run {
  readonly input: ChatInput;
  readonly thread: ChatThread | undefined;
  readonly runOptions: ChatRunOptions;
  readonly signal: AbortSignal;
  readonly emit: EmitEvent | undefined;
}

async function execute(agent: AgentSettings, run: Run): Promise<ChatResult> {
  const { runOptions, signal, emit } = run;
  const thread = run.thread === undefined ? newThread(agent.name) : requireOwnThread(run.thread, agent.name);
  const parameters = mergeParameters(agent.parameters, runOptions.parameters, agent.tools);
  const model = runOptions.model ?? agent.model;
  const input = readInput(run.input);
  signal.throwIfAborted();
  return thread.runAlone(async () => {
    const outcome = await runTurn({ ...agent, model, parameters, thread, input, signal, emit });
    const { messages, answer, finishReason, usage } = outcome;
    thread.append(messages);
    const refusal = answer.refusal ?? undefined;
    return { text: readText(answer), refusal, messages, finishReason, usage, thread };
  });
}

function newThread(agent: string): ChatThreadState {
  return new ChatThreadState({ agent, messages: [], extra: {} });
}

function requireOwnThread(thread: ChatThread, name: string): ChatThreadState {
  if (!(thread instanceof ChatThreadState)) {
    const message =
      "thread: expected a thread of getNewThread or deserializeThread. Deserialize what a store gave before running it.";
    throw new AgentError("INVALID_ARGUMENT", message, { path: "thread" });
  }
  if (thread.agent === name) return thread;
  throw new AgentError(
    "THREAD_MISMATCH",
    `This thread belongs to agent "${thread.agent}"; this agent is "${name}". Run it with that agent, or serialize it and deserialize it here with acceptOtherAgent: true.`,
  );
}
