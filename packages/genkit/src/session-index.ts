import type { StoredThread, ThreadStore } from "@threadstore/core";
import { isJsonObject, readEnvelope, THREAD_FORMAT } from "@threadstore/core/documents";
import { type Location, nameIn } from "./location.ts";
import { type CheckedSnapshot, readSnapshot, sessionOf } from "./snapshot-document.ts";
import { checkedName, envelopeError, invalidThread, mismatch, SnapshotError } from "./snapshot-error.ts";

const KIND = "genkit-session";
const VERSION = 1;

/** An entry of a session's index. The last one with an id counts. */
interface IndexEntry {
  readonly id: string;
  readonly parentId?: string | undefined;
  readonly createdAt: string;
}

/** Returns a text that changes if the snapshot must be added to an index again. */
export function indexedAs(snapshot: CheckedSnapshot): string {
  return JSON.stringify([sessionOf(snapshot), snapshot.parentId, snapshot.createdAt]);
}

/**
 * Adds a snapshot to the index of its session, before the snapshot is stored: after a crash, the index can have a
 * snapshot that does not exist, which readers ignore, but never lacks one. Throws `INVALID_ARGUMENT`.
 */
export async function addToIndex(sessions: ThreadStore, snapshot: CheckedSnapshot): Promise<void> {
  const sessionId = sessionOf(snapshot);
  const { snapshotId: id, parentId, createdAt } = snapshot;
  if (parentId !== undefined) checkedName(parentId, "snapshot.parentId");
  if (sessionId === undefined) return;
  const create = { format: THREAD_FORMAT, version: VERSION, kind: KIND, sessionId, snapshots: [] };
  const entry = { id, ...(parentId && { parentId }), createdAt };
  await sessions.append(nameIn(sessionId, "snapshot.sessionId"), [entry], { create });
}

/**
 * Resolves with the latest snapshot of a session: the one that is not the parent of another. Of several branches, it
 * is the one that was created last, unless `rejectBranches` is set: then rejects with `SESSION_BRANCHED`.
 */
export async function latestSnapshot(
  { sessions, snapshots }: Location,
  sessionId: string,
  rejectBranches: boolean,
): Promise<CheckedSnapshot | undefined> {
  const index = await sessions.load(nameIn(sessionId, "sessionId"));
  if (index === undefined) return undefined;
  const entries = readIndex(index, sessionId);
  const leaves = leafQueue(entries);
  let latest: CheckedSnapshot | undefined;
  let missing = 0;
  for (let leaf = leaves.next(); leaf !== undefined; leaf = leaves.next()) {
    const stored = await snapshots.load(nameIn(leaf.id, "$.snapshots"));
    const snapshot = stored && readSnapshot(stored, leaf.id);
    // A process that was killed, an expiry, or a snapshot that moved to another session.
    if (snapshot === undefined || sessionOf(snapshot) !== sessionId) {
      missing += 1;
      leaves.remove(leaf);
    } else if (!rejectBranches) {
      return snapshot;
    } else if (latest === undefined) {
      latest = snapshot;
    } else {
      throw branched();
    }
  }
  if (latest === undefined && missing < entries.size) {
    throw invalidThread("$.snapshots", "a tree, without cycles");
  }
  return latest;
}

function branched(): SnapshotError {
  const message =
    "The session has several latest snapshots, because turns ran at the same time, failed, or started from an older snapshot. Resume one by its `snapshotId`.";
  return new SnapshotError("SESSION_BRANCHED", message, { status: "FAILED_PRECONDITION" });
}

interface LeafQueue {
  /** Returns the newest of the remaining entries that are not the parent of another. */
  next(): IndexEntry | undefined;
  /** Removes an entry that `next` returned, so that its parent can follow. */
  remove(entry: IndexEntry): void;
}

function leafQueue(entries: ReadonlyMap<string, IndexEntry>): LeafQueue {
  const children = new Map<string | undefined, number>();
  for (const { parentId } of entries.values()) children.set(parentId, (children.get(parentId) ?? 0) + 1);
  const leaves = new Set([...entries.values()].filter(({ id }) => !children.has(id)));
  return {
    next() {
      let newest: IndexEntry | undefined;
      for (const leaf of leaves) {
        if (newest === undefined || leaf.createdAt > newest.createdAt) newest = leaf;
      }
      if (newest !== undefined) leaves.delete(newest);
      return newest;
    },
    remove({ parentId }) {
      const others = (children.get(parentId) ?? 0) - 1;
      children.set(parentId, others);
      const parent = parentId === undefined ? undefined : entries.get(parentId);
      if (others === 0 && parent !== undefined) leaves.add(parent);
    },
  };
}

/** Throws `THREAD_INVALID`, `THREAD_MISMATCH` or `THREAD_TOO_NEW`. */
function readIndex({ thread }: StoredThread, sessionId: string): ReadonlyMap<string, IndexEntry> {
  const { members } = readEnvelope(thread, {
    kinds: { [KIND]: VERSION },
    packageName: "@threadstore/genkit",
    error: envelopeError,
  });
  if (members["sessionId"] !== sessionId) {
    throw mismatch("$.sessionId", "`$.sessionId` must be the id that the session was read by.");
  }
  const { snapshots } = members;
  if (!Array.isArray(snapshots)) throw invalidThread("$.snapshots", "an array", snapshots);
  const entries = snapshots.map((entry, position) => readEntry(entry, `$.snapshots[${position}]`));
  return new Map(entries.map((entry) => [entry.id, entry]));
}

function readEntry(entry: unknown, path: string): IndexEntry {
  const { id, parentId, createdAt } = isJsonObject(entry) ? entry : {};
  if (typeof id !== "string" || id === "") throw invalidThread(`${path}.id`, "a non-empty string", id);
  if (parentId !== undefined && typeof parentId !== "string") {
    throw invalidThread(`${path}.parentId`, "a string", parentId);
  }
  if (typeof createdAt !== "string") throw invalidThread(`${path}.createdAt`, "a string", createdAt);
  return { id, parentId, createdAt };
}
