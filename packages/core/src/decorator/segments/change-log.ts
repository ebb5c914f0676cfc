import { ThreadStoreError } from "../../errors.ts";
import { staleVersion } from "../../operations/conflict.ts";
import type { AppendResult, ThreadMetadata, TouchResult } from "../../thread-store.ts";
import { DECORATED_METADATA, type DecoratedMetadataOption } from "../../validation/decorated-metadata.ts";
import { appendOnce, type Attempt, checkPrevious, touchOnce, untilSaved } from "../change-by-saving.ts";
import type {
  AppendArguments,
  DecoratedCall,
  DecoratedOperations,
  TouchArguments,
} from "../thread-store-decorator.ts";
import type { HeadMetadata } from "./head-metadata.ts";
import type { LogContext } from "./log-context.ts";
import { appendToOutline, decodeOutline, encodeOutline } from "./outline.ts";
import { decodeHead, type HeadState, type LogHead, readHead } from "./read-head.ts";
import { saveLog, startLog } from "./save-log.ts";
import { corruptLog, replacedThread, type SegmentedState } from "./segmented-thread.ts";

/**
 * Returns the operations that change a thread without its content: they read its metadata, unless this process wrote the
 * latest version, and write a segment or new metadata. If that is not possible, they load and save the thread.
 */
export function changesOfLogs<Log>(
  context: LogContext<Log>,
): Pick<DecoratedOperations<SegmentedState<Log>>, "append" | "touch"> {
  const whole = {
    load: context.load,
    save: (save: Parameters<typeof saveLog<Log>>[1], call: DecoratedCall) => saveLog(context, save, call),
  };
  return {
    append: (append, call) =>
      untilSaved(call, async (earlier) => {
        const { head } = await currentHead(context, append, earlier, call);
        const attempt = head === undefined ? "rejected" : await appendSegment(context, append, head, call);
        return attempt === "rejected" ? appendOnce(whole, append, call) : attempt;
      }),
    async touch(touch, call) {
      const { metadata } = touch.options;
      if (metadata === undefined) return touchAsItIs(context, touch, call);
      return untilSaved(call, async (earlier) => {
        const { head } = await currentHead(context, touch, earlier, call);
        if (head?.end !== undefined) return touchHead(context, touch, head, call);
        if (context.format.keepsVersions) return touchLoaded(context, touch, call);
        return touchOnce(whole, touch, call);
      });
    },
  };
}

/** Returns the head that this process wrote, or reads it. */
async function currentHead<Log>(
  context: LogContext<Log>,
  { id, previous }: Pick<TouchArguments<SegmentedState<Log>>, "id" | "previous">,
  earlierAttempts: number,
  call: DecoratedCall,
): Promise<HeadState<Log>> {
  const known = earlierAttempts === 0 ? context.known.get(id) : undefined;
  const isUsable = known !== undefined && (previous === undefined || previous.version === known.version);
  if (isUsable) return decodeHead(context, id, known);
  return readHead(context, id, call);
}

/**
 * Appends a segment. Resolves with `undefined` if another writer was first and the call may start over, and with
 * `"rejected"` if only a load tells what to do: the append is invalid, unless the thread remembers its key, or the log
 * must be started again.
 */
async function appendSegment<Log>(
  context: LogContext<Log>,
  append: AppendArguments<SegmentedState<Log>>,
  { version, updatedAt, metadata: replacedMetadata, end }: LogHead<Log>,
  call: DecoratedCall,
): Promise<Attempt<AppendResult> | "rejected"> {
  const { format, heads, maxThreadBytes = Number.POSITIVE_INFINITY, namespace, locationOf } = context;
  const { id, elementsText, options, previous } = append;
  const appended = end && appendToOutline(end.outline, elementsText);
  const isStale = previous !== undefined && previous.version !== version;
  if (end === undefined || appended === undefined || isStale || format.isFull(end.log)) return "rejected";
  if (appended.outline.size > maxThreadBytes) return "rejected";
  const { splice } = appended;
  const outline = encodeOutline(appended.outline);
  const replaced = replacedThread({ version, updatedAt }, end.outline);
  const { log, segments } = await format.write(end.log, { splice, outline, replaced });
  const encoded = await format.metadata.encode(locationOf(id), options.metadata ?? replacedMetadata);
  const { create: _create, ...kept } = options;
  const write = async (): Promise<AppendResult> => {
    const result = await namespace.inner.append(id, segments, {
      ...kept,
      ...call.options(),
      metadata: heads.join(encoded, { outline, head: format.head(log) }),
      ...decorated(heads, options),
      previous: version,
    });
    return { ...(await visible(context, id, result, log)), appended: result.appended };
  };
  try {
    return await change(context, append, write);
  } catch (error) {
    // The log is too large for the inner store. A new one may not be.
    if (ThreadStoreError.is(error, "TOO_LARGE")) return "rejected";
    throw error;
  }
}

