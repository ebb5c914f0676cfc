import { TEXT_PARTS } from "../../encoding/text-parts.ts";
import { ThreadStoreError } from "../../errors.ts";
import { staleVersion } from "../../operations/conflict.ts";
import type { SaveOptions, StoredThread, ThreadMetadata, Version } from "../../thread-store.ts";
import { DECORATED_METADATA } from "../../validation/decorated-metadata.ts";
import { untilSaved } from "../change-by-saving.ts";
import type { DecoratedCall, SaveArguments, VersionArgument } from "../thread-store-decorator.ts";
import { headMetadata } from "./head-metadata.ts";
import type { JsonParts } from "./json-parts.ts";
import type { LogContext } from "./log-context.ts";
import { type NextThread, nextThread } from "./next-thread.ts";
import { encodeOutline } from "./outline.ts";
import { readHead } from "./read-head.ts";
import type { ReplacedLog, StoredLog } from "./segment-format.ts";
import {
  addParts,
  logIn,
  replacedThread,
  type SegmentedState,
  segmentedThread,
  type SegmentedThread,
  startParts,
  storedParts,
  type WrittenLog,
} from "./segmented-thread.ts";

/** A log that was rewritten in part may take this many times the space of its thread, and some more. */
const MAX_SPACE_FACTOR = 4;
const SMALL_LOG_LENGTH = 16_384;

/** The thread that a save replaces, as far as it is known. */
interface Replaced<Log> {
  readonly stored: StoredThread | Version | undefined;
  /** The metadata as callers see them; `undefined` if they are not known. */
  readonly metadata: ThreadMetadata | undefined;
  readonly thread: SegmentedThread<Log> | undefined;
}

const NOTHING = { stored: undefined, metadata: {}, thread: undefined } as const;

/** Saves a thread with a single write. Reads only if the caller names a version by its text, or overwrites. */
export async function saveLog<Log>(
  context: LogContext<Log>,
  save: SaveArguments<SegmentedState<Log>>,
  call: DecoratedCall,
): Promise<SegmentedThread<Log>> {
  const { id, thread, previous, options } = save;
  // Validates the thread before any read. Additions to a known thread are validated later, together with that thread.
  if (previous?.decorated?.state === undefined) thread.read();
  if (options.overwrite === true) return overwriteLog(context, save, call);
  const replaced = previous === undefined ? NOTHING : await replacedBy(context, save, previous, call);
  try {
    return await commit(context, save, replaced, {}, call);
  } catch (error) {
    context.known.forget(id);
    throw error;
  }
}

/**
 * Saves a thread that was stored without the decorator as a log that contains only this text. Otherwise, the stored
 * text would become a separate version.
 */
export function startLog<Log>(
  context: LogContext<Log>,
  save: SaveArguments<SegmentedState<Log>>,
  call: DecoratedCall,
): Promise<SegmentedThread<Log>> {
  return commit(context, save, { ...NOTHING, stored: save.previous?.version }, {}, call);
}

async function replacedBy<Log>(
  context: LogContext<Log>,
  { id, options }: SaveArguments<SegmentedState<Log>>,
  previous: VersionArgument<SegmentedState<Log>>,
  call: DecoratedCall,
): Promise<Replaced<Log>> {
  const known = previous.decorated;
  if (known?.state !== undefined) return replacedThreadOf(known);
  // The thread's metadata are kept, so they must be known to be stored with a new head.
  const isNeeded = context.format.keepsVersions || options.metadata === undefined;
  if (isNeeded) return replacedThreadOf(await loadVersion(context, id, previous, call));
  return { stored: previous.version, metadata: undefined, thread: undefined };
}

function replacedThreadOf<Log>(thread: SegmentedThread<Log>): Replaced<Log> {
  return { stored: thread.stored, metadata: thread.metadata ?? thread.stored.metadata, thread };
}

/** Overwrites with a conditional write as well, unless nothing of the replaced thread is needed. */
function overwriteLog<Log>(
  context: LogContext<Log>,
  save: SaveArguments<SegmentedState<Log>>,
  call: DecoratedCall,
): Promise<SegmentedThread<Log>> {
  return untilSaved(call, async () => {
    const { replaced, condition } = await overwritten(context, save, call);
    try {
      return { result: await commit(context, save, replaced, condition, call) };
    } catch (error) {
      context.known.forget(save.id);
      if (ThreadStoreError.is(error, "CONFLICT")) return undefined;
      // Its end was intact, but its content is corrupt.
      if (!ThreadStoreError.is(error, "CORRUPT")) throw error;
      return { result: await commit(context, save, NOTHING, { overwrite: true }, call) };
    }
  });
}

