import type { SaveOptions, ThreadStore } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/documents";
import { type SaverContext } from "./context.ts";

/** The option that sets the expiry of a record. Without one, it never expires, whatever the `ttlMs` of the store. */
export function expiryOption(expiry: number | undefined): Pick<SaveOptions, "expiresAt"> {
  return { expiresAt: expiry === undefined ? null : new Date(expiry) };
}

/** Returns the time at which a thread expires if its first checkpoint is saved now. */
export function firstExpiry({ ttlMs, now }: SaverContext): number | undefined {
  return ttlMs === undefined ? undefined : now() + 2 * ttlMs;
}

/** Returns the time at which pending writes expire: that of their checkpoint, if this process knows it. */
export function writesExpiry(
  context: SaverContext,
  checkpoint: { readonly expiry: number | undefined } | undefined,
): number | undefined {
  const { expiry } = checkpoint ?? {};
  return expiry !== undefined && expiry > context.now() ? expiry : firstExpiry(context);
}

/**
 * Returns the time at which a thread expires if a checkpoint is saved now. `expiry` is that of the previous checkpoint.
 * All records of a thread expire at the same time, because checkpoints need the records of earlier ones. Extending the
 * expiry changes all records, so it is extended only when less than `ttlMs` is left, and then to twice `ttlMs`.
 */
export async function nextExpiry(
  context: SaverContext,
  records: ThreadStore,
  expiry: number | undefined,
): Promise<number | undefined> {
  const { ttlMs, now } = context;
  if (ttlMs === undefined ? expiry === undefined : expiry !== undefined && expiry - now() >= ttlMs)
    return expiry;
  return extendExpiry(context, records);
}

/**
 * Extends the expiry of all records of a thread: first of the values, then of the checkpoints, the latest first.
 * Records whose expiry another process or namespace has already extended keep it, and all others get the earliest of
 * these times. Resolves with that time.
 */
async function extendExpiry(context: SaverContext, records: ThreadStore): Promise<number | undefined> {
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
  await mapConcurrently(ids, (id) => records.touch(id, expiryOption(expiry)));
  return expiry;
}
