import { type AgentInputItem, user } from "@openai/agents-core";
import type { ThreadSession } from "./index.ts";

/** Returns how many items a history stands for, if each compaction contains the number of those that it replaced. */
export function countOf(items: readonly AgentInputItem[]): number {
  return items.reduce((count, item) => {
    return count + (item.type === "compaction" ? Number(item.encrypted_content) : 1);
  }, 0);
}

/** Adds 100 pairs of messages. */
export async function addPairs(session: ThreadSession, name: string): Promise<void> {
  for (let count = 0; count < 100; count++) {
    await session.addItems([user(`${name} ${count}`), user(`${name} ${count} again`)]);
  }
}
