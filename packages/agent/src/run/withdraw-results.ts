import type { JsonObject } from "@threadstore/core/documents";
import type { ThreadKind } from "../thread/thread-kind.ts";

/**
 * Withdraws the last results among messages that let a service run a call. The service can have received them in a
 * request that was interrupted, and would run the call again. Returns the same array if there are none.
 */
export function withdrawResults<Message extends object>(
  messages: readonly Message[],
  threads: ThreadKind<string, Message>,
  reason: string,
): readonly Message[] {
  const start = messages.findLastIndex((message) => !threads.isToolResult(message)) + 1;
  let isChanged = false;
  const withdrawn = messages.map((message, index) => {
    const result = message as unknown as JsonObject;
    const denial = index < start ? undefined : threads.wireForm.withdraw(result, reason);
    if (denial === undefined) return message;
    isChanged = true;
    return denial as unknown as Message;
  });
  return isChanged ? withdrawn : messages;
}

/**
 * Returns whether messages contain a result that let a service run a call in this run. `previous` are the messages of the
 * thread before it.
 */
export function hasApproved<Message extends object>(
  messages: readonly Message[],
  previous: readonly Message[],
  threads: ThreadKind<string, Message>,
): boolean {
  const known = new Set(previous);
  const added = messages.filter((message) => !known.has(message));
  const isApproval = (message: Message): boolean =>
    threads.wireForm.withdraw(message as unknown as JsonObject, "") !== undefined;
  // The last ones can be from an earlier run whose request was rejected, and are then sent again.
  return added.some(isApproval) || withdrawResults(messages, threads, "") !== messages;
}
