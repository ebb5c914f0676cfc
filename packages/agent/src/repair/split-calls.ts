import type { Repairer } from "../findings/repairer.ts";
import type { MessageEntry } from "../wire-form/message-entry.ts";
import type { RepairDraft } from "./repair-draft.ts";
import { pairDraft } from "./repair-turn.ts";

/** Splits messages with too many calls into several, each followed by the results of its calls. */
export function splitCalls(draft: RepairDraft, maximum: number, repairer: Repairer): void {
  const crowded = draft.entries.filter(({ calls }) => calls.length > maximum);
  if (crowded.length === 0) return;
  const { resultOf } = pairDraft(draft);
  const splits = new Map<MessageEntry, MessageEntry[]>();
  const moved = new Set<MessageEntry>();
  for (const entry of crowded) {
    const split = (): string => {
      const messages = splitMessage(entry, maximum).flatMap((message) => {
        const results = message.calls.flatMap((call) => resultOf.get(call) ?? []);
        for (const result of results) moved.add(result);
        return [message, ...results];
      });
      splits.set(entry, messages);
      return "A repair splits the message, with the results after their calls.";
    };
    const message = `The message has more than the ${maximum} calls that the provider accepts.`;
    const finding = { code: "calls-too-many", path: `${entry.path}.tool_calls`, message } as const;
    repairer.repair({ ...finding, position: entry.position }, { split });
  }
  draft.entries = draft.entries.flatMap((entry) => splits.get(entry) ?? (moved.has(entry) ? [] : [entry]));
}

function splitMessage(entry: MessageEntry, maximum: number): MessageEntry[] {
  const messages: MessageEntry[] = [];
  for (let start = 0; start < entry.calls.length; start += maximum) {
    const value = start === 0 ? entry.value : { role: "assistant", content: null };
    messages.push({ ...entry, value, calls: entry.calls.slice(start, start + maximum), isChanged: true });
  }
  return messages;
}
