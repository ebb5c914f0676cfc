import type { JsonObject } from "@threadstore/agent";
import { unexpected } from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type { ResponseItem } from "./response-item.ts";

/** Who keeps the conversation between requests; see `storage` of the agent. */
export type ResponsesStorage = "response" | "conversation" | "local";

/** By what the service knows what was said before. */
export type ServiceState = { readonly response: string } | { readonly conversation: string };

/** What a thread keeps of the service, which is untrusted; `undefined` when this storage can do nothing with it. */
export function readServiceState(
  service: JsonObject | undefined,
  storage: ResponsesStorage,
): ServiceState | undefined {
  if (service === undefined || storage === "local") return undefined;
  const id = service[storage];
  // Of another storage: the conversation begins anew from its transcript.
  if (id === undefined) return undefined;
  if (typeof id !== "string" || !/^[\w.:-]{1,256}$/.test(id)) {
    throw unexpected("THREAD_INVALID", `$.service.${storage}`, "the id of a stored object", id);
  }
  return storage === "response" ? { response: id } : { conversation: id };
}

/** Makes what the service is to keep a new conversation in; `undefined` where that comes with the response. */
export async function beginService(
  client: OpenAI,
  storage: ResponsesStorage,
  signal: AbortSignal,
): Promise<ServiceState | undefined> {
  if (storage !== "conversation") return undefined;
  const { id } = await client.conversations.create({}, { signal });
  return { conversation: id };
}

/**
 * The items as a service takes them that does not have them. It refuses ids of its own that it has forgotten,
 * and reasoning that it has to look up.
 */
export function asTranscript(items: readonly ResponseItem[]): ResponseItem[] {
  return items.flatMap((item) => {
    if (item.type === "item_reference") return [];
    if (item.type === "reasoning" && typeof item.encrypted_content !== "string") return [];
    const { id: _id, ...rest } = item as ResponseItem & { id?: unknown };
    return [rest as ResponseItem];
  });
}

/** Whether the error says that the service has no object of that id (any more). */
export function isForgotten(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { status, code } = error as { readonly status?: unknown; readonly code?: unknown };
  return (
    status === 404 || (typeof code === "string" && /(?:previous_response|conversation).*not_found/.test(code))
  );
}
