import type { SaveOptions, ThreadStore } from "@threadstore/core";
import { forEachConcurrently, type SaverContext } from "./context.ts";

/** The option that sets the expiry of a record. Without one, it never expires, whatever the `ttlMs` of the store. */
export function expiryOption(expiry: number | undefined): Pick<SaveOptions, "expiresAt"> {
  return { expiresAt: expiry === undefined ? null : new Date(expiry) };
}

/** Returns when a thread expires that gets its first checkpoint now. */
export function firstExpiry({ ttlMs, now }: SaverContext): number | undefined {
  return ttlMs === undefined ? undefined : now() + 2 * ttlMs;
}

/** Returns when pending writes expire: with their checkpoint, if this process knows it. */
export function writesExpiry(
  context: SaverContext,
  checkpoint: { readonly expiry: number | undefined } | undefined,
): number | undefined {
  const { expiry } = checkpoint ?? {};
  return expiry !== undefined && expiry > context.now() ? expiry : firstExpiry(context);
}

/**
 * Returns when a thread expires that gets a checkpoint now, given the expiry of the checkpoint before it. All records of
 * a thread expire at the same time, because checkpoints need the records of earlier ones. Moving that time changes all
 * records, so it is moved only once the thread has less than its time to live left, and then by twice as much.
 */
export async function nextExpiry(
  context: SaverContext,
  records: ThreadStore,
  expiry: number | undefined,
): Promise<number | undefined> {
  const { ttlMs, now } = context;
  if (ttlMs === undefined ? expiry === undefined : expiry !== undefined && expiry - now() >= ttlMs)
    return expiry;
  return moveExpiry(context, records);
}

/**
 * Moves the expiry of all records of a thread: values before the checkpoints that need them, then the latest first.
 * Records that another process or namespace has moved already keep their expiry, and all others get the earliest of
 * these. Resolves with it.
 */
async function moveExpiry(context: SaverContext, records: ThreadStore): Promise<number | undefined> {
  const { ttlMs, now } = context;
  const earliest = ttlMs === undefined ? Infinity : now() + ttlMs;
  let expiry = firstExpiry(context);
  const ids: string[] = [];
  for await (const { corrupt, id, expiresAt } of records.list({ limit: 1000 })) {
    if (corrupt) continue;
    const current = expiresAt?.getTime();
    if (expiry === undefined) {
      if (current !== undefined) ids.push(id);
    } else if (current === undefined || current < earliest) ids.push(id);
    else expiry = Math.min(expiry, current);
  }
  await forEachConcurrently(ids, (id) => records.touch(id, expiryOption(expiry)));
  return expiry;
}