async function overwritten<Log>(
  context: LogContext<Log>,
  { id, options }: SaveArguments<SegmentedState<Log>>,
  call: DecoratedCall,
): Promise<{ readonly replaced: Replaced<Log>; readonly condition: Pick<SaveOptions, "overwrite"> }> {
  const unconditional = { replaced: NOTHING, condition: { overwrite: true } };
  if (!context.format.keepsVersions && options.metadata !== undefined) return unconditional;
  try {
    const { head, state } = context.format.keepsVersions
      ? ({ state: "unknown" } as const)
      : await readHead(context, id, call);
    if (state === "corrupt") return unconditional;
    if (state === "missing") return { replaced: NOTHING, condition: {} };
    if (head === undefined) {
      const current = await context.load({ id, cached: undefined, options: {} }, call);
      return { replaced: current === undefined ? NOTHING : replacedThreadOf(current), condition: {} };
    }
    const { version: stored, metadata } = head;
    return { replaced: { stored, metadata, thread: undefined }, condition: {} };
  } catch (error) {
    if (ThreadStoreError.is(error, "CORRUPT")) return unconditional;
    throw error;
  }
}

async function commit<Log>(
  context: LogContext<Log>,
  { id, thread, options }: SaveArguments<SegmentedState<Log>>,
  { stored: previous, metadata: replacedMetadata, thread: replaced }: Replaced<Log>,
  condition: Pick<SaveOptions, "overwrite">,
  call: DecoratedCall,
): Promise<SegmentedThread<Log>> {
  const { namespace, format, heads, known, locationOf } = context;
  const next = nextThread(thread, replaced?.state, context.maxThreadBytes);
  const { json, outline } = next;
  const metadata = options.metadata ?? replacedMetadata ?? {};
  const encoded = await format.metadata.encode(locationOf(id), metadata);
  const write = async (written: WrittenLog<Log>): Promise<SegmentedThread<Log>> => {
    const end = { outline: encodeOutline(outline), head: format.head(written.log) };
    const stored = await namespace.inner.save(id, { [TEXT_PARTS]: () => storedParts(written) }, {
      ...options,
      ...condition,
      overwrite: condition.overwrite ?? false,
      previous,
      metadata: heads.join(encoded, end),
      [DECORATED_METADATA]: heads.addedTo(options),
      ...call.options(),
    } as SaveOptions);
    known.remember(id, stored, written.log);
    return segmentedThread(stored, { json, outline, written }, metadata);
  };
  const continued = await continuedLog(context, id, next, replaced);
  try {
    if (continued !== undefined) return await write(continued);
  } catch (error) {
    // A new log may fit, because it does not contain text that was replaced.
    if (!ThreadStoreError.is(error, "TOO_LARGE")) throw error;
  }
  return write(await newLog(context, id, next, replaced));
}

/** Adds a segment to the log of the replaced thread. Resolves with `undefined` if there should be a new log. */
async function continuedLog<Log>(
  context: LogContext<Log>,
  id: string,
  { json, outline, splice }: NextThread,
  replaced: SegmentedThread<Log> | undefined,
): Promise<WrittenLog<Log> | undefined> {
  const { format } = context;
  if (replaced?.state === undefined || splice === undefined) return undefined;
  const { stored, state } = replaced;
  // A thread that was stored without the decorator becomes a version.
  const log =
    state.written ?? (format.keepsVersions ? await newLog(context, id, state, undefined) : undefined);
  if (log === undefined || format.isFull(log.log)) return undefined;
  if (!format.keepsVersions && wastes(log, splice.text, json)) return undefined;
  const change = { splice, outline: encodeOutline(outline), replaced: replacedThread(stored, state.outline) };
  return addParts(log, await format.write(log.log, change));
}

async function newLog<Log>(
  { format, locationOf }: LogContext<Log>,
  id: string,
  { json, outline }: Pick<NextThread, "json" | "outline">,
  replaced: SegmentedThread<Log> | undefined,
): Promise<WrittenLog<Log>> {
  const thread = { json: json.text(), outline: encodeOutline(outline) };
  return startParts(format, await format.start(locationOf(id), thread, replacedLog(format.name, replaced)));
}

/** Returns whether a new log takes little more time than a segment, or much less space. */
function wastes<Log>({ length }: WrittenLog<Log>, added: string, json: JsonParts): boolean {
  const isMostlyNew = added.length * 2 > json.length;
  return isMostlyNew || length + added.length > MAX_SPACE_FACTOR * json.length + SMALL_LOG_LENGTH;
}

function replacedLog<Log>(
  name: string,
  replaced: SegmentedThread<Log> | undefined,
): ReplacedLog<Log> | undefined {
  const { state, stored } = replaced ?? {};
  if (state?.written === undefined || stored === undefined) return undefined;
  const end = headMetadata(name).split(stored.metadata).end;
  const readStored = (): StoredLog => ({ ...logIn(name, stored), outline: "", head: "", ...end });
  return { log: state.written.log, stored: readStored, thread: replacedThread(stored, state.outline) };
}

/** Loads the thread that a call names by its version. Throws `CONFLICT` if it is at another one. */
async function loadVersion<Log>(
  { load }: LogContext<Log>,
  id: string,
  { version }: VersionArgument<SegmentedState<Log>>,
  call: DecoratedCall,
): Promise<SegmentedThread<Log>> {
  const current = await load({ id, cached: undefined, options: {} }, call);
  if (current?.stored.version === version) return current;
  throw staleVersion(current && { state: "live", version: current.stored.version });
}
