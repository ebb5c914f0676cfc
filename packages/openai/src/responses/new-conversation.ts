import { AgentError } from "@threadstore/agent";
import type { OpenAI } from "openai";
import { toModelError } from "../model-error.ts";
import type { ResponsesStorage, ServiceState } from "./service-state.ts";

/** Performs a request that starts a conversation of the service, if the storage is such a conversation. */
export type NewConversation = <Result>(
  signal: AbortSignal,
  send: (reference: ServiceState | undefined) => Promise<Result>,
) => Promise<{ readonly reference: ServiceState | undefined; readonly result: Result }>;

/** The statuses of rejections after which the conversation is as empty as it was created. */
const REJECTED: ReadonlySet<number | undefined> = new Set([400, 403, 413, 422]);

/**
 * Returns a function that creates a conversation for the first request, and again only after a request that the service
 * can have added to it: repetitions of a rejected request use the same one.
 */
export function createConversations(client: OpenAI, storage: ResponsesStorage): NewConversation {
  let unused: ServiceState | undefined;
  return async (signal, send) => {
    if (storage !== "conversation") return { reference: undefined, result: await send(undefined) };
    const reference = unused ?? { conversation: (await client.conversations.create({}, { signal })).id };
    unused = undefined;
    try {
      return { reference, result: await send(reference) };
    } catch (error) {
      if (isRejected(error)) unused = reference;
      throw error;
    }
  };
}

function isRejected(error: unknown): boolean {
  const { code, status } = AgentError.is(error) ? error : toModelError(error);
  return code === "MODEL_REFUSED" && REJECTED.has(status);
}
