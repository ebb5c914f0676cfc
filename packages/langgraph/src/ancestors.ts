import type { SaverContext, ThreadRecords } from "./context.ts";
import { deleteRecords } from "./delete-thread.ts";
import { findCheckpoints } from "./find-checkpoints.ts";
import { checkpointKey, checkpointPrefix } from "./keys.ts";
import { loadCheckpoint, type LoadedCheckpoint } from "./load-checkpoint.ts";

type Load = Promise<LoadedCheckpoint | undefined>;

/** The maximum number of checkpoints to load before they are known to be ancestors. */
const MAX_AHEAD = 32;

/**
 * Loads the ancestors of a checkpoint, the nearest first, without the values of their channels. Each names only its
 * parent, so following the names would take a round trip for each. In a listing, the next checkpoints are almost always
 * the next ancestors, so this loads more and more of them at once.
 */
export async function* ancestors(
  context: SaverContext,
  thread: ThreadRecords,
  start: { readonly namespace: string; readonly parentId: string | undefined },
): AsyncGenerator<LoadedCheckpoint> {
  const prefix = checkpointPrefix(start.namespace);
  const loads = new Map<string, Load>();
  const listing = findCheckpoints(thread.records, {
    prefix,
    onDeletion: () => deleteRecords(thread),
  });

  /** Loads the checkpoint with this key and those that follow it in the listing. */
  async function loadAhead(key: string, count: number): Promise<void> {
    while (loads.size < count) {
      const next = await listing.next();
      if (next.done === true) return;
      // Skips newer checkpoints, and earlier ones of other branches.
      if (next.value.key < key) continue;
      const load = loadCheckpoint(context, thread, next.value.recordId, next.value);
      // The load may never be awaited.
      load.catch(() => undefined);
      loads.set(next.value.key, load);
    }
  }

  let ahead = 1;
  for (let id = start.parentId; id !== undefined;) {
    const key = checkpointKey(id);
    if (ahead > 1 && !loads.has(key)) {
      loads.clear();
      await loadAhead(key, ahead);
    }
    const loaded: LoadedCheckpoint | undefined = await (loads.get(key) ??
      loadCheckpoint(context, thread, prefix + key));
    loads.delete(key);
    if (loaded === undefined) return;
    yield loaded;
    ahead = Math.min(2 * ahead, MAX_AHEAD);
    id = loaded.known.parentId;
  }
}
