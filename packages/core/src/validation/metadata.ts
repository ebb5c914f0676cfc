import { ThreadStoreError } from "../errors.ts";
import type { ThreadMetadata } from "../thread-store.ts";
import { invalidArgument } from "./invalid-argument.ts";
import { findJsonOffence } from "./strict-json.ts";

export const METADATA_MAX_BYTES = 8192;

/** A copy of the metadata, if it is a plain record of well-formed strings within the limit. */
export function checkedMetadata(metadata: unknown): ThreadMetadata {
  const offence = findJsonOffence(metadata);
  if (offence !== undefined)
    throw invalidArgument(`${offence.path.replace("$", "metadata")} is ${offence.reason}.`);
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw invalidArgument("metadata is an object whose members are strings.");
  }
  for (const [name, value] of Object.entries(metadata)) {
    if (typeof value === "string") continue;
    throw invalidArgument(`metadata[${JSON.stringify(name)}] is not a string. Metadata holds strings only.`);
  }
  const json = JSON.stringify(metadata);
  const bytes = Buffer.byteLength(json);
  if (bytes > METADATA_MAX_BYTES) {
    throw new ThreadStoreError(
      "TOO_LARGE",
      `metadata has ${bytes} bytes as JSON and may have ${METADATA_MAX_BYTES}. Keep large things in the thread.`,
    );
  }
  return copyOf(metadata as ThreadMetadata);
}

/** A copy that is the receiver's own. Spread keeps an own `__proto__` a member. */
export function copyOf(metadata: ThreadMetadata): ThreadMetadata {
  return { ...metadata };
}
