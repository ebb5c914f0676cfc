import { canonicalJson, isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";
import type { Thread } from "../thread.ts";
import type { StoredConversation, UpdatableThread } from "./stored-conversation.ts";

/**
 * Returns the service's reference to its copy of the conversation, to which a turn was added that lost a race and is not
 * in the stored thread; `undefined` if the service does not store a copy, or did not add anything.
 */
export function discardedReference(thread: Thread, error: AgentError): JsonObject | undefined {
  const { service } = thread.toJSON();
  if (!isJsonObject(service)) return undefined;
  return error.result !== undefined || service["outdated"] === true ? service : undefined;
}

/**
 * Returns the stored thread without its reference to the service's copy if that is the one which contains a discarded
 * turn: the next request replaces it. A service's responses never change, and have another reference.
 */
export async function withoutDiscarded(
  conversation: StoredConversation,
  target: UpdatableThread,
  discarded: JsonObject | undefined,
): Promise<UpdatableThread> {
  const { thread, stored } = target;
  const document = thread.toJSON();
  const { service } = document;
  if (discarded === undefined || !isJsonObject(service) || service["outdated"] === true) return target;
  if (canonicalJson(withoutMark(service)) !== canonicalJson(withoutMark(discarded))) return target;
  const marked = { ...document, service: { ...service, outdated: true } };
  return conversation.revise(JSON.stringify(marked), stored);
}

/**
 * Notes in the stored thread that the service's copy contains a discarded turn. Failures are ignored: the caller
 * receives the conflict, and another writer that saves meanwhile has a thread of its own.
 */
export async function noteDiscarded(
  conversation: StoredConversation,
  discarded: JsonObject | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (discarded === undefined) return;
  try {
    const target = await conversation.loadForUpdate(signal);
    const marked = await withoutDiscarded(conversation, target, discarded);
    if (marked !== target) await marked.save(await marked.thread.serialize(), signal);
  } catch {
    // The conflict is the error to report.
  }
}

function withoutMark({ outdated: _mark, ...service }: JsonObject): JsonObject {
  return service;
}
