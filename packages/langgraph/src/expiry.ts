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
  const next = firstExpiry(context);
  await moveExpiry(records, next);
  return next;
}

/** Moves the expiry of all records of a thread: values before the checkpoints that need them, then the latest first. */
async function moveExpiry(records: ThreadStore, expiry: number | undefined): Promise<void> {
  const ids: string[] = [];
  for await (const { corrupt, id, expiresAt } of records.list({ limit: 1000 })) {
    const current = corrupt ? undefined : (expiresAt?.getTime() ?? Infinity);
    if (current !== undefined && current < (expiry ?? Infinity)) ids.push(id);
    else if (current === Infinity && expiry !== undefined) ids.push(id);
  }
  await forEachConcurrently(ids, (id) => records.touch(id, expiryOption(expiry)));
}
