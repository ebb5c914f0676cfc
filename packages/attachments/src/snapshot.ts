import type { SerializedThread, StoredThread } from "@threadstore/core";
import type { KeptThread } from "./format/kept-text.ts";
import { type AttachmentName, metadataAndSize } from "./format/names.ts";
import type { Place } from "./place.ts";

/** One version of a thread as the store beneath has it, and what it says. */
export interface Snapshot {
  readonly path: readonly string[];
  readonly stored: StoredThread;
  readonly kept: KeptThread;
  /** All that {@link kept} names. */
  readonly attachments: ReadonlyMap<AttachmentName, string>;
}

const snapshots = new WeakMap<object, Snapshot>();

/** The snapshot behind something that was handed out for a thread of this place; `undefined` for anything else. */
export function snapshotOf({ path }: Place, handedOut: unknown): Snapshot | undefined {
  if (typeof handedOut !== "object" || handedOut === null) return undefined;
  const found = snapshots.get(handedOut);
  const isHere =
    found?.path.length === path.length && found.path.every((name, level) => name === path[level]);
  return isHere ? found : undefined;
}

/** What the caller gets of a snapshot. Changing it changes nothing here. */
export function handOut(snapshot: Snapshot): StoredThread {
  const { stored, kept, attachments } = snapshot;
  const { id, version, createdAt, updatedAt, expiresAt } = stored;
  let json: string | undefined;
  let thread: SerializedThread | undefined;
  const handedOut: StoredThread = {
    id,
    version,
    size: kept.size ?? stored.size,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    expiresAt: expiresAt && new Date(expiresAt),
    metadata: metadataAndSize(stored.metadata).metadata,
    get json(): string {
      json ??= kept.restore(attachments);
      return json;
    },
    get thread(): SerializedThread {
      thread ??= JSON.parse(handedOut.json) as SerializedThread;
      return thread;
    },
  };
  snapshots.set(handedOut, snapshot);
  return handedOut;
}
