import {
  type DeleteExpiredOptions,
  type DeleteExpiredResult,
  type ThreadPage,
  ThreadStoreError,
} from "@threadstore/core";
import { type NextStep, stepsOf } from "../call/steps.ts";
import { invalidArgument } from "../failures.ts";
import { type AttachmentName, isAttachmentName, nameIn, writtenAt } from "../format/names.ts";
import type { Place } from "../place.ts";
import { baseFound } from "./base.ts";

const PAGE = 100;
// As in every store: past this part of its time a sweep ends with a cursor.
const PART_OF_TIME = 0.5;
const TIME_MS = 30_000;

// A sweep is one of the threads, and then one of the attachments. Its cursor says in which of them it stopped.
const THREADS = "threads:";
const ATTACHMENTS = "attachments:";

/** Removes the expired threads, and then the attachments that no thread names and that are old enough. */
export async function deleteExpiredIn(
  place: Place,
  options: DeleteExpiredOptions,
): Promise<DeleteExpiredResult> {
  const started = performance.now();
  const { cursor, timeoutMs = TIME_MS } = options;
  const next = stepsOf(options);
  let deleted = 0;
  let after = cursorOf(cursor, ATTACHMENTS);
  if (after === undefined) {
    const swept = await place.threads.deleteExpired({ ...next(), cursor: cursorOf(cursor, THREADS) });
    deleted = swept.deleted;
    if (swept.cursor !== undefined) return { deleted, cursor: THREADS + swept.cursor };
  }
  const { attachments } = place;
  if (attachments === undefined) return { deleted };
  do {
    const page = await attachments.listPage({ ...next(), limit: PAGE, cursor: after, metadata: true });
    await removeOrphans(place, page, next);
    after = page.cursor;
  } while (after !== undefined && performance.now() < started + timeoutMs * PART_OF_TIME);
  return after === undefined ? { deleted } : { deleted, cursor: ATTACHMENTS + after };
}

/**
 * Looks at each thread only after its attachments were listed: a save that names one and was confirmed by then is
 * seen. A save that is still on its way has written its attachments a short while ago.
 */
async function removeOrphans(place: Place, { threads: records }: ThreadPage, next: NextStep): Promise<void> {
  const before = place.options.now() - place.options.orphanAgeMs;
  const old = records.filter(({ id }) => isAttachmentName(nameIn(id)) && writtenAt(nameIn(id)) <= before);
  for (const [thread, group] of Map.groupBy(old, ({ metadata }) => metadata?.["thread"])) {
    if (thread === undefined) continue;
    const names = await namesOf(place, thread, next);
    if (names === undefined) continue;
    for (const { id } of group) {
      if (!names.has(nameIn(id))) await place.attachments?.delete(id, next());
    }
  }
}

/** What the thread names; `undefined` when that cannot be told. */
async function namesOf(
  place: Place,
  id: string,
  next: NextStep,
): Promise<ReadonlySet<AttachmentName> | undefined> {
  try {
    return (await baseFound({ place, id, next }))?.names ?? new Set();
  } catch (error) {
    // A damaged thread may be restored one day, and needs its attachments then.
    if (ThreadStoreError.is(error, "CORRUPT")) return undefined;
    throw error;
  }
}

/** The cursor of the part of a sweep that the given one belongs to. */
function cursorOf(cursor: string | undefined, part: string): string | undefined {
  if (cursor === undefined) return undefined;
  if (typeof cursor === "string") {
    if (cursor.startsWith(part)) return cursor.slice(part.length);
    if (cursor.startsWith(THREADS) || cursor.startsWith(ATTACHMENTS)) return undefined;
  }
  throw invalidArgument(
    "The cursor is not one that a sweep of this namespace returned. Start again without a cursor.",
  );
}
