import type { CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import type { ThreadStore } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/documents";
import { type KnownCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { type SaverContext, type ThreadRecords } from "./context.ts";
import { deleteRecords } from "./delete-thread.ts";
import { findCheckpoints, type ListedCheckpoint } from "./find-checkpoints.ts";
import { CHECKPOINT_PREFIX, checkpointKey, checkpointPrefix, writesRecordId } from "./keys.ts";
import { loadMetadata } from "./load-checkpoint.ts";
import { deserialize } from "./serialized.ts";

/** The checkpoints of a namespace that a prune keeps. */
interface KeptCheckpoints {
  readonly keys: ReadonlySet<string>;
  /** The key of the latest checkpoint when the namespace was listed, whether it is kept or not. */
  readonly latestKey: string;
}

/** The checkpoints of a namespace, the latest first. */
interface Namespace {
  readonly latest: KnownCheckpoint;
  readonly listed: readonly ListedCheckpoint[];
}

/**
 * Deletes all checkpoints of a thread except the latest one of each namespace and those that it needs: the ancestors
 * from which its delta channels are rebuilt, and the parent of a checkpoint in an old format. Also deletes the
 * namespaces of subgraphs whose task cannot run again, because the checkpoint that started it is deleted.
 */
export async function keepLatest(context: SaverContext, thread: ThreadRecords): Promise<void> {
  const { records } = thread;
  const kept = new Map<string, KeptCheckpoints>();
  const namespaces = await namespacesOf(thread);
  for (const { latest, listed } of namespaces) {
    const prefix = checkpointPrefix(latest.namespace);
    const isFinished = await isOfFinishedTask(context, latest, kept);
    const keys = isFinished ? new Set<string>() : await keysToKeep(context, records, latest);
    kept.set(prefix, { keys, latestKey: checkpointKey(latest.id) });
    const deleted = listed.filter(({ key }) => !keys.has(key));
    // The oldest first, so that a crash leaves the latest checkpoints.
    await mapConcurrently(deleted.toReversed(), async ({ recordId }) => {
      await records.delete(recordId);
      await records.delete(writesRecordId(recordId));
    });
  }
}

/** Returns the namespaces of a thread, those of graphs before those of their subgraphs. */
async function namespacesOf(thread: ThreadRecords): Promise<Namespace[]> {
  const { records } = thread;
  const listing = findCheckpoints(records, {
    prefix: CHECKPOINT_PREFIX,
    onDeletion: () => deleteRecords(thread),
  });
  const byPrefix = new Map<string, ListedCheckpoint[]>();
  for await (const listed of listing) {
    const others = byPrefix.get(listed.prefix);
    if (others === undefined) byPrefix.set(listed.prefix, [listed]);
    else others.push(listed);
  }
  const namespaces: Namespace[] = [];
  for (const listed of byPrefix.values()) {
    const latest = listed[0] && (await loadKnown(records, listed[0].recordId));
    if (latest !== undefined) namespaces.push({ latest, listed });
  }
  return namespaces.toSorted((a, b) => levelOf(a.latest.namespace) - levelOf(b.latest.namespace));
}

/** Returns the depth of a namespace. LangGraph separates its levels by bars. */
function levelOf(namespace: string): number {
  return namespace === "" ? 0 : namespace.split("|").length;
}

/**
 * Returns whether a namespace belongs to a task of a checkpoint that is not kept. Such a namespace ends with the id of
 * the task, and its metadata names the checkpoint. The namespace of a stateful subgraph has no id.
 */
async function isOfFinishedTask(
  context: SaverContext,
  latest: KnownCheckpoint,
  kept: ReadonlyMap<string, KeptCheckpoints>,
): Promise<boolean> {
  const levels = latest.namespace.split("|");
  if (levels.at(-1)?.includes(":") !== true) return false;
  const parent = levels.slice(0, -1).join("|");
  const metadata: Partial<CheckpointMetadata> = await loadMetadata(context, latest);
  const parents = metadata.parents ?? {};
  const started: unknown = Object.hasOwn(parents, parent) ? parents[parent] : undefined;
  const keptInParent = kept.get(checkpointPrefix(parent));
  if (typeof started !== "string" || keptInParent === undefined) return false;
  const key = checkpointKey(started);
  // A run may have saved later checkpoints since the parent namespace was listed. Keys ascend as checkpoints get older.
  return key >= keptInParent.latestKey && !keptInParent.keys.has(key);
}

/** Returns the keys of a checkpoint and of the ancestors that it needs. */
async function keysToKeep(
  context: SaverContext,
  records: ThreadStore,
  latest: KnownCheckpoint,
): Promise<ReadonlySet<string>> {
  const keys = new Set([checkpointKey(latest.id)]);
  const missing = await deltaChannels(context, latest);
  let current: KnownCheckpoint | undefined = latest;
  while (current?.parentId !== undefined) {
    for (const name of current.channels.keys()) missing.delete(name);
    const needsParent = missing.size > 0 || (current === latest && (await isOldFormat(context, current)));
    if (!needsParent) break;
    const key = checkpointKey(current.parentId);
    keys.add(key);
    current = await loadKnown(records, checkpointPrefix(current.namespace) + key);
  }
  return keys;
}

/** Returns the delta channels that have changed since their last snapshot, and therefore need their ancestors. */
async function deltaChannels(context: SaverContext, known: KnownCheckpoint): Promise<Set<string>> {
  const { counters_since_delta_snapshot: counters = {} } = await loadMetadata(context, known);
  return new Set(Object.keys(counters));
}

async function isOldFormat({ serde }: SaverContext, { checkpoint }: KnownCheckpoint): Promise<boolean> {
  return ((await deserialize(serde, checkpoint)) as { v: number }).v < 4;
}

async function loadKnown(records: ThreadStore, recordId: string): Promise<KnownCheckpoint | undefined> {
  const stored = await records.load(recordId);
  return stored && readCheckpoint(stored);
}
