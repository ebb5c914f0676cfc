import { ThreadStoreError } from "../../errors.ts";
import { staleVersion } from "../../operations/conflict.ts";
import type { ThreadMetadata, TouchResult } from "../../thread-store.ts";
import { type Attempt, checkPrevious, touchOnce } from "../change-by-saving.ts";
import type { DecoratedCall, TouchArguments } from "../thread-store-decorator.ts";
import { type Change, change, decorated, visible, written } from "./change-result.ts";
import type { LogContext } from "./log-context.ts";
import { encodeOutline } from "./outline.ts";
import type { LogHead } from "./read-head.ts";
import { saveLog, startLog } from "./save-log.ts";
import type { SegmentedState } from "./segmented-thread.ts";

type Touch<Log> = TouchArguments<SegmentedState<Log>>;

/**
 * Touches a thread whose head is known. Resolves with `undefined` if another writer was first and the call may start over,
 * and with `"rejected"` if the thread must be loaded.
 */
export async function touchHead<Log>(
  context: LogContext<Log>,
  touch: Touch<Log>,
  { version, outline, metadata: current, log }: LogHead<Log>,
  call: DecoratedCall,
): Promise<Attempt<TouchResult | undefined> | "rejected"> {
  const { format, heads, locationOf } = context;
  const { id, options, previous } = touch;
  const { metadata = current } = options;
  if (options.metadata !== undefined && log === undefined) return "rejected";
  if (previous !== undefined && previous.version !== version) throw staleVersion({ state: "live", version });
  const end = { version, outline, metadata, log };
  if (options.metadata === undefined || log === undefined) return touchVersion(context, touch, end, {}, call);
  const encoded = await format.metadata.encode(locationOf(id), metadata);
  const joined = heads.join(encoded, { outline: encodeOutline(outline), head: format.head(log) });
  return touchVersion(context, touch, end, { metadata: joined, ...decorated(heads, options) }, call);
}

/** Touches a version in the inner store. */
function touchVersion<Log>(
  context: LogContext<Log>,
  touch: Touch<Log>,
  end: Change<Log>,
  added: object,
  call: DecoratedCall,
): Promise<Attempt<TouchResult | undefined>> {
  const { id, options } = touch;
  return change(context, touch, async () => {
    const request = { ...options, ...call.options(), ...added, previous: end.version };
    const result = await context.namespace.inner.touch(id, request);
    return result && written(context, id, result, end);
  });
}

/**
 * Loads a thread, and touches it. If the store keeps versions, the thread is not saved over itself, because that would
 * add a version with the same text.
 */
export async function touchLoaded<Log>(
  context: LogContext<Log>,
  touch: Touch<Log>,
  call: DecoratedCall,
): Promise<Attempt<TouchResult | undefined>> {
  const { format } = context;
  const { options, previous } = touch;
  const current = await context.load({ id: touch.id, cached: undefined, options: {} }, call);
  checkPrevious(current, previous);
  if (current?.state === undefined) return { result: undefined };
  const { stored, metadata = stored.metadata, state } = current;
  const { version } = stored;
  const { outline } = state;
  const log = state.written?.log;
  const isPlain = state.written === undefined && isStoredAsItIs(context, options.metadata ?? {});
  if (options.metadata === undefined || (isPlain && format.keepsVersions)) {
    const end = { version, outline, metadata: options.metadata ?? metadata, log };
    return touchVersion(context, touch, end, {}, call);
  }
  if (format.keepsVersions && log !== undefined) {
    const attempt = await touchHead(
      context,
      touch,
      { version, updatedAt: stored.updatedAt, metadata, outline, log },
      call,
    );
    if (attempt !== "rejected") return attempt;
  }
  const save = format.keepsVersions ? startLog<Log> : saveLog<Log>;
  return touchOnce({ load: async () => current, save: (saving) => save(context, saving, call) }, touch, call);
}

/** Returns whether a thread that was stored without the decorator can have these metadata. */
function isStoredAsItIs<Log>(
  { format, heads }: LogContext<Log>,
  metadata: Readonly<ThreadMetadata>,
): boolean {
  const names = Object.keys(heads.escape(metadata));
  return format.metadata.isPlain && names.every((name) => Object.hasOwn(metadata, name));
}

/** Touches a thread without new metadata, in one request, where the inner store has the metadata as callers see them. */
export async function touchAsItIs<Log>(
  context: LogContext<Log>,
  { id, options }: Touch<Log>,
  call: DecoratedCall,
): Promise<TouchResult | undefined> {
  context.known.forget(id);
  const result = await context.namespace.inner.touch(id, { ...options, ...call.options() });
  try {
    return result && (await visible(context, id, result));
  } catch (error) {
    throw ThreadStoreError.is(error) ? failureAfterTouch(error) : error;
  }
}

/** The errors of reads say that nothing was changed. To know before the write, each touch would have to read. */
function failureAfterTouch(error: ThreadStoreError): ThreadStoreError {
  if (error.code === "CORRUPT") {
    return new ThreadStoreError(
      "CORRUPT",
      "The touch was saved, but the stored metadata are corrupt and cannot be returned. " +
        "Nothing else was changed. Load the thread to see what is wrong. Restore it from a backup, delete it, or save with `overwrite: true`.",
    );
  }
  return new ThreadStoreError(
    "BACKEND_ERROR",
    "The touch was saved, but the stored metadata cannot be read and returned. Read the cause, and load the thread.",
    { cause: error },
  );
}
