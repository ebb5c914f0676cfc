import { memberPath } from "@threadstore/core/documents";
import type { Repairer } from "../findings/repairer.ts";
import { withoutMember } from "../wire-form/message-entry.ts";
import { removeEntries, type RepairDraft } from "./repair-draft.ts";

/**
 * Repairs ids of items that earlier items have, which the service rejects. An item with the same content, too, is the
 * same one, and is dropped. Another one does not need its id. Must come before any other change of the items.
 */
export function repairItemIds(draft: RepairDraft, repairer: Repairer): void {
  const texts = new Map<string, string>();
  const removed = new Set<RepairDraft["entries"][number]>();
  draft.entries = draft.entries.map((entry) => {
    const { source, path, position } = entry;
    const id = draft.form.optionalId(source);
    if (id === undefined) return entry;
    const text = JSON.stringify(source);
    const earlier = texts.get(id);
    if (earlier === undefined) {
      texts.set(id, text);
      return entry;
    }
    let repaired = entry;
    // The results of a repeated call name it, and are repaired with it.
    const isSame = earlier === text && entry.calls.length === 0;
    const drop = (): string => {
      if (isSame) removed.add(entry);
      else repaired = draft.form.read(withoutMember(source, "id"), path, position);
      return isSame ? "A repair drops it." : "A repair removes its id.";
    };
    const location = isSame ? path : memberPath(path, "id");
    const message = "An earlier item has the same id.";
    repairer.repair({ code: "message-duplicated", path: location, position, message }, { drop });
    return repaired;
  });
  removeEntries(draft, removed);
}
