import type { ChannelVersions, Checkpoint, CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import { type SaveOptions, type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/documents";
import type { Channel, Content } from "./channel.ts";
import {
  checkpointText,
  type CheckpointDocument,
  dataRecordsOf,
  type KnownCheckpoint,
} from "./checkpoint.ts";
import { checkText } from "./config.ts";
import type { SaverContext, ThreadRecords } from "./context.ts";
import { deleteRecords } from "./delete-thread.ts";
import { LangGraphStoreError } from "./errors.ts";
import { expiryOption, firstExpiry, nextExpiry } from "./expiry.ts";
import { checkpointRecordId, DELETION_MARK, headRecordId } from "./keys.ts";
import { loadContents, recordLoader } from "./load-channels.ts";
import { loadKnown } from "./load-checkpoint.ts";
import type { Moment } from "./moments.ts";
import { serialize } from "./serialized.ts";
import { claimHead } from "./single-writer.ts";
import { type StoredChannel, storeChannel, type Storing } from "./store-channel.ts";

/** A checkpoint to save, as LangGraph passes it. */
export interface NewCheckpoint {
  readonly namespace: string;
  readonly parentId: string | undefined;
  readonly checkpoint: Checkpoint;
  readonly metadata: CheckpointMetadata;
  readonly newVersions: ChannelVersions;
}

/** The most times that a checkpoint is saved because other processes delete the thread meanwhile. */
const MAX_ATTEMPTS = 5;

/**
 * Saves a checkpoint. The new values are saved first, in records that no other checkpoint changes, and then the
 * checkpoint, which refers to them. A crash in between leaves only values that nothing refers to. If the thread is
 * deleted meanwhile, the checkpoint is deleted with it or saved with all of its values.
 */
export async function saveCheckpoint(
  context: SaverContext,
  thread: ThreadRecords,
  added: NewCheckpoint,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (await trySave(context, thread, added)) return;
  }
  throw new LangGraphStoreError(
    "CONCURRENT_RUN",
    "Other processes keep deleting the thread. Nothing was saved. Run the graph again.",
  );
}

/** Resolves with `false`, after deleting the checkpoint, if the values that it refers to may have been deleted. */
async function trySave(context: SaverContext, thread: ThreadRecords, added: NewCheckpoint): Promise<boolean> {
  const { cache } = context;
  const { namespace, parentId, checkpoint, metadata } = added;
  const { records, threadId } = thread;
  const { id } = checkpoint;
  const parent = await leasedParent(context, thread, namespace, parentId);
  const sentAt = context.moments.now();
  const expiry = parent ? await nextExpiry(context, records, parent.expiry) : firstExpiry(context);
  const options = expiryOption(expiry);
  const isFork = metadata.source === "fork";
  const loadedHead = parent ? parent.head : context.emptyHeads.take(headRecordId(namespace), threadId);
  // The next run from this parent must load the head again, even if this claim fails.
  if (parent !== undefined) parent.head = undefined;
  const head = context.singleWriter
    ? await claimHead(records, { namespace, id, parentId, loadedHead, isFork }, options)
    : undefined;
  const [stored, serializedCheckpoint, serializedMetadata] = await Promise.all([
    storeChannels({ records, serde: context.serde, options }, added, parent),
    serialize(context.serde, withoutValues(checkpoint)),
    serialize(context.serde, metadata),
  ]);
  const document: CheckpointDocument = {
    namespace,
    id,
    parentId,
    checkpoint: serializedCheckpoint,
    metadata: serializedMetadata,
    channels: new Map(stored.map(({ name, channel }) => [name, channel])),
  };
  const recordId = checkpointRecordId(namespace, id);
  const { version } = await saveRecord(records, recordId, checkpointText(document), options);
  const confirmedAt = cache.isLeased(threadId)
    ? sentAt
    : await confirmValues(context, thread, document, parent);
  if (confirmedAt === undefined) {
    cache.deleteThread(threadId);
    await records.delete(recordId);
    return false;
  }
  const contents = new Map(
    stored.flatMap(({ name, content }) => (content ? [[name, content] as const] : [])),
  );
  cache.set(
    threadId,
    { ...document, recordId, version, expiry, contents, ...(head && { head }) },
    confirmedAt,
  );
  return true;
}

/**
 * Returns the parent of a new checkpoint; `undefined` if it was deleted or has expired, in which case the new
 * checkpoint must not refer to its values. Completes a deletion of the thread.
 */
async function leasedParent(
  { cache, moments }: SaverContext,
  thread: ThreadRecords,
  namespace: string,
  parentId: string | undefined,
): Promise<KnownCheckpoint | undefined> {
  const { threadId, records } = thread;
  const recordId = parentId === undefined ? undefined : checkpointRecordId(namespace, parentId);
  const cached = recordId === undefined ? undefined : cache.get(threadId, recordId);
  if (cache.isLeased(threadId, recordId)) return cached;
  for (;;) {
    const sentAt = moments.now();
    const [mark, parent] = await Promise.all([
      records.load(DELETION_MARK),
      recordId === undefined ? undefined : loadKnown(records, recordId, cached),
    ]);
    if (mark !== undefined) {
      cache.deleteThread(threadId);
      await deleteRecords(thread);
      continue;
    }
    cache.startLease(threadId, sentAt);
    if (parent !== undefined) cache.set(threadId, parent, sentAt);
    else if (recordId !== undefined) cache.delete(threadId, recordId);
    return parent;
  }
}

/**
 * Looks for the values of a checkpoint that was saved after the lease had ended, such as on a slow network. Resolves with
 * the moment since which they and the checkpoint exist, or with `undefined` if one of them does not. If there is no mark
 * of a deletion, all deletions that have deleted any of them have ended, and one that starts later will find them all.
 */
async function confirmValues(
  { cache, moments }: SaverContext,
  { threadId, records }: ThreadRecords,
  document: CheckpointDocument,
  parent: KnownCheckpoint | undefined,
): Promise<Moment | undefined> {
  const sentAt = moments.now();
  const values = dataRecordsOf(document);
  if (values.length === 0) return sentAt;
  if ((await records.load(DELETION_MARK)) !== undefined) return undefined;
  // The values of the parent exist if the parent does.
  const inherited = new Set(parent === undefined ? [] : dataRecordsOf(parent));
  const ids = new Set(values.filter((id) => !inherited.has(id)));
  ids.add(checkpointRecordId(document.namespace, document.id));
  if (parent !== undefined) ids.add(parent.recordId);
  const found = await mapConcurrently(ids, async (id) => records.load(id));
  if (found.includes(undefined)) return undefined;
  cache.startLease(threadId, sentAt);
  return sentAt;
}

function withoutValues({ v, ts, channel_versions, versions_seen }: Checkpoint): object {
  return { v, ts, channel_versions, versions_seen };
}

interface NamedChannel {
  readonly name: string;
  readonly channel: Channel;
  readonly content: Content | undefined;
}

/** Stores the new values. For all other channels, refers to the parent's values. */
async function storeChannels(
  storing: Storing,
  added: NewCheckpoint,
  parent: KnownCheckpoint | undefined,
): Promise<NamedChannel[]> {
  const checkpoint: Partial<Checkpoint> = added.checkpoint;
  const values = checkpoint.channel_values ?? {};
  const versions = checkpoint.channel_versions ?? {};
  const channels = await Promise.all(
    Object.keys(values).map(async (name): Promise<NamedChannel | undefined> => {
      checkText(name, "checkpoint.channel_values");
      const version = Object.hasOwn(versions, name) ? versions[name] : undefined;
      const previous = parent?.channels.get(name);
      const isNew = Object.hasOwn(added.newVersions, name);
      if (!isNew && previous !== undefined && previous.version === version) {
        return { name, channel: previous, content: parent?.contents.get(name) };
      }
      if (!isNew && !hasOtherOrigin(added)) return undefined;
      const { location, content } = await storeChannel(
        storing,
        values[name],
        await contentOf(storing, parent, name),
      );
      return { name, channel: { version: version ?? 0, location }, content };
    }),
  );
  return channels.filter((channel) => channel !== undefined);
}

/**
 * Returns whether the values of a checkpoint can come from one that is not its parent, as in a copy. Otherwise, values
 * that are neither new nor the parent's do not belong to it.
 */
function hasOtherOrigin({ parentId, metadata }: NewCheckpoint): boolean {
  return parentId !== undefined || metadata.source === "fork";
}

/** Returns the parent's value of a channel if it is a list with which the new value may begin. */
async function contentOf(
  { records }: Storing,
  parent: KnownCheckpoint | undefined,
  name: string,
): Promise<StoredChannel | undefined> {
  const location = parent?.channels.get(name)?.location;
  if (parent === undefined || location?.kind !== "list" || location.pieces.length === 0) return undefined;
  await loadContents(recordLoader(records), parent, [name]);
  const content = parent.contents.get(name);
  return content && { location, content };
}

async function saveRecord(
  records: ThreadStore,
  recordId: string,
  text: string,
  options: Pick<SaveOptions, "expiresAt">,
): Promise<StoredThread> {
  try {
    return await records.save(recordId, text, options);
  } catch (error) {
    if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
    // The graph saves an existing checkpoint again.
    return records.save(recordId, text, { ...options, overwrite: true });
  }
}
