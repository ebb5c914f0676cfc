import { invalidValue } from "@threadstore/agent/provider";
import type { JsonObject } from "@threadstore/core/documents";
import { SERVICE_BOUND, type ServiceBound } from "../service-rejection.ts";
import { requiresId } from "./required-members.ts";
import type { ResponseItem } from "./response-item.ts";

/** Where the conversation is stored between requests; see `storage` of the agent. */
export type ResponsesStorage = "response" | "conversation" | "local";

/** The service's reference to the conversation so far. */
export type ServiceState = { readonly response: string } | { readonly conversation: string };

const OBJECT_ID = /^[\w.:-]{1,256}$/;

/** Returns whether a reference only contains ids that the service may have created. */
export function isServiceState({ response, conversation }: JsonObject): boolean {
  return [response, conversation].every(
    (id) => id === undefined || (typeof id === "string" && OBJECT_ID.test(id)),
  );
}

/** Reads the service state of a thread, which is untrusted. Returns `undefined` if this storage cannot use it. */
export function readServiceState(
  service: JsonObject | undefined,
  storage: ResponsesStorage,
): ServiceState | undefined {
  if (service === undefined || storage === "local" || isOutdated(service)) return undefined;
  const id = service[storage];
  // The state belongs to another storage. The conversation starts again from its transcript.
  if (id === undefined) return undefined;
  if (typeof id !== "string" || !OBJECT_ID.test(id)) {
    const value = typeof id === "string" ? [] : [id];
    throw invalidValue("THREAD_INVALID", `$.service.${storage}`, "the id of a stored object", ...value);
  }
  return storage === "response" ? { response: id } : { conversation: id };
}

/** Returns whether a thread refers to a conversation of the service with a response of a run that failed. */
export function isOutdated(service: JsonObject | undefined): boolean {
  return service?.["outdated"] === true;
}

/** Returns the kinds of content that the service rejected in an earlier request, and that are not sent again. */
export function readLeftOut(service: JsonObject | undefined): ReadonlySet<ServiceBound> {
  const leftOut = service?.["leftOut"];
  return new Set(SERVICE_BOUND.filter((kind) => Array.isArray(leftOut) && leftOut.includes(kind)));
}

/**
 * Returns the items in a form that a service accepts if it does not store them. It rejects ids of responses
 * that it no longer stores, and reasoning that it would have to look up, but requires the ids of calls that it ran.
 */
export function toTranscript(items: readonly ResponseItem[]): ResponseItem[] {
  return items.flatMap((item) => {
    if (item.type === "item_reference") return [];
    if (item.type === "reasoning" && typeof item.encrypted_content !== "string") return [];
    if (requiresId(item)) return [item];
    const { id: _id, ...others } = item as ResponseItem & { id?: unknown };
    return [others as ResponseItem];
  });
}
