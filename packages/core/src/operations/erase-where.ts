import type { ThreadMetadata, ThreadStore } from "../thread-store.ts";
import { checkStore } from "../validation/job-options.ts";
import { checkedWhere, digestOfWhere, emptySelection } from "../validation/where.ts";
import { prepareRemoval, type RemovalOptions, type RemovalResult } from "./removal-options.ts";
import { targetOf } from "./removal-state.ts";
import { runRemoval } from "./removal.ts";
import { selectionOf } from "./selection.ts";

/**
 * Deletes the threads of a store or view, and of all namespaces below, whose metadata has all members of `where`, each
 * with exactly this value: for example, everything of one person, by the owner in the metadata. Pass the store that your
 * application uses, with all of its decorators: they know which records belong to a thread. `where` may be empty if the
 * option `prefix` selects threads by their ids, and then corrupt records with such an id are deleted, too.
 *
 * Starts over until a pass through all namespaces does not find a matching thread, so that threads that were saved in
 * the meantime are deleted, too. If the tenth pass of a call still finds some, it resolves with a `cursor`: stop the
 * clients that save them, and continue. Also removes the bytes of expired threads, whosever they are. The owner of a
 * corrupt record is unreadable: such records are kept, counted in each pass, and passed to `onCorrupt`.
 *
 * Any process can continue from a cursor. Finally resolves with a receipt. Rejects with `INVALID_ARGUMENT`, with
 * `MISCONFIGURED` if the store has sealed metadata, but not the layer that can read it, or with any error of the store's
 * methods: continue from the last cursor that `onProgress` received.
 */
export async function eraseWhere(
  store: ThreadStore,
  where: Readonly<ThreadMetadata>,
  options: RemovalOptions = {},
): Promise<RemovalResult> {
  checkStore("store", store);
  const selection = checkedWhere(where ?? {});
  const prepared = prepareRemoval(store, ["erasure", digestOfWhere(selection)], options);
  const isByIdOnly = Object.keys(selection).length === 0;
  const { prefix = "" } = prepared.options;
  if (isByIdOnly && prefix === "") throw emptySelection();
  const isSelected = selectionOf(store, selection);
  return runRemoval({
    ...prepared,
    needsMetadata: !isByIdOnly,
    deletesCorrupt: isByIdOnly,
    repeats: true,
    select: (threads) => {
      const matching = threads.filter((thread) => isSelected(thread));
      return { targets: matching.map(targetOf), newest: [] };
    },
  });
}
