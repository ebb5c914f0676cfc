import type { ExpectedVersion } from "../encoding/expected-version.ts";
import type { Call } from "../runtime/operation-context.ts";
import { settle } from "../runtime/resolve-outcome.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { Version } from "../thread-store.ts";
import { conflict, lookUp, lostRace, MOVED_ON } from "./read-record.ts";

/** Deletes what is there, or only the version that was expected. Whether a live thread, or damage, was there. */
export async function deleteThread(
  call: Call,
  key: ThreadKey,
  expected: ExpectedVersion | undefined,
): Promise<boolean> {
  for (;;) {
    const found = await lookUp(call, key);
    const isLive = found !== undefined && found.state !== "expired";
    if (expected !== undefined && (!isLive || found.version !== expected.version)) {
      throw conflict(MOVED_ON, found?.state === "live" ? found.version : undefined);
    }
    if (found === undefined) return false;
    const removed = await removeRecord(call, key, found.version);
    if (!isLive) return false;
    if (removed) return true;
    if (expected !== undefined) throw await lostRace(call, key, MOVED_ON);
  }
}

/** Removes the record at exactly this version. Whether it was there. */
export async function removeRecord(call: Call, key: ThreadKey, version: Version): Promise<boolean> {
  const removed = await settle<{ readonly removed: true }>(call, {
    apply: async () =>
      (await call.driver.delete(key, version, { signal: call.signal })) ? { removed: true } : undefined,
    lookBack: async () => {
      const found = await lookUp(call, key);
      if (found === undefined) return "absent";
      return found.version === version ? "untouched" : "superseded";
    },
  });
  return removed !== undefined;
}
