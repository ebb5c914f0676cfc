import {
  type SaveOptions,
  type StoredThread,
  type ThreadMetadata,
  ThreadStoreError,
  type Version,
} from "@threadstore/core";
import { versionOf } from "../check.ts";
import { type KeptThread, readKeptText } from "../format/kept-text.ts";
import { type AttachmentName, hashIn, metadataAndSize, writtenAt } from "../format/names.ts";
import type { Place, ThreadCall } from "../place.ts";
import { type Snapshot, snapshotOf } from "../snapshot.ts";

/** The version that a save replaces. */
export interface Base {
  readonly stored: StoredThread;
  readonly names: ReadonlySet<AttachmentName>;
  readonly isWrapped: boolean;
}

/** What the caller saw, as given in `previous`. */
export interface Seen {
  readonly version: Version;
  /** Present when it is an object that was handed out in this process. */
  readonly snapshot: Snapshot | undefined;
}

export function seenBy({ place, id }: ThreadCall, previous: SaveOptions["previous"]): Seen | undefined {
  if (previous === undefined) return undefined;
  return { version: versionOf(id, previous), snapshot: snapshotOf(place, previous) };
}

/** The version that the caller saw. Throws `CONFLICT` where it is known not to be there any more. */
export async function baseSeen(call: ThreadCall, { version, snapshot }: Seen): Promise<Base> {
  if (snapshot !== undefined) return baseOf(snapshot.stored, snapshot.kept);
  const found = await baseFound(call);
  if (found !== undefined && found.stored.version === version) return found;
  throw new ThreadStoreError(
    "CONFLICT",
    "The thread is not at the previous version any more. Load it and try again. Nothing was changed.",
    { currentVersion: found?.stored.version },
  );
}

/** The version that is there now. */
export async function baseFound(call: ThreadCall): Promise<Base | undefined> {
  const stored = await call.place.threads.load(call.id, call.next());
  if (stored === undefined) return undefined;
  return baseOf(stored, readKeptText(stored.json));
}

function baseOf(stored: StoredThread, { names, size }: KeptThread): Base {
  return { stored, names, isWrapped: size !== undefined };
}

export function metadataOf(base: Base | undefined): ThreadMetadata {
  return metadataAndSize(base?.stored.metadata ?? {}).metadata;
}

/**
 * The names of its attachments by their hashes: what need not be sent again. Of a version that is about to expire
 * only those that were written a short while ago: a sweep by a clock that is ahead may be removing the others just
 * when a save makes the thread live on.
 */
export function namesByHash({ options }: Place, base: Base | undefined): ReadonlyMap<string, AttachmentName> {
  const now = options.now();
  const shortWhile = options.orphanAgeMs / 2;
  const isExpiring = (base?.stored.expiresAt?.getTime() ?? Infinity) < now + shortWhile;
  const names = [...(base?.names ?? [])].filter((name) => !isExpiring || writtenAt(name) > now - shortWhile);
  return new Map(names.map((name) => [hashIn(name), name]));
}
