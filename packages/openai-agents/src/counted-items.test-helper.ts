import type { AgentInputItem } from "@openai/agents-core";

/** Returns how many items a history stands for, if each compaction contains the number of those that it replaced. */
export function countOf(items: readonly AgentInputItem[]): number {
  return items.reduce((count, item) => {
    return count + (item.type === "compaction" ? Number(item.encrypted_content) : 1);
  }, 0);
}
