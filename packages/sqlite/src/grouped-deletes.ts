import { setImmediate } from "node:timers";
import type { Version } from "@threadstore/core";
import { DriverError, type ThreadKey } from "@threadstore/core/driver";
import type { Connection } from "./connection.ts";
import type { RecordVersion } from "./records.ts";

/** Blocks the event loop for a few milliseconds, and another connection for as long. */
const MAX_DELETES = 100;

interface Delete extends RecordVersion {
  readonly signal: AbortSignal;
  readonly resolve: (isDeleted: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

/** Deletes the record if its version is the expected one. Resolves with whether it did. */
export type DeleteGrouped = (
  key: ThreadKey,
  expectedVersion: Version,
  signal: AbortSignal,
) => Promise<boolean>;

/**
 * Returns a function that deletes records in one transaction with the others of the same turn of the event loop. Each
 * transaction waits for the disk, so the jobs that delete thousands of records would be slow otherwise.
 */
export function groupDeletes(connection: Connection): DeleteGrouped {
  let waiting: Delete[] = [];
  const flush = (): void => {
    const deletes = waiting.splice(0, MAX_DELETES);
    if (waiting.length > 0) setImmediate(flush);
    deleteTogether(connection, deletes);
  };
  return (key, expectedVersion, signal) =>
    new Promise<boolean>((resolve, reject) => {
      signal.throwIfAborted();
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ key, expectedVersion, signal, resolve, reject });
    });
}

function deleteTogether(connection: Connection, deletes: readonly Delete[]): void {
  const running = deletes.filter(({ signal, reject }) => {
    if (signal.aborted) reject(signal.reason);
    return !signal.aborted;
  });
  const [first] = running;
  if (first === undefined) return;
  let results: readonly boolean[];
  try {
    results = connection.change(first.signal, (operations) => operations.deleteAll(running));
  } catch (error) {
    // A damaged record must not keep the others. Any other failure is the same for all of them, and core repeats each.
    if (running.length > 1 && DriverError.is(error) && error.code === "CORRUPT") {
      for (const each of running) deleteTogether(connection, [each]);
    } else for (const { reject } of running) reject(error);
    return;
  }
  for (const [index, { resolve }] of running.entries()) resolve(results[index] === true);
}
