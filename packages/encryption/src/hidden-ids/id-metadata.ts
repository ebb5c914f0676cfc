import type { ThreadMetadata } from "@threadstore/core";
import { reservedName } from "@threadstore/core/decorator";

/** The member of the metadata that contains the id. */
const MEMBER = ".hidden-ids";

const { escape, unescape } = reservedName(MEMBER);

/** Returns members of callers as the inner store has them. */
export function escapeMembers(metadata: Readonly<ThreadMetadata>): ThreadMetadata {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [escape(name), value]));
}

export function joinId(metadata: Readonly<ThreadMetadata>, id: string): ThreadMetadata {
  return { ...escapeMembers(metadata), [MEMBER]: id };
}

/** Reverses `joinId`. The id is `undefined` if the metadata have none. */
export function splitId(stored: Readonly<ThreadMetadata>): {
  readonly id: string | undefined;
  readonly metadata: ThreadMetadata;
} {
  const { [MEMBER]: id, ...others } = stored;
  const metadata = Object.fromEntries(Object.entries(others).map(([name, value]) => [unescape(name), value]));
  return { id, metadata };
}
