import { createId, repeatAfterConflict } from "@threadstore/core/documents";
import type { StreamLease } from "@threadstore/http/streams";
import { type AgUiEvent, type AgUiInput, messageIds, runStarted } from "./ag-ui.ts";
import {
  type Conversation,
  conversationThread,
  jsonEvent,
  loadConversation,
  wellFormed,
} from "./conversation.ts";
import type { RunnerSettings } from "./options.ts";
import { busy } from "./runner-error.ts";
import { settle } from "./settle.ts";

/** A run of this process, which has the lease of the run's stream. */
export interface Producer {
  readonly run: string;
  readonly lease: StreamLease;
  /** The first event of the run. */
  readonly start: AgUiEvent;
}

/**
 * Stores the start of a run, with the messages that the thread does not have yet, after other runs of the thread have
 * ended. The start is a compare-and-set, so only one run of a thread can be open. Rejects with `THREAD_BUSY`.
 */
export async function startRun(
  settings: RunnerSettings,
  { threadId, input }: { readonly threadId: string; readonly input: AgUiInput },
): Promise<Producer> {
  const { streams, waitMs } = settings;
  const run = createId();
  const acquisition = await streams.acquireLease(run);
  if (acquisition.role !== "producer") throw new Error("Two runs have the same random id.");
  const patience = AbortSignal.timeout(waitMs);
  try {
    const start = await repeatAfterConflict(async () => {
      const conversation = await waitForOthers(settings, threadId, patience);
      return storeStart(settings, { threadId, input, run }, conversation);
    });
    return { run, lease: acquisition.lease, start };
  } catch (error) {
    await streams.delete(run).catch(() => undefined);
    throw error;
  }
}

async function waitForOthers(
  settings: RunnerSettings,
  threadId: string,
  patience: AbortSignal,
): Promise<Conversation | undefined> {
  for (;;) {
    const conversation = await loadConversation(settings.store, threadId);
    const open = conversation?.open;
    if (open === undefined) return conversation;
    const end = await settle(settings, { ...open, threadId }, patience);
    if (end === "aborted") throw busy(settings.waitMs);
  }
}

/** Stores the start of a run. Rejects with `CONFLICT` if another run was first. */
async function storeStart(
  { store, title }: RunnerSettings,
  { threadId, input, run }: { readonly threadId: string; readonly input: AgUiInput; readonly run: string },
  conversation: Conversation | undefined,
): Promise<AgUiEvent> {
  const { messages = [], runId } = input;
  const known = messageIds(conversation?.events ?? []);
  const added = messages.filter(({ id }) => !known.has(id));
  const start = wellFormed(jsonEvent(runStarted({ threadId, runId }, added)));
  const element = { run, runId, events: [start] };
  if (conversation !== undefined) {
    await store.append(threadId, [element], { previous: conversation.stored });
    return start;
  }
  const text = title(added);
  const metadata = text === "" ? {} : { title: text };
  await store.save(threadId, conversationThread([element]), { metadata });
  return start;
}
