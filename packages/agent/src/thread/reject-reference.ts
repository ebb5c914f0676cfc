import { isJsonObject } from "@threadstore/core/documents";
import { AgentError } from "../agent-error.ts";

/**
 * Throws `THREAD_INVALID` for a thread that only has the id of its history. Otherwise, it would be repaired to an empty
 * conversation.
 */
export function rejectReference(document: { readonly [member: string]: unknown }): void {
  const { history, messages } = document;
  if (messages !== undefined || !isJsonObject(history)) return;
  throw new AgentError(
    "THREAD_INVALID",
    "The thread refers to a history that a store keeps. Deserialize it with an agent that has the option `history`, or load the history by its id and pass that.",
    { path: "$.history" },
  );
}
