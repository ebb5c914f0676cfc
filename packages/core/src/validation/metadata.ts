import { ThreadStoreError } from "../errors.ts";
import type { ThreadMetadata } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";
import { notStrictJson } from "./not-strict-json.ts";
import { findJsonIssue } from "./strict-json.ts";

export const METADATA_MAX_BYTES = 8192;

/** Returns a copy of `metadata`. Throws unless it is a plain object of well-formed strings within the size limit. */
export function checkedMetadata(metadata: unknown): ThreadMetadata {
  const issue = findJsonIssue(metadata);
  if (issue !== undefined) throw notStrictJson("`metadata`", issue);
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw invalidArgument("`metadata` must be an object whose members are strings.");
  }
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value === "string") continue;
    throw new ThreadStoreError(
      "INVALID_ARGUMENT",
      "The members of `metadata` must be strings. Convert other values. The property `path` of this error says where.",
      { path: `$[${JSON.stringify(name)}]` },
    );
  }
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes > METADATA_MAX_BYTES) {
    throw new ThreadStoreError(
      "TOO_LARGE",
      `\`metadata\` must have at most ${METADATA_MAX_BYTES} bytes as JSON, but has ${bytes}. Store large values in the thread.`,
    );
  }
  return copyMetadata(metadata as ThreadMetadata);
}

/** Copies metadata. Spreading keeps a member named `__proto__` an own member. */
export function copyMetadata(metadata: ThreadMetadata): ThreadMetadata {
  return { ...metadata };
}
