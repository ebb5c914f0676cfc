import type { ChannelVersions, Checkpoint, CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import { type SaveOptions, type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { Channel, Content } from "./channel.ts";
import { checkpointText, type CheckpointDocument, type KnownCheckpoint } from "./checkpoint.ts";
import { checkText } from "./config.ts";
import type { SaverContext, ThreadRecords } from "./context.ts";
import { expiryOption, firstExpiry, nextExpiry } from "./expiry.ts";
import { checkpointRecordId, headRecordId } from "./keys.ts";
import { loadContents, recordLoader } from "./load-channels.ts";
import { loadKnown } from "./load-checkpoint.ts";
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

/**
 * Saves a checkpoint. The new values are saved first, in records that no other checkpoint changes, and then the
 * checkpoint, which refers to them. A crash in between leaves only values that nothing refers to.
 */
export async function saveCheckpoint(
  context: SaverContext,
  thread: ThreadRecords,
  added: NewCheckpoint,
): Promise<void> {
  const { namespace, parentId, checkpoint, metadata } = added;
  const { records, threadId } = thread;
  const { id } = checkpoint;
  const parent = parentId === undefined ? undefined : await loadParent(context, thread, namespace, parentId);
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
  const contents = new Map(
    stored.flatMap(({ name, content }) => (content ? [[name, content] as const] : [])),
  );
  context.cache.set(threadId, { ...document, recordId, version, expiry, contents, ...(head && { head }) });
}

/**
 * Returns the parent of a new checkpoint; `undefined` if it was deleted or has expired, in which case the new
 * checkpoint must not refer to its values.
 */
async function loadParent(
  { cache }: SaverContext,
  { threadId, records }: ThreadRecords,
  namespace: string,
  parentId: string,
): Promise<KnownCheckpoint | undefined> {
  const recordId = checkpointRecordId(namespace, parentId);
  const cached = cache.get(threadId, recordId);
  if (cached !== undefined && cache.isRecent(threadId, recordId)) return cached;
  const parent = await loadKnown(records, recordId, cached);
  if (parent === undefined) cache.delete(threadId, recordId);
  else cache.set(threadId, parent);
  return parent;
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
