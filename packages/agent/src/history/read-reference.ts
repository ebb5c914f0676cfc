import { isJsonObject } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import { readMembers, type ThreadReader } from "../thread/read-thread.ts";
import type { HistoryReference } from "./history-thread.ts";

/** Reads a reference to a history, which is untrusted. Throws as `readThread` does. */
export function readReference(
  value: unknown,
  reader: Pick<ThreadReader<string, object>, "acceptOtherAgent" | "agent" | "kind">,
): HistoryReference {
  const { agent: _agent, history, messages, ...extra } = readMembers(value, reader);
  if (history === undefined && messages !== undefined) {
    throw new AgentError(
      "THREAD_INVALID",
      'The thread contains its messages, and this agent keeps them in a store. Save the thread there under an id, and replace `messages` with `"history": { "id": … }`.',
      { path: "$.messages" },
    );
  }
  if (!isJsonObject(history)) {
    throw invalidValue("THREAD_INVALID", "$.history", "an object with the id of the history", history);
  }
  if (messages !== undefined) {
    const message = "`$.messages` must not be in a thread that has a `history`. Remove one of them.";
    throw new AgentError("THREAD_INVALID", message, { path: "$.messages" });
  }
  const { id, ...historyExtra } = history;
  if (typeof id !== "string" || id === "") {
    throw invalidValue("THREAD_INVALID", "$.history.id", "a non-empty string", id);
  }
  const { kind, version } = reader.kind;
  return { kind, version, agent: reader.agent, id, extra, historyExtra };
}
