import type { Version } from "@threadstore/core";
import type { RecordToWrite, ThreadKey } from "@threadstore/core/driver";
import { chunkedAfter } from "./chunks.ts";
import type { Connection } from "./connection.ts";
import { type LargeRecords, nextTurn } from "./large-records.ts";
import { CHUNK_BYTES } from "./schema.ts";
import type { Staging } from "./staging.ts";

/** Returns whether one transaction that writes the record would block the event loop for long. */
export function isLargeWrite(
  { bytes, unchanged, trailerLength }: RecordToWrite,
  large: LargeRecords,
): boolean {
  const changed = bytes.length - trailerLength - unchanged;
  // All chunks are written then, also those that do not change: at most eight times as many bytes.
  return changed >= large.minBytes && changed >= bytes.length / 8;
}

/**
 * Writes a large record in several transactions, between which the event loop runs. Only the last one makes it visible, if
 * the expected version is stored. Resolves with the new version; `undefined` if another one is stored.
 */
export async function writeStaged(
  connection: Connection,
  key: ThreadKey,
  record: RecordToWrite,
  expectedVersion: Version | undefined,
  { signal, sliceChunks }: { readonly signal: AbortSignal; readonly sliceChunks: number },
): Promise<Version | undefined> {
  const content = record.bytes.subarray(0, chunkedAfter(null, 0, record.bytes.length - record.trailerLength));
  const change = <Result>(run: (staging: Staging) => Result): Result =>
    connection.change(signal, ({ staging }) => run(staging), { adds: true });
  const thread = change(({ begin }) => begin(key, expectedVersion));
  if (thread === undefined) return undefined;
  const chunksAt = (first: number): Uint8Array =>
    content.subarray(first * CHUNK_BYTES, (first + sliceChunks) * CHUNK_BYTES);
  let isCommitted = false;
  try {
    let isStaged = true;
    for (let first = 0; isStaged && first * CHUNK_BYTES < content.length; first += sliceChunks) {
      await nextTurn();
      isStaged = change(({ store }) => store(thread, first, chunksAt(first)));
    }
    await nextTurn();
    const result = isStaged
      ? change(({ commit }) => commit(thread, key, record, expectedVersion))
      : "abandoned";
    if (result !== "abandoned") {
      isCommitted = result.version !== undefined;
      return result.version;
    }
  } finally {
    if (!isCommitted) drop(connection, thread);
  }
  // The process was suspended, or the machine very busy. One transaction cannot be interrupted.
  return connection.change(signal, ({ write }) => write(key, record, expectedVersion));
}

/** Removes what was staged. If that fails, a later change removes it. */
function drop(connection: Connection, thread: number): void {
  // The save's signal may have aborted.
  const { signal } = new AbortController();
  try {
    connection.change(signal, ({ staging }) => staging.drop(thread));
  } catch {
    // The failure of the save is what its caller has to know.
  }
}
