import { type JsonValue, type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { canonicalJson } from "@threadstore/core/documents";
import type { MoveOutcome, TransferContext } from "./transfer-format.ts";

/** How a stored thread relates to an imported one. `older`: the imported one continues it. */
export type Relation = "same" | "older" | "newer" | "different";

/** A conversation that is stored as one thread. */
export interface ImportedThread {
  readonly id: string;
  readonly thread: object | string;
  readonly relationOf: (stored: StoredThread) => Relation;
}

/**
 * Saves an imported thread, or continues the stored one. A different thread is kept, unless `overwrite` is set. Nothing
 * is written if the store already has the whole thread.
 */
export async function saveThread(
  view: ThreadStore,
  { id, thread, relationOf }: ImportedThread,
  { isDryRun, overwrite, signal }: Pick<TransferContext, "isDryRun" | "overwrite" | "signal">,
): Promise<MoveOutcome> {
  const outcomeFor = (stored: StoredThread | undefined): MoveOutcome => {
    const relation = stored === undefined ? "older" : relationOf(stored);
    if (relation === "same" || relation === "newer") return "present";
    return relation === "older" || overwrite ? "moved" : "different";
  };
  try {
    if (isDryRun) return outcomeFor(await view.load(id, { signal }));
    let outcome: MoveOutcome = "present";
    const change = (stored: StoredThread | undefined): object | string | null => {
      outcome = outcomeFor(stored);
      return outcome === "moved" ? thread : null;
    };
    await view.update(id, change, { signal });
    return outcome;
  } catch (error) {
    if (!ThreadStoreError.is(error, "CORRUPT")) throw error;
    if (!overwrite) return "different";
    if (!isDryRun) await view.save(id, thread, { overwrite: true, signal });
    return "moved";
  }
}

/** Compares the messages of a stored thread with those of an imported one. */
export function relationOfLists(stored: readonly JsonValue[], imported: readonly JsonValue[]): Relation {
  const length = Math.min(stored.length, imported.length);
  for (let index = 0; index < length; index += 1) {
    if (canonicalJson(stored[index] ?? null) !== canonicalJson(imported[index] ?? null)) return "different";
  }
  if (stored.length === imported.length) return "same";
  return stored.length < imported.length ? "older" : "newer";
}
