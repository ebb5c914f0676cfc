import type { ExpectedVersion } from "../encoding/expected-version.ts";
import { andThen } from "../runtime/maybe-promise.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { resolveOutcome } from "../runtime/resolve-outcome.ts";
import { countLostRaces } from "../runtime/retry.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { Version } from "../thread-store.ts";
import { lostRace, staleVersion } from "./conflict.ts";
import { readEnd } from "./read-end.ts";

/** Deletes a thread, or only its expected version, and returns whether a live thread or a corrupt record existed. */
export async function deleteThread(
  context: OperationContext,
  key: ThreadKey,
  expected: ExpectedVersion | undefined,
): Promise<boolean> {
  const races = countLostRaces(context);
  let refused: Version | undefined;
  for (;;) {
    const stored = await readEnd(context, key);
    if (refused !== undefined) await races.next(stored?.version === refused);
    const exists = stored !== undefined && stored.state !== "expired";
    if (expected !== undefined && (!exists || stored.version !== expected.version)) {
      throw staleVersion(stored);
    }
    if (stored === undefined) return false;
    const deleted = await deleteRecord(context, key, stored.version);
    if (!exists) return false;
    if (deleted) return true;
    if (expected !== undefined) throw await lostRace(context, key);
    refused = stored.version;
  }
}

/** Deletes the record if it is still at `version`, and returns whether it was. */
export async function deleteRecord(
  context: OperationContext,
  key: ThreadKey,
  version: Version,
): Promise<boolean> {
  const { driver, signal } = context;
  const deleted = await resolveOutcome<{ readonly deleted: true }>(context, {
    apply: () =>
      andThen(driver.delete(key, version, { signal }), (isDeleted) =>
        isDeleted ? { deleted: isDeleted } : undefined,
      ),
    readOutcome: async () => {
      const stored = await readEnd(context, key);
      if (stored === undefined) return "absent";
      return stored.version === version ? "unchanged" : "superseded";
    },
  });
  return deleted !== undefined;
}
