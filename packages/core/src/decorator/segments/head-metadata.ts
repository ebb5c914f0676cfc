import type { ThreadMetadata } from "../../thread-store.ts";
import { corruptRecord } from "../../validation/corrupt-record.ts";
import { DECORATED_METADATA, type DecoratedMetadataOption } from "../../validation/decorated-metadata.ts";
import { reservedName } from "../reserved-name.ts";
import type { StoredHead } from "./segment-format.ts";

/** The metadata of a thread in the inner store: those of the caller, and the end of the log. */
export interface SplitMetadata {
  readonly metadata: ThreadMetadata;
  /** `undefined` if the thread was stored without the decorator. */
  readonly end: StoredHead | undefined;
}

/** Keeps the head of a log in a member of the metadata that callers do not see. */
export interface HeadMetadata {
  /** Returns members of callers as the inner store has them. */
  escape(metadata: Readonly<ThreadMetadata>): ThreadMetadata;
  /** Returns metadata with the end of the log. */
  join(metadata: ThreadMetadata, end: StoredHead): ThreadMetadata;
  /** Returns the names of the members that this decorator and those outside of it add to the metadata. */
  addedTo(options: DecoratedMetadataOption): readonly string[];
  /** Throws `CORRUPT` if the member is invalid. */
  split(stored: ThreadMetadata): SplitMetadata;
}

export function headMetadata(name: string): HeadMetadata {
  const member = `.${name}`;
  const { escape, unescape } = reservedName(member);
  return {
    escape: (metadata) => renamed(metadata, escape),
    join: (metadata, { outline, head }) => ({ ...renamed(metadata, escape), [member]: `${outline} ${head}` }),
    addedTo: ({ [DECORATED_METADATA]: added = [] }) => [...added, member],
    split(stored) {
      if (!Object.hasOwn(stored, member)) return { metadata: stored, end: undefined };
      const { [member]: text = "", ...others } = stored;
      const [outline = "", head, ...rest] = text.split(" ");
      if (head === undefined || rest.length > 0)
        throw corruptRecord(`its metadata member ${member} is invalid`);
      return { metadata: renamed(others, unescape), end: { outline, head } };
    },
  };
}

function renamed(metadata: Readonly<ThreadMetadata>, rename: (name: string) => string): ThreadMetadata {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [rename(key), value]));
}
