import { type StoredThread, ThreadStoreError, type ThreadSummary, type TouchResult } from "@threadstore/core";
import {
  changeBySaving,
  type DecoratedCall,
  type DecoratedNamespace,
  type DecoratedOperations,
  type DecoratedThread,
  DECORATED_METADATA,
  type DecoratedMetadataOption,
  forwardOperations,
  invalidArgument,
  type SaveArguments,
  type VersionArgument,
} from "@threadstore/core/decorator";
import { corrupt } from "../errors.ts";
import { escapeMembers, joinId, splitId } from "./id-metadata.ts";
import type { HideId, StoredIds } from "./stored-ids.ts";

/** A call on one thread. */
interface ThreadCall {
  readonly namespace: DecoratedNamespace;
  readonly id: string;
  readonly hidden: string;
  readonly call: DecoratedCall;
}

type Operations = DecoratedOperations<undefined>;

/** Runs a call on a thread under its hidden id. The stored ids are checked before, unless it is a load. */
type RunOn = <Result>(
  id: string,
  call: DecoratedCall,
  work: (thread: ThreadCall) => Promise<Result>,
) => Promise<Result>;

/** Returns the operations of a namespace whose threads are stored under hidden ids. */
export function hiddenOperations(
  namespace: DecoratedNamespace,
  hideId: HideId,
  storedIds: StoredIds,
): Operations {
  const { inner } = namespace;
  const onLoad: RunOn = async (id, call, work) => work({ namespace, id, hidden: await hideId(id), call });
  const on: RunOn = async (id, call, work) => {
    await storedIds.check(namespace, call);
    return onLoad(id, call, work);
  };
  const loadAndSave: Pick<Operations, "load" | "save"> = {
    load: ({ id, cached, options }, call) =>
      onLoad(id, call, async ({ hidden }) => {
        const known = cached?.decorated?.stored;
        const stored = await inner.load(hidden, { ...options, ...call.options(), cached: known });
        if (stored === undefined) {
          await storedIds.check(namespace, call);
          return undefined;
        }
        const thread = visibleThread(stored, id);
        storedIds.confirm();
        return thread;
      }),
    save: (save, call) => on(save.id, call, (thread) => saveHidden(thread, save)),
  };
  return {
    ...forwardOperations(namespace),
    ...loadAndSave,
    ...hiddenChanges(namespace, on, loadAndSave),
    async listPage({ prefix = "", where = {}, metadata = false, ...options }, call) {
      if (prefix !== "") {
        throw invalidArgument(
          "`prefix` cannot select hidden ids. Omit it, and filter by metadata with `where`.",
        );
      }
      const request = { ...options, where: escapeMembers(where), metadata: true };
      const page = await inner.listPage({ ...request, ...call.options() });
      await storedIds.checkListed(page.threads);
      return { ...page, threads: page.threads.map((summary) => visibleSummary(summary, metadata)) };
    },
  };
}

function hiddenChanges(
  { inner }: DecoratedNamespace,
  on: RunOn,
  loadAndSave: Pick<Operations, "load" | "save">,
): Pick<Operations, "append" | "touch" | "delete"> {
  const bySaving = changeBySaving(loadAndSave);
  return {
    append(append, call) {
      const { id, elements, create, options } = append;
      // A new thread needs metadata with its id, and those of an existing thread must be kept.
      if (create !== undefined && options.metadata === undefined) return bySaving.append(append, call);
      return on(id, call, async ({ hidden }) => {
        const request = { ...options, ...call.options(), ...changed(append) };
        const result = await inner.append(hidden, elements, request);
        return { ...visibleResult(result, id), appended: result.appended };
      });
    },
    touch: (touch, call) =>
      on(touch.id, call, async ({ hidden }) => {
        const request = { ...touch.options, ...call.options(), ...changed(touch) };
        const result = await inner.touch(hidden, request);
        return result && visibleResult(result, touch.id);
      }),
    delete: ({ id, options, previous }, call) =>
      on(id, call, ({ hidden }) =>
        inner.delete(hidden, { ...options, ...call.options(), previous: innerVersion(previous) }),
      ),
  };
}

type Changed = Pick<SaveArguments<undefined>, "id" | "previous"> & {
  readonly options: DecoratedMetadataOption & {
    readonly metadata?: SaveArguments<undefined>["options"]["metadata"];
  };
};

/** Returns the options of a change that differ in the inner store. */
function changed({ id, previous, options }: Changed): object {
  const { metadata } = options;
  const version = { previous: innerVersion(previous) };
  return metadata === undefined ? version : { ...version, ...metadataWithId(metadata, id, options) };
}

function metadataWithId(
  metadata: Parameters<typeof joinId>[0],
  id: string,
  { [DECORATED_METADATA]: added = [] }: DecoratedMetadataOption,
): object {
  return { metadata: joinId(metadata, id), [DECORATED_METADATA]: added };
}

function innerVersion(previous: VersionArgument<undefined> | undefined): StoredThread | string | undefined {
  return previous?.decorated?.stored ?? previous?.version;
}

async function saveHidden(
  { namespace: { inner }, id, hidden, call }: ThreadCall,
  save: SaveArguments<undefined>,
): Promise<DecoratedThread<undefined>> {
  const { thread, options, previous } = save;
  const isNew = options.metadata === undefined && previous === undefined;
  const added = isNew ? metadataWithId({}, id, options) : {};
  if (!isNew || options.overwrite !== true) {
    const request = { ...options, ...call.options(), ...changed(save), ...added };
    return visibleThread(await inner.save(hidden, thread.value, request), id);
  }
  // Before anything is read.
  thread.read();
  // Keeps the metadata of the thread, if there is one, as every overwrite does.
  for (;;) {
    const current = await loadToReplace(inner, hidden, call);
    const condition = current === "corrupt" ? { overwrite: true } : { overwrite: false, previous: current };
    const kept = typeof current === "object" ? {} : added;
    try {
      const request = { ...options, ...call.options(), ...condition, ...kept };
      return visibleThread(await inner.save(hidden, thread.value, request), id);
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
    }
  }
}

async function loadToReplace(
  inner: DecoratedNamespace["inner"],
  hidden: string,
  call: DecoratedCall,
): Promise<StoredThread | "corrupt" | undefined> {
  try {
    return await inner.load(hidden, call.options());
  } catch (error) {
    if (ThreadStoreError.is(error, "CORRUPT")) return "corrupt";
    throw error;
  }
}

function visibleThread(stored: StoredThread, id: string): DecoratedThread<undefined> {
  return { stored, id, metadata: metadataOf(stored.metadata, id) };
}

function visibleResult(result: TouchResult, id: string): TouchResult {
  return { ...result, id, metadata: metadataOf(result.metadata, id) };
}

function metadataOf(stored: StoredThread["metadata"], id: string): StoredThread["metadata"] {
  const { id: storedId, metadata } = splitId(stored);
  if (storedId === id) return metadata;
  throw corrupt("The metadata of the thread do not contain its id: it was saved without `withHiddenIds`.");
}

/** The id of a corrupt thread is unknown, so the hidden one is listed. */
function visibleSummary(summary: ThreadSummary, withMetadata: boolean): ThreadSummary {
  if (summary.corrupt) return summary;
  const { metadata: stored = {}, ...details } = summary;
  const { id, metadata } = splitId(stored);
  if (id === undefined) return { corrupt: true, id: summary.id, version: summary.version };
  return { ...details, id, ...(withMetadata ? { metadata } : {}) };
}
