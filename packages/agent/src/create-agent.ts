import type { SerializedThread } from "@threadstore/core";
import type { AgentCore } from "./agent-options.ts";
import type { Agent, DeserializeOptions } from "./agent.ts";
import type { RepairableKind } from "./repair/draft.ts";
import { repairThread } from "./repair/repair-thread.ts";
import { AgentRuns, type AgentKind, type ThreadOf } from "./run/agent-runs.ts";
import type { RunEvent } from "./run/run-event.ts";
import type { RunOptions } from "./run/run-options.ts";
import type { RunResult } from "./run/run-result.ts";
import { startRunStream } from "./run/run-stream.ts";
import { readObject, readThread } from "./thread/thread-format.ts";
import { ThreadState } from "./thread/thread-state.ts";

/** Makes an agent of a kind: everything about it that the kinds share. */
export function createAgent<
  Kind extends string,
  Message extends object,
  Usage extends object,
  Input,
  Options extends RunOptions,
>(
  core: AgentCore<Message>,
  kind: AgentKind<Kind, Message, Usage, Input, Options>,
): Agent<
  Input,
  ThreadOf<Kind, Message>,
  Options,
  RunResult<ThreadOf<Kind, Message>, Message, Usage>,
  RunEvent<Message>
> {
  const { threads } = kind;
  const { name } = core;
  const runs = new AgentRuns(core, kind);
  return {
    kind: threads.kind,
    name,
    getNewThread: () => runs.newThread(),
    run: async (input, thread, options) => runs.run(input, thread, options, unwatched(options)),
    runStream: (input, thread, options) =>
      startRunStream(
        async (emit, signal) => runs.run(input, thread, options, { emit, signal }),
        options?.signal,
      ),
    resume: async (thread, options) => runs.resume(thread, options, unwatched(options)),
    resumeStream: (thread, options) =>
      startRunStream(async (emit, signal) => runs.resume(thread, options, { emit, signal }), options?.signal),
    deserializeThread: async (thread, options = {}) => {
      const { acceptOtherAgent = false } = options;
      const mended = mend(thread, threads, [...core.tools.keys()], options);
      return new ThreadState(threads, readThread(mended, { kind: threads, agent: name, acceptOtherAgent }));
    },
  };
}

function unwatched(options: RunOptions | undefined): { signal: AbortSignal; emit: undefined } {
  return { signal: options?.signal ?? new AbortController().signal, emit: undefined };
}

function mend(
  thread: SerializedThread | string,
  threads: RepairableKind,
  tools: readonly string[],
  { repair, onRepair }: DeserializeOptions,
): unknown {
  if (repair === undefined) return thread;
  const source = readObject(thread) as SerializedThread;
  // Another kind's thread is not mended: that it is another's is what has to be said.
  if (source["kind"] !== threads.kind) return source;
  // Most providers take calls of tools that are gone, so that they are mended only where the policy speaks of them.
  const minds = typeof repair === "object" && repair["tool-gone"] !== undefined;
  const { thread: mended, changes } = repairThread(source, [threads], repair, minds ? { tools } : {});
  if (changes.length > 0) onRepair?.(changes);
  return mended;
}
