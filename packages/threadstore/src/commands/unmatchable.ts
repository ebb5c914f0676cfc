import type { ThreadStore, ThreadSummary } from "@threadstore/core";
import { SEALED_METADATA } from "@threadstore/core/decorator";
import type { Where } from "../cli/parameters.ts";
import { count } from "../output/format.ts";
import { walk } from "../walk/walk.ts";

/** The filters of a command that deletes. */
interface Filters {
  readonly prefix: string | undefined;
  readonly where: Where | undefined;
}

/**
 * Counts the threads that may match `where` although they are not listed, because their metadata are corrupt or encrypted.
 * Resolves with 0 if there is no `where`.
 */
export async function countUnmatchable(
  store: ThreadStore,
  { prefix, where }: Filters,
  signal: AbortSignal,
): Promise<number> {
  if (where === undefined) return 0;
  let total = 0;
  for await (const { threads } of walk(store, { prefix, metadata: true, limit: 1000, signal })) {
    total += threads.filter(isUnmatchable).length;
  }
  return total;
}

function isUnmatchable({ corrupt, metadata }: ThreadSummary): boolean {
  return corrupt || (metadata !== undefined && Object.hasOwn(metadata, SEALED_METADATA));
}

/** Returns the lines that say what a command with `where` could not compare. */
export function unmatchableLines(unmatchable: number): string[] {
  if (unmatchable === 0) return [];
  return [
    `${count(unmatchable, "thread")} may match, too: their metadata are corrupt or encrypted. List them with \`ls\`, ` +
      "and open a store with layers by a configuration file.",
  ];
}