/** Replaces metadata. Resolves with `undefined` if another writer was first and the call may start over. */
async function touchHead<Log>(
  context: LogContext<Log>,
  touch: TouchArguments<SegmentedState<Log>>,
  { version, end }: LogHead<Log>,
  call: DecoratedCall,
): Promise<Attempt<TouchResult | undefined>> {
  const { format, heads, namespace, locationOf } = context;
  const { id, options, previous } = touch;
  if (end === undefined) return undefined;
  if (previous !== undefined && previous.version !== version) throw staleVersion({ state: "live", version });
  const encoded = await format.metadata.encode(locationOf(id), options.metadata ?? {});
  const ending = { outline: encodeOutline(end.outline), head: format.head(end.log) };
  return change(context, touch, async () => {
    const result = await namespace.inner.touch(id, {
      ...options,
      ...call.options(),
      metadata: heads.join(encoded, ending),
      ...decorated(heads, options),
      previous: version,
    });
    return result && visible(context, id, result, end.log);
  });
}

/** Loads a thread, and replaces its metadata without saving it over itself, which would add a version with the same text. */
async function touchLoaded<Log>(
  context: LogContext<Log>,
  touch: TouchArguments<SegmentedState<Log>>,
  call: DecoratedCall,
): Promise<Attempt<TouchResult | undefined>> {
  const { id, options, previous } = touch;
  const current = await context.load({ id, cached: undefined, options: {} }, call);
  checkPrevious(current, previous);
  if (current?.state === undefined) return { result: undefined };
  const { stored, metadata = stored.metadata, state } = current;
  const { version, updatedAt } = stored;
  if (state.written !== undefined) {
    const end = { log: state.written.log, outline: state.outline };
    return touchHead(context, touch, { version, updatedAt, metadata, end }, call);
  }
  if (!isStoredAsItIs(context, options.metadata ?? {})) {
    return touchOnce(
      { load: async () => current, save: (save) => startLog(context, save, call) },
      touch,
      call,
    );
  }
  const plain = { ...touch, options: { ...options, previous: version } };
  return change(context, touch, () => touchAsItIs(context, plain, call));
}

/** Returns whether a thread that was stored without the decorator can have these metadata. */
function isStoredAsItIs<Log>(
  { format, heads }: LogContext<Log>,
  metadata: Readonly<ThreadMetadata>,
): boolean {
  const names = Object.keys(heads.escape(metadata));
  return format.metadata.isPlain && names.every((name) => Object.hasOwn(metadata, name));
}

/** Touches a thread whose metadata stay as they are, or whose new ones do not contain a head. */
async function touchAsItIs<Log>(
  context: LogContext<Log>,
  { id, options }: TouchArguments<SegmentedState<Log>>,
  call: DecoratedCall,
): Promise<TouchResult | undefined> {
  context.known.forget(id);
  const result = await context.namespace.inner.touch(id, { ...options, ...call.options() });
  try {
    return result && (await visible(context, id, result));
  } catch (error) {
    if (ThreadStoreError.is(error, "CORRUPT")) throw corruptAfterTouch();
    throw error;
  }
}

/** The errors of reads say that nothing was changed. To know before the write, each touch would have to read. */
function corruptAfterTouch(): ThreadStoreError {
  return new ThreadStoreError(
    "CORRUPT",
    "The touch was saved, but the stored metadata are corrupt and cannot be returned. " +
      "Nothing else was changed. Load the thread to see what is wrong. Restore it from a backup, delete it, or save with `overwrite: true`.",
  );
}

/** Returns the option for metadata with a head. */
function decorated(heads: HeadMetadata, options: DecoratedMetadataOption): object {
  return { [DECORATED_METADATA]: heads.addedTo(options) };
}

/** Resolves with `undefined` if the write lost a race against another one, and the caller does not name a version. */
async function change<Log, Result>(
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
 * Returns the result of a change as callers see it, and remembers the head that it contains, with the log that the change
 * wrote. The result of an append that repeats an earlier one contains the end of another log.
 */
async function visible<Log, Result extends TouchResult>(
  { format, heads, known, locationOf }: LogContext<Log>,
  id: string,
  result: Result,
  log?: Log,
): Promise<Result> {
  const location = locationOf(id);
  const { metadata: encoded, end } = heads.split(result.metadata);
  if (end === undefined) {
    format.acceptPlainThread(location);
    return { ...result, metadata: encoded };
  }
  const isWritten = log !== undefined && end.head === format.head(log);
  known.remember(id, result, isWritten ? log : undefined);
  const outline = decodeOutline(end.outline);
  if (outline === undefined) throw corruptLog(format.name);
  return { ...result, size: outline.size, metadata: await format.metadata.decode(location, encoded) };
}
