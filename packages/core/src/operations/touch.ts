import { touchingPatch } from "../encoding/record-end.ts";
import { andThen, type MaybePromise } from "../runtime/maybe-promise.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { countLostRaces } from "../runtime/retry.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { TouchOptions, TouchResult, Version } from "../thread-store.ts";
import { corruptRecord } from "../validation/corrupt-record.ts";
import type { ResolvedStoreOptions } from "../validation/store-options.ts";
import { checkedVersion } from "../validation/version.ts";
import { staleVersion } from "./conflict.ts";
import { detailsAfter, patchRecord, touchResult, type TrailerChange, trailerChange } from "./patch-record.ts";
import { type EndState, readEnd } from "./read-end.ts";

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
export function touchThread(
  context: OperationContext,
  request: TouchRequest,
): MaybePromise<TouchResult | undefined> {
  return andThen(readEnd(context, request.key), (stored) =>
    andThen(touchEnd(context, request, stored), (outcome) =>
      outcome === "refused" ? touchAgain(context, request, stored) : outcome,
    ),
  );
}

async function touchAgain(
  context: OperationContext,
  request: TouchRequest,
  refused: EndState | undefined,
): Promise<TouchResult | undefined> {
  const races = countLostRaces(context);
  for (let earlier = refused; ;) {
    const stored = await readEnd(context, request.key);
    await races.next(stored?.version === earlier?.version);
    const outcome = await touchEnd(context, request, stored);
    if (outcome !== "refused") return outcome;
    earlier = stored;
  }
}

/** Resolves with `"refused"` if another writer changed the thread first. */
function touchEnd(
  context: OperationContext,
  request: TouchRequest,
  stored: EndState | undefined,
): MaybePromise<TouchResult | undefined | "refused"> {
  const { key, previous } = request;
  const isMissing = stored === undefined || stored.state === "expired";
  if (previous !== undefined && (isMissing || stored.version !== previous)) throw staleVersion(stored);
  if (isMissing) return undefined;
  if (stored.state === "corrupt") throw corruptRecord(stored.corruption);
  const { version, end } = stored;
  const touched = touchingPatch(end, detailsAfter(context, end.trailer, request), request.unindexed);
  return andThen(patchRecord(context, key, version, touched), (patched) =>
    patched === undefined ? "refused" : touchResult(key.id, patched),
  );
}
