import { ByteBuffer } from "#platform";
import { ThreadStoreError } from "../errors.ts";
import type { ThreadMetadata } from "../thread-store.ts";
import {
  DECORATED_METADATA,
  DECORATED_METADATA_BYTES,
  type DecoratedMetadataOption,
} from "./decorated-metadata.ts";
import { invalidArgument, readArgument } from "./invalid-argument.ts";
import { notStrictJson } from "./not-strict-json.ts";
import { isPlainObject } from "./plain-object.ts";
import { findJsonIssue } from "./strict-json.ts";

export const METADATA_MAX_BYTES = 65_536;

/** The options that contain metadata. */
interface MetadataOptions extends DecoratedMetadataOption {
  readonly metadata?: unknown;
}

/**
 * Returns a copy of the option `metadata`; `undefined` if it is omitted. Throws unless it is a plain object of well-formed
 * strings within the size limit.
 */
export function checkedMetadata(options: MetadataOptions): ThreadMetadata | undefined {
  const { metadata, [DECORATED_METADATA]: added } = options;
  if (metadata === undefined) return undefined;
  const members = checkedMembers(metadata, "metadata");
  const bytes = ByteBuffer.byteLength(JSON.stringify(members));
  if (bytes > METADATA_MAX_BYTES + (added === undefined ? 0 : DECORATED_METADATA_BYTES)) {
    throw new ThreadStoreError(
      "TOO_LARGE",
      `\`metadata\` must have at most ${METADATA_MAX_BYTES} bytes as JSON, but has ${bytes}. Store large values in the thread.`,
    );
  }
  return members;
}

/** Returns a copy of the argument `name`. Throws `INVALID_ARGUMENT` unless it is a plain object of well-formed strings. */
export function checkedMembers(value: unknown, name: "metadata" | "where"): ThreadMetadata {
  return readArgument(`\`${name}\``, () => {
    if (!isPlainObject(value)) {
      return invalidArgument(
        `\`${name}\` must be a plain object whose members are strings. Pass such an object.`,
      );
    }
    const members = copyMetadata(value as ThreadMetadata);
    const problem = notStrings(members, name);
    if (problem !== undefined) return problem;
    const issue = findJsonIssue(members);
    if (issue !== undefined) return notStrictJson(`\`${name}\``, issue);
    return members;
  });
}

/** Returns the error for the first member that is not a string; `undefined` if there is none. */
function notStrings(members: object, name: string): ThreadStoreError | undefined {
  for (const [member, content] of Object.entries(members)) {
    if (typeof content === "string") continue;
    return new ThreadStoreError(
      "INVALID_ARGUMENT",
      `The members of \`${name}\` must be strings. Convert other values, and leave out members that are undefined. The property \`path\` of this error says where.`,
      { path: `$[${JSON.stringify(member)}]` },
    );
  }
  return undefined;
}

/** Copies metadata. Spreading keeps a member named `__proto__` an own member. */
export function copyMetadata(metadata: ThreadMetadata): ThreadMetadata {
  return { ...metadata };
}
