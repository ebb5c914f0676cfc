import { touchingPatch } from "../encoding/record-end.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { countLostRaces } from "../runtime/retry.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { TouchOptions, TouchResult, Version } from "../thread-store.ts";
import { corruptRecord } from "../validation/corrupt-record.ts";
import type { ResolvedStoreOptions } from "../validation/store-options.ts";
import { checkedVersion } from "../validation/version.ts";
import { staleVersion } from "./conflict.ts";
import { detailsAfter, patchRecord, touchResult, type TrailerChange, trailerChange } from "./patch-record.ts";
import { readEnd } from "./read-end.ts";

/** The validated arguments of a touch. */
export interface TouchRequest extends TrailerChange {
  readonly key: ThreadKey;
  readonly previous: Version | undefined;
}

export function touchRequest(
  key: ThreadKey,
  { previous, ...change }: TouchOptions,
  options: ResolvedStoreOptions,
): TouchRequest {
  return {
    key,
    previous: checkedVersion(key.id, previous, "touch"),
    ...trailerChange(change, options),
  };
}

/** Replaces the trailer of a thread. Starts over if another writer changes the thread first. */
export async function touchThread(
  context: OperationContext,
  request: TouchRequest,
): Promise<TouchResult | undefined> {
  const { key, previous } = request;
  const races = countLostRaces(context);
  let refused: Version | undefined;
  for (;;) {
    const stored = await readEnd(context, key);
    if (refused !== undefined) await races.next(stored?.version === refused);
    const isMissing = stored === undefined || stored.state === "expired";
    if (previous !== undefined && (isMissing || stored.version !== previous)) throw staleVersion(stored);
    if (isMissing) return undefined;
    if (stored.state === "corrupt") throw corruptRecord(stored.corruption);
    const { version, end } = stored;
    const touched = touchingPatch(end, detailsAfter(context, end.trailer, request), request.unindexed);
    const patched = await patchRecord(context, key, version, touched);
    if (patched !== undefined) return touchResult(key.id, patched);
    refused = version;
  }
}
