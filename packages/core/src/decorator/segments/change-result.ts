import { ThreadStoreError } from "../../errors.ts";
import type { ThreadMetadata, TouchResult, Version } from "../../thread-store.ts";
import { DECORATED_METADATA, type DecoratedMetadataOption } from "../../validation/decorated-metadata.ts";
import type { Attempt } from "../change-by-saving.ts";
import type { TouchArguments } from "../thread-store-decorator.ts";
import type { HeadMetadata } from "./head-metadata.ts";
import type { LogContext } from "./log-context.ts";
import { decodeOutline, type Outline } from "./outline.ts";
import { corruptLog, type SegmentedState } from "./segmented-thread.ts";

/** A thread after a change, as callers see it. */
export interface Change<Log> {
  /** The version that it replaces. */
  readonly version: Version;
  readonly outline: Outline;
  readonly metadata: ThreadMetadata;
  /** The log, if it is known. */
  readonly log: Log | undefined;
}

/** Returns the option for metadata with a head. */
export function decorated(heads: HeadMetadata, options: DecoratedMetadataOption): object {
  return { [DECORATED_METADATA]: heads.addedTo(options) };
}

/** Resolves with `undefined` if the write lost a race against another one, and the caller does not name a version. */
export async function change<Log, Result>(
  { known }: LogContext<Log>,
  { id, previous }: Pick<TouchArguments<SegmentedState<Log>>, "id" | "previous">,
  write: () => Promise<Result>,
): Promise<Attempt<Result>> {
  known.forget(id);
  try {
    return { result: await write() };
  } catch (error) {
    if (previous === undefined && ThreadStoreError.is(error, "CONFLICT")) return undefined;
    throw error;
  }
}

/**
 * Returns the result of a change that was written as callers see it, and remembers its head. Does not decode anything,
 * so that it cannot fail: an error would say that nothing was changed.
 */
export function written<Log, Result extends TouchResult>(
  { known }: LogContext<Log>,
  id: string,
  result: Result,
  { outline, metadata, log }: Change<Log>,
): Result {
  known.remember(id, result, log);
  return { ...result, size: outline.size, metadata };
}

/** Returns a result whose metadata is that of another change as callers see it. */
export async function visible<Log, Result extends TouchResult>(
  { format, heads, known, locationOf }: LogContext<Log>,
  id: string,
  result: Result,
): Promise<Result> {
  const location = locationOf(id);
  const { metadata: encoded, end } = heads.split(result.metadata);
  if (end === undefined) {
    format.acceptPlainThread(location);
    return { ...result, metadata: encoded };
  }
  known.remember(id, result, undefined);
  const outline = decodeOutline(end.outline);
  if (outline === undefined) throw corruptLog(format.name);
  return { ...result, size: outline.size, metadata: await format.metadata.decode(location, encoded) };
}
