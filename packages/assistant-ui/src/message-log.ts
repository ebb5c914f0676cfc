import type { LogElement, MessageEntry } from "./message-entry.ts";

type Parents = Map<string, string | null>;

/**
 * Returns the messages of a format that a log contains, each with a parent that exists: assistant-ui does not show
 * messages without one. A parent can be missing because another tab deleted it while this tab answered it, or because the
 * server did not accept it.
 */
export function messagesOfLog(log: readonly LogElement[], format: string): MessageEntry[] {
  const entries = new Map<string, MessageEntry>();
  const deletedParents: Parents = new Map();
  for (const element of log) {
    if ("deleted" in element) {
      remove(element.id, entries, deletedParents);
    } else if (element.format === format) {
      deletedParents.delete(element.id);
      entries.set(element.id, { ...element, parent_id: remainingParent(element.parent_id, deletedParents) });
    }
  }
  return linked([...entries.values()]);
}

function remove(id: string, entries: Map<string, MessageEntry>, deletedParents: Parents): void {
  const deleted = entries.get(id);
  if (deleted === undefined) return;
  entries.delete(id);
  deletedParents.set(id, deleted.parent_id);
  for (const [childId, child] of entries) {
    if (child.parent_id === id) entries.set(childId, { ...child, parent_id: deleted.parent_id });
  }
}

/** Returns the first ancestor that was not deleted. */
function remainingParent(parentId: string | null, deletedParents: Parents): string | null {
  const visited = new Set<string>();
  let id = parentId;
  while (id !== null && deletedParents.has(id) && !visited.has(id)) {
    visited.add(id);
    id = deletedParents.get(id) ?? null;
  }
  return id !== null && visited.has(id) ? null : id;
}

/** Lets messages whose parent was never stored follow the message that was stored before them, and breaks cycles. */
function linked(entries: readonly MessageEntry[]): MessageEntry[] {
  const ids = new Set(entries.map(({ id }) => id));
  const parents: Parents = new Map(
    entries.map(({ id, parent_id: parentId }, index) => {
      const isMissing = parentId !== null && !ids.has(parentId);
      return [id, isMissing ? (entries[index - 1]?.id ?? null) : parentId];
    }),
  );
  const checked = new Set<string>();
  for (const entry of entries) {
    const path = new Set<string>();
    let id: string | null = entry.id;
    while (id !== null && !checked.has(id) && !path.has(id)) {
      path.add(id);
      id = parents.get(id) ?? null;
    }
    if (id !== null && path.has(id)) parents.set(id, null);
    for (const each of path) checked.add(each);
  }
  return entries.map((entry) => ({ ...entry, parent_id: parents.get(entry.id) ?? null }));
}
