import type { Repairer } from "../findings/repairer.ts";
import { type MessageEntry, roleOf } from "../wire-form/message-entry.ts";
import { removeEntries, type RepairDraft } from "./repair-draft.ts";

/** Drops reasoning that no output of the model follows, which services reject. */
export function dropDanglingReasoning(draft: RepairDraft, repairer: Repairer): void {
  const removed = new Set<MessageEntry>();
  for (const entry of findDangling(draft)) {
    const drop = (): string => {
      removed.add(entry);
      return "A repair drops it.";
    };
    const { path, position } = entry;
    const message = "No output of the model follows this reasoning.";
    repairer.repair({ code: "reasoning-dangling", path, position, message }, { drop });
  }
  removeEntries(draft, removed);
}

function findDangling({ entries, form }: RepairDraft): MessageEntry[] {
  let isFollowed = false;
  const dangling: MessageEntry[] = [];
  for (const entry of entries.toReversed()) {
    if (!form.isReasoning(entry.source)) {
      const role = roleOf(entry);
      isFollowed = role === "assistant" || role === undefined;
    } else if (!isFollowed) {
      dangling.push(entry);
    }
  }
  return dangling.toReversed();
}
