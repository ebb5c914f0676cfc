import type { Repairer } from "../findings/repairer.ts";
import { type MessageEntry, roleOf, setMember } from "../wire-form/message-entry.ts";
import { INTERRUPTED_ANSWER } from "./interrupted-texts.ts";
import { removeEntries, type RepairDraft } from "./repair-draft.ts";

/** Repairs the order of messages for Mistral and the chat templates of many open models. */
export function repairOrder(draft: RepairDraft, repairer: Repairer): void {
  repairSystemMessages(draft, repairer);
  addMissingAnswers(draft, repairer);
}

function repairSystemMessages(draft: RepairDraft, repairer: Repairer): void {
  const removed = new Set<MessageEntry>();
  for (const entry of draft.entries.slice(1)) {
    const role = roleOf(entry);
    if (role !== "system" && role !== "developer") continue;
    const { path, position } = entry;
    const message = "A system message follows the first message.";
    repairer.repair(
      { code: "system-misplaced", path, position, message },
      {
        rewrite: () => {
          setMember(entry, "role", "user");
          return "A repair converts it to a user message.";
        },
        drop: () => {
          removed.add(entry);
          return "A repair drops it.";
        },
      },
    );
  }
  removeEntries(draft, removed);
}

function addMissingAnswers(draft: RepairDraft, repairer: Repairer): void {
  draft.entries = draft.entries.flatMap((entry, index) => {
    const previous = draft.entries[index - 1];
    if (roleOf(entry) !== "user" || previous === undefined || roleOf(previous) !== "tool") return [entry];
    const { path, position } = entry;
    let answer: MessageEntry | undefined;
    const synthesize = (): string => {
      const value = { role: "assistant", content: INTERRUPTED_ANSWER };
      answer = draft.form.read(value, path, previous.position);
      return "A repair adds an answer that says so.";
    };
    const message = "The user message follows a tool result directly: the assistant never answered.";
    repairer.repair({ code: "answer-missing", path, position, message }, { synthesize });
    return answer === undefined ? [entry] : [answer, entry];
  });
}
