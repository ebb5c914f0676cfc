import { type ThreadPage, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { DecoratedCall } from "@threadstore/core/decorator";
import type { DeleteExpiredOptions, DeleteExpiredResult } from "@threadstore/core/maintenance";
import { type AttachmentName, isAttachmentName, nameOfRecord, writtenAt } from "../format/names.ts";
import { currentVersion } from "../replaced-version.ts";
import type { NamespaceContext } from "../thread-context.ts";

const PAGE_SIZE = 100;
/** As in every store, the part of the timeout after which the call stops with a cursor. */
const TIME_BUDGET = 0.5;
const DEFAULT_TIMEOUT_MS = 30_000;

// Threads are processed first, then attachments. A cursor starts with the phase that it belongs to.
const THREADS = "threads:";
const ATTACHMENTS = "attachments:";

/**
 * Deletes expired threads, and then attachments that no thread refers to and that are old enough. A dry run only counts
 * the threads.
 */
export async function deleteExpired(
  context: NamespaceContext,
  { cursor, dryRun }: Pick<DeleteExpiredOptions, "cursor" | "dryRun">,
  call: DecoratedCall,
): Promise<DeleteExpiredResult> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = call;
  const stopAt = performance.now() + timeoutMs * TIME_BUDGET;
  const { threads, attachments } = context;
  let deleted = 0;
  let after = cursorWithin(ATTACHMENTS, cursor);
  if (after === undefined) {
    const options = { ...call.options(), cursor: cursorWithin(THREADS, cursor), dryRun };
    const result = await threads.deleteExpired(options);
    deleted = result.deleted;
    if (result.cursor !== undefined) return { deleted, cursor: THREADS + result.cursor };
  }
  if (attachments === undefined || dryRun === true) return { deleted };
  do {
    const options = { ...call.options(), limit: PAGE_SIZE, cursor: after, metadata: true };
    const page = await attachments.listPage(options);
    await deleteOrphans(context, attachments, page, call);
    after = page.cursor;
  } while (after !== undefined && performance.now() < stopAt);
  return after === undefined ? { deleted } : { deleted, cursor: ATTACHMENTS + after };
}

/**
 * Deletes the attachments of a page that are old enough and have no reference. Threads are read after their
 * attachments were listed, so a save that has completed by then is taken into account; one in progress has just
 * written its own.
 */
async function deleteOrphans(
  context: NamespaceContext,
  attachments: ThreadStore,
  { threads: records }: ThreadPage,
  call: DecoratedCall,
): Promise<void> {
  const { now, orphanAgeMs } = context.options;
  const writtenBefore = now() - orphanAgeMs;
  const isOld = (name: AttachmentName): boolean => isAttachmentName(name) && writtenAt(name) <= writtenBefore;
  const candidates = records.filter(({ id }) => isOld(nameOfRecord(id)));
  for (const [thread, group] of Map.groupBy(candidates, ({ metadata }) => metadata?.["thread"])) {
    if (thread === undefined) continue;
    const names = await referencedNames(context, thread, call);
    if (names === undefined) continue;
    for (const { id } of group) {
      if (!names.has(nameOfRecord(id))) await attachments.delete(id, call.options());
    }
  }
}

/** Returns the attachments that a thread refers to; `undefined` if that is unknown. */
async function referencedNames(
  context: NamespaceContext,
  id: string,
  call: DecoratedCall,
): Promise<ReadonlySet<AttachmentName> | undefined> {
  try {
    return (await currentVersion({ ...context, id, call }))?.names ?? new Set();
  } catch (error) {
    // A corrupt thread may be restored from a backup, and then needs its attachments.
    if (ThreadStoreError.is(error, "CORRUPT")) return undefined;
    throw error;
  }
}

/** Returns the cursor within a phase; `undefined` if `cursor` belongs to the other one. */
function cursorWithin(phase: string, cursor: unknown): string | undefined {
  if (cursor === undefined) return undefined;
  if (typeof cursor === "string") {
    if (cursor.startsWith(phase)) return cursor.slice(phase.length);
    if (cursor.startsWith(THREADS) || cursor.startsWith(ATTACHMENTS)) return undefined;
  }
  throw new ThreadStoreError(
    "INVALID_ARGUMENT",
    "`cursor` must be the cursor of an earlier `deleteExpired` of the same namespace. Omit it to start from the beginning.",
  );
}
