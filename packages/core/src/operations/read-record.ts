import { decodeRecord, type ThreadRecord } from "../encoding/record.ts";
import type { Snapshot } from "../encoding/snapshot.ts";
import { ThreadStoreError } from "../errors.ts";
import type { Call } from "../runtime/operation-context.ts";
import { attempt } from "../runtime/retry.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { Version } from "../thread-store.ts";
import { hasExpired } from "../validation/expiry.ts";

/** What is physically at a key: a record, live or expired, or something damaged. */
export type Found =
  | { readonly state: "live" | "expired"; readonly version: Version; readonly record: ThreadRecord }
  | { readonly state: "damaged"; readonly version: Version; readonly damage: string };

/** Looks what is at `key`. `known`, a snapshot of that thread, saves sending the same bytes again. */
export async function lookUp(call: Call, key: ThreadKey, known?: Snapshot): Promise<Found | undefined> {
  const found = await attempt(call, () => call.driver.read(key, known?.version, { signal: call.signal }));
  if (found === undefined) return undefined;
  const { version, bytes } = found;
  const record = bytes === undefined ? known?.record : decodeRecord(key, bytes);
  if (record === undefined) {
    const message = `The ${call.driver.name} driver answered "unchanged" to a read that named no version.`;
    throw new ThreadStoreError("BACKEND_ERROR", message);
  }
  if ("damage" in record) return { state: "damaged", version, damage: record.damage };
  const expired = hasExpired(record.trailer.expiresAt, call.options.now());
  return { state: expired ? "expired" : "live", version, record };
}

export const MOVED_ON = "The thread is not at the previous version any more. Load it and try again.";

export function corrupt(damage: string): ThreadStoreError {
  return new ThreadStoreError(
    "CORRUPT",
    `The stored record is damaged: ${damage}. It was left as it is. ` +
      "Restore it from a backup, or delete the thread, or save with overwrite: true.",
  );
}

export function conflict(message: string, currentVersion: Version | undefined): ThreadStoreError {
  return new ThreadStoreError("CONFLICT", `${message} Nothing was changed.`, {
    currentVersion,
  });
}

/** The conflict that a lost race is, with the version that is there now if the backend tells it. */
export async function lostRace(call: Call, key: ThreadKey, message: string): Promise<ThreadStoreError> {
  let found: Found | undefined;
  try {
    found = await lookUp(call, key);
  } catch (error) {
    // That the race was lost is certain; what won it is a courtesy.
    if (!ThreadStoreError.is(error)) throw error;
  }
  return conflict(message, found?.state === "live" ? found.version : undefined);
}
