import { type StoredThread, type ThreadMetadata, ThreadStoreError } from "@threadstore/core";
import type { VersionArgument } from "@threadstore/core/decorator";
import { type AttachmentName, hashOf, metadataAndSize, writtenAt } from "./format/names.ts";
import { type DecodedText, decodeStoredText } from "./format/stored-text.ts";
import type { ResolvedOptions } from "./options.ts";
import type { ThreadContext, ThreadState } from "./thread-context.ts";

/** The version that a save or delete replaces. */
export interface ReplacedVersion {
  readonly stored: StoredThread;
  readonly names: ReadonlySet<AttachmentName>;
  readonly isWrapped: boolean;
}

/** Returns the version in `previous`. Throws `CONFLICT` if it is known not to be the current one. */
export async function previousVersion(
  context: ThreadContext,
  { version, decorated }: VersionArgument<ThreadState>,
): Promise<ReplacedVersion> {
  if (decorated?.state !== undefined) return replacedVersion(decorated.stored, decorated.state.decoded);
  const current = await currentVersion(context);
  if (current?.stored.version === version) return current;
  throw new ThreadStoreError(
    "CONFLICT",
    "The thread is no longer at the version in `previous`. Load it and try again. Nothing was changed.",
    { currentVersion: current?.stored.version },
  );
}

/** Loads the current version without its attachments. */
export async function currentVersion({
  threads,
  id,
  call,
}: ThreadContext): Promise<ReplacedVersion | undefined> {
  const stored = await threads.load(id, call.options());
  return stored && replacedVersion(stored, decodeStoredText(stored.json));
}

function replacedVersion(stored: StoredThread, { names, size }: DecodedText): ReplacedVersion {
  return { stored, names, isWrapped: size !== undefined };
}

export function metadataOf(replaced: ReplacedVersion | undefined): ThreadMetadata {
  return metadataAndSize(replaced?.stored.metadata ?? {}).metadata;
}

/**
 * Returns the attachments that need not be written again, by their hashes. For a version that is about to expire,
 * only recently written ones: `deleteExpired` on a host whose clock is ahead may be deleting the others just when a
 * save extends the life of the thread.
 */
export function reusableNames(
  options: ResolvedOptions,
  replaced: ReplacedVersion | undefined,
): ReadonlyMap<string, AttachmentName> {
  const now = options.now();
  const margin = options.orphanAgeMs / 2;
  const isExpiring = (replaced?.stored.expiresAt?.getTime() ?? Infinity) < now + margin;
  const names = [...(replaced?.names ?? [])].filter((name) => !isExpiring || writtenAt(name) > now - margin);
  return new Map(names.map((name) => [hashOf(name), name]));
}
