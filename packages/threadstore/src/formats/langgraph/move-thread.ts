import type { ChannelVersions, CheckpointTuple, PendingWrite } from "@langchain/langgraph-checkpoint";
import { RecordError } from "../record-error.ts";
import type { MoveOutcome, TransferContext } from "../transfer-format.ts";
import {
  type CheckpointKey,
  checkpointName,
  type Checkpoints,
  configOf,
  keyText,
  readTuple,
} from "./checkpoints.ts";
import { comparable, type ComparableTuple, isSubset } from "./compare-tuples.ts";

/** Where a thread comes from, and where it goes. */
export interface Route {
  readonly from: Checkpoints;
  readonly to: Checkpoints;
}

/** A thread that is moved. */
interface Move extends Route {
  readonly threadId: string;
  readonly context: TransferContext;
  readonly keys: readonly CheckpointKey[];
  /** The keys of the target. */
  readonly existing: ReadonlySet<string>;
  /** The keys of checkpoints that cannot be read, which were reported. */
  readonly unreadable: Set<string>;
}

/** Moves the checkpoints of a thread that the target does not have. */
export async function moveThread(
  threadId: string,
  { from, to }: Route,
  context: TransferContext,
): Promise<MoveOutcome> {
  const keys = await from.keysOf(threadId);
  if (keys.length === 0) return "other";
  const existing = await to.keysOf(threadId);
  const names = new Set(existing.map(keyText));
  const move: Move = { threadId, from, to, context, keys, existing: names, unreadable: new Set() };
  const relation = existing.length === 0 ? "older" : await relationOf(move, existing);
  if (relation === "present" || (relation === "different" && !context.overwrite)) return relation;
  if (context.isDryRun) return "moved";
  if (relation === "older") return copyCheckpoints(move);
  await to.saver.deleteThread(threadId);
  return copyCheckpoints({ ...move, existing: new Set() });
}

/**
 * Compares the checkpoints that both have. `older`: the target lacks checkpoints or pending writes, and has none that
 * the source lacks. `different`: each has some that the other lacks, or one differs.
 */
async function relationOf(
  move: Move,
  existing: readonly CheckpointKey[],
): Promise<"older" | "present" | "different"> {
  const { threadId, to, keys } = move;
  const own = new Set(keys.map(keyText));
  let isOlder = false;
  let isNewer = existing.some((key) => !own.has(keyText(key)));
  for (const key of keys) {
    const tuple = await readOrReport(move, key);
    if (tuple === undefined) continue;
    const other = move.existing.has(keyText(key)) ? await readTuple(to, threadId, key) : undefined;
    if (other === undefined) isOlder = true;
    else {
      const [mine, theirs] = await Promise.all([textOf(move, tuple), textOf(move, other)]);
      if (mine.checkpoint !== theirs.checkpoint) return "different";
      isOlder ||= !isSubset(mine.writes, theirs.writes);
      isNewer ||= !isSubset(theirs.writes, mine.writes);
    }
    if (isOlder && isNewer) return "different";
  }
  return isOlder ? "older" : "present";
}

/** Returns the text by which checkpoints of both sides are compared. */
function textOf({ from, to }: Route, tuple: CheckpointTuple): Promise<ComparableTuple> {
  return comparable(from.saver.serde, tuple, { unversioned: from.keepsUnversioned && to.keepsUnversioned });
}

/** Loads a checkpoint of the source. If it cannot be read, reports it once. */
async function readOrReport(move: Move, key: CheckpointKey): Promise<CheckpointTuple | undefined> {
  const { from, threadId, context, unreadable } = move;
  context.signal.throwIfAborted();
  if (unreadable.has(keyText(key))) return undefined;
  try {
    return await readTuple(from, threadId, key);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    unreadable.add(keyText(key));
    context.report({ place: checkpointName(threadId, key), message: error.message });
    return undefined;
  }
}

