import type { SerializedThread } from "@threadstore/core";
import type { AgentSettings } from "./agent-options.ts";
import { withHistory } from "./history/history-agent.ts";
import { repairThread } from "./repair/repair-thread.ts";
import type { RunResult } from "./run-result.ts";
import { AgentRuns, type ThreadOf } from "./run/agent-runs.ts";
import type { Agent, DeserializeOptions } from "./run/agent.ts";
import { fillProtocol } from "./run/fill-empty-answers.ts";
import { limitProtocol } from "./run/limit-protocol.ts";
import type { Protocol } from "./run/protocol.ts";
import type { RunEvent } from "./run/run-event.ts";
import type { RunOptions } from "./run/run-options.ts";
import { startRunStream } from "./run/run-stream.ts";
import { parseDocument, readThread } from "./thread/read-thread.ts";
import type { ThreadKind } from "./thread/thread-kind.ts";
import { ThreadState } from "./thread/thread-state.ts";
import type { RepairableKind } from "./wire-form/wire-form.ts";

/** Creates an agent that uses a provider's protocol. */
export function createAgent<
  Kind extends string,
  Message extends object,
  Usage extends object,
  Input,
  Options extends RunOptions,
>(
  settings: AgentSettings<Message>,
  protocol: Protocol<Kind, Message, Usage, Input, Options>,
): Agent<
  Input,
  ThreadOf<Kind, Message>,
  Options,
  RunResult<ThreadOf<Kind, Message>, Message, Usage>,
  RunEvent<Message>
> {
  const { threads } = protocol;
  const { name } = settings;
  const runs = new AgentRuns(settings, fillProtocol(limitProtocol(settings, protocol)));
  const agent: Agent<
    Input,
    ThreadOf<Kind, Message>,
    Options,
    RunResult<ThreadOf<Kind, Message>, Message, Usage>,
    RunEvent<Message>
  > = {
    kind: threads.kind,
    name,
    getNewThread: () => runs.newThread(),
    run: async (input, thread, options) => runs.run(input, thread, options, withoutStream(options)),
    runStream: (input, thread, options) =>
      startRunStream(
        async (emit, signal) => runs.run(input, thread, options, { emit, signal }),
        options?.signal,
      ),
    resume: async (thread, options) => runs.resume(thread, options, withoutStream(options)),
    resumeStream: (thread, options) =>
      startRunStream(async (emit, signal) => runs.resume(thread, options, { emit, signal }), options?.signal),
    abandon: async (thread, options) => runs.abandon(thread, options),
    deserializeThread: async (thread, options = {}) => {
      const { acceptOtherAgent = false } = options;
      const document = repairDocument(thread, threads, settings, options);
      return new ThreadState(threads, readThread(document, { kind: threads, agent: name, acceptOtherAgent }));
    },
  };
  const { history } = settings;
  return history === undefined
    ? agent
    : withHistory(agent, history, threads as unknown as ThreadKind<string, object>);
}

function withoutStream(options: RunOptions | undefined): { signal: AbortSignal; emit: undefined } {
  return { signal: options?.signal ?? new AbortController().signal, emit: undefined };
}

function repairDocument(
  thread: SerializedThread | string,
  kind: RepairableKind,
  {
    name: agent,
    tools: agentTools,
    provider,
    longResults,
  }: Pick<AgentSettings<object>, "longResults" | "name" | "provider" | "tools">,
  { repair, onRepair }: DeserializeOptions,
): unknown {
  if (repair === undefined) return thread;
  const document = parseDocument(thread);
  const { kind: storedKind } = document;
  // A thread of another kind is not corrupt: reading it reports the mismatch.
  if (typeof storedKind === "string" && storedKind !== "" && storedKind !== kind.kind) return document;
  // Most providers accept calls of unknown tools, so these are repaired only if the policy names them.
  const checksTools = typeof repair === "object" && repair["tool-gone"] !== undefined;
  const tools = [...agentTools.values()].map((tool) => tool.name);
  const shorten = typeof longResults === "function" ? longResults : undefined;
  const { thread: repaired, changes } = repairThread(document as SerializedThread, [kind], repair, {
    agent,
    provider,
    shorten,
    ...(checksTools ? { tools } : {}),
  });
  if (changes.length > 0) onRepair?.(changes);
  return repaired;
}
