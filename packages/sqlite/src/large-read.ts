import type { Version } from "@threadstore/core";
import type { MaybePromise, StoredRecord, ThreadKey } from "@threadstore/core/driver";
import type { Connection } from "./connection.ts";
import { type LargeRecords, nextTurn } from "./large-records.ts";
import type { LargeRecord } from "./large-rows.ts";

interface LargeCall {
  readonly key: ThreadKey;
  readonly cachedVersion: Version | undefined;
  readonly signal: AbortSignal;
  readonly large: LargeRecords;
}

/** Reads a record: a large one in slices, between which the event loop runs. */
export function readRecord(connection: Connection, call: LargeCall): MaybePromise<StoredRecord | undefined> {
  const found = findRecord(connection, call);
  return found !== undefined && "thread" in found ? readLarge(connection, call, found) : found;
}

function findRecord(
  connection: Connection,
  { key, cachedVersion, signal, large }: LargeCall,
): StoredRecord | LargeRecord | undefined {
  return connection.read(signal, ({ read }) => read(key, cachedVersion, large.minBytes));
}

/** The slices of a record that is saved all the time never belong to one version. */
const MAX_ATTEMPTS = 2;

async function readLarge(
  connection: Connection,
  call: LargeCall,
  first: LargeRecord,
): Promise<StoredRecord | undefined> {
  let found: StoredRecord | LargeRecord | undefined = first;
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts += 1) {
    const record = await readSlices(connection, found.thread, call);
    if (record !== undefined) return record;
    found = findRecord(connection, call);
    if (found === undefined || !("thread" in found)) return found;
  }
  return connection.read(call.signal, ({ read }) => read(call.key, call.cachedVersion));
}

/**
 * Reads a record in slices. They belong to one version if the row still has the same version after the last slice, because
 * a version is stored only once. Resolves with `undefined` if it does not, or the size in the row is wrong.
 */
async function readSlices(
  connection: Connection,
  thread: number,
  { signal, large }: LargeCall,
): Promise<StoredRecord | undefined> {
  const row = connection.read(signal, ({ readRow }) => readRow(thread));
  if (row === undefined) return undefined;
  const bytes = Buffer.allocUnsafeSlow(row.size + row.end.length);
  let length = 0;
  for (let first = 0, isLast = false; !isLast; first += large.sliceChunks) {
    await nextTurn();
    const chunks = connection.read(signal, ({ readChunks }) => readChunks(thread, first, large.sliceChunks));
    for (const chunk of chunks) {
      const copied = chunk.copy(bytes, length);
      if (copied < chunk.length) return undefined;
      length += copied;
    }
    isLast = chunks.length < large.sliceChunks;
  }
  if (row.end.copy(bytes, length) < row.end.length) return undefined;
  const { version } = row;
  if (connection.read(signal, ({ readRow }) => readRow(thread))?.version !== version) return undefined;
  // The record is checked in another turn.
  await nextTurn();
  return { version, bytes: bytes.subarray(0, length + row.end.length), nonce: version };
}
