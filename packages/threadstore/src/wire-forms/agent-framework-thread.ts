import type { SerializedThread } from "@threadstore/core";

/** The members and types by which `detectShape` tells the shapes of Agent Framework apart. */
const MEMBERS = ["stateBag", "chatHistoryProviderState", "storeState"];
const TYPES: readonly unknown[] = ["session", "agent_thread_state"];
/** The only member of a thread of the first shape whose messages a service keeps. */
const SERVICE_ID = "conversationId";

/** Returns whether a thread may be one that Agent Framework wrote. */
export function isAgentFrameworkThread(thread: SerializedThread): boolean {
  if (MEMBERS.some((name) => Object.hasOwn(thread, name)) || TYPES.includes(thread["type"])) return true;
  const [name, ...others] = Object.keys(thread);
  return name === SERVICE_ID && others.length === 0;
}