async function copyCheckpoints(move: Move): Promise<MoveOutcome> {
  const versions = new Map<string, ChannelVersions>();
  let copied = 0;
  for (const key of move.keys) {
    const tuple = await readOrReport(move, key);
    if (tuple === undefined) continue;
    await copyCheckpoint(move, key, tuple, versions);
    versions.set(keyText(key), tuple.checkpoint.channel_versions);
    copied += 1;
  }
  return copied === 0 ? "failed" : "moved";
}

async function copyCheckpoint(
  move: Move,
  key: CheckpointKey,
  tuple: CheckpointTuple,
  versions: ReadonlyMap<string, ChannelVersions>,
): Promise<void> {
  const { threadId, to, context, existing } = move;
  const { checkpoint, metadata, pendingWrites = [] } = tuple;
  const parentId = parentOf(tuple);
  const config = {
    configurable: {
      thread_id: threadId,
      checkpoint_ns: key.namespace,
      ...(parentId === undefined ? {} : { checkpoint_id: parentId }),
    },
  };
  if (!existing.has(keyText(key))) {
    const known = parentId === undefined ? undefined : versions.get(keyText({ ...key, id: parentId }));
    const added = newVersions(tuple, known);
    await to.saver.put(config, checkpoint, metadata ?? { source: "update", step: -1, parents: {} }, added);
  }
  for (const [taskId, writes] of writesByTask(pendingWrites)) {
    await to.saver.putWrites(configOf(threadId, key), writes, taskId);
  }
  const written = await readTuple(to, threadId, key);
  const mine = await textOf(move, tuple);
  const theirs = written && (await textOf(move, written));
  const isSame = theirs?.checkpoint === mine.checkpoint && isSubset(mine.writes, theirs.writes);
  if (!isSame) context.report({ place: checkpointName(threadId, key), message: NOT_REPRESENTABLE });
}

const NOT_REPRESENTABLE =
  "The target returns another state than the source. Tables of PostgreSQL keep one value for each version of a channel, and branches of a thread can have two.";

function parentOf({ parentConfig }: CheckpointTuple): string | undefined {
  const id: unknown = parentConfig?.configurable?.["checkpoint_id"];
  return typeof id === "string" && id !== "" ? id : undefined;
}

/** Returns the versions of the channels whose values the parent does not have. Without a parent, that is all. */
function newVersions({ checkpoint }: CheckpointTuple, known: ChannelVersions | undefined): ChannelVersions {
  const { channel_versions: versions, channel_values: values } = checkpoint;
  if (known !== undefined) {
    return Object.fromEntries(Object.entries(versions).filter(([name, version]) => known[name] !== version));
  }
  const unversioned = Object.keys(values).filter((name) => !Object.hasOwn(versions, name));
  return { ...Object.fromEntries(unversioned.map((name) => [name, 0])), ...versions };
}

/**
 * Yields the pending writes of each task as LangGraph saves them. Those of errors, interrupts and answers have separate
 * positions, so they are saved after the others, which keep their positions.
 */
function* writesByTask(
  pendingWrites: readonly (readonly [string, string, unknown])[],
): Generator<readonly [taskId: string, writes: PendingWrite[]]> {
  const tasks = Map.groupBy(pendingWrites, ([taskId]) => taskId);
  for (const [taskId, writes] of tasks) {
    const isSpecial = ([, channel]: readonly [string, string, unknown]): boolean =>
      SPECIAL_CHANNELS.has(channel);
    for (const some of [writes.filter((write) => !isSpecial(write)), writes.filter(isSpecial)]) {
      if (some.length > 0) yield [taskId, some.map(([, channel, value]) => [channel, value])];
    }
  }
}

/** The channels of `WRITES_IDX_MAP` of LangGraph. */
export const SPECIAL_CHANNELS: ReadonlySet<string> = new Set([
  "__error__",
  "__scheduled__",
  "__interrupt__",
  "__resume__",
]);
