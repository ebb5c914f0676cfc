import { ByteBuffer } from "#platform";
import type { ThreadStoreError } from "../errors.ts";
import { textDigest } from "../platform/digest.ts";
import type { ThreadMetadata } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";
import { checkedMembers, METADATA_MAX_BYTES } from "./metadata.ts";

/** Returns a copy of the metadata that a listing is limited to; empty for all threads. Throws `INVALID_ARGUMENT`. */
export function checkedWhere(where: unknown): ThreadMetadata {
  if (where === undefined) return {};
  const members = checkedMembers(where, "where");
  if (ByteBuffer.byteLength(JSON.stringify(members)) <= METADATA_MAX_BYTES) return members;
  throw invalidArgument(
    `\`where\` must have at most ${METADATA_MAX_BYTES} bytes as JSON, as metadata does. Pass fewer members.`,
  );
}

/** Returns a copy of the metadata that a job is limited to. Throws `INVALID_ARGUMENT` also if it has no members. */
export function checkedSelection(where: unknown): ThreadMetadata {
  const members = checkedWhere(where ?? {});
  if (Object.keys(members).length > 0) return members;
  throw emptySelection();
}

/** Returns the error of a job that would delete everything. */
export function emptySelection(): ThreadStoreError {
  return invalidArgument(
    "`where` must have at least one member, because every thread matches none. Pass the metadata of the threads to delete.",
  );
}

/** Returns whether `metadata` has every member of `where`, with exactly its value. */
export function matchesWhere(metadata: ThreadMetadata, where: ThreadMetadata): boolean {
  return Object.entries(where).every(
    ([name, value]) => Object.hasOwn(metadata, name) && metadata[name] === value,
  );
}

/** Returns a short text that is the same for every order of the members of `where`, and empty for none. */
export function digestOfWhere(where: ThreadMetadata): string {
  const members = Object.entries(where).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return members.length === 0 ? "" : textDigest(JSON.stringify(members)).slice(0, 22);
}
