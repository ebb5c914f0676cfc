import type { BlobClient, BlobDownloadOptions } from "@azure/storage-blob";
import type { StoredRecord, Version } from "@threadstore/core";
import { type BlobState, parseVersion, stateOf } from "./blob-state.ts";
import { failingWith, hasCode } from "./failures.ts";
import { recordIn } from "./patches.ts";

/** What a blob holds: its record, in one request, or in two while the blob is being moved. */
export async function readRecord(
  blob: BlobClient,
  known: Version | undefined,
  signal: AbortSignal,
): Promise<StoredRecord | undefined> {
  for (let seen: string | undefined; ;) {
    const found = await downloadUnless(blob, known, signal);
    if (found === "known") return { version: known ?? "", bytes: undefined };
    if (found === undefined || found.state.kind === "unfinished") return undefined;
    const { state, bytes, blockCount } = found;
    if (state.version === known) return { version: known, bytes: undefined };
    const content = state.kind === "moving" ? await snapshotOf(blob, state.snapshot, signal) : bytes;
    const { record, blocks } = recordIn(content ?? Buffer.alloc(0));
    // An answer may come from two moments: the move was finished before its snapshot was asked for; or, in Azurite,
    // headers are newer than the content. What is the same when looked at again is as it is, damaged or not.
    const isOfOneMoment = state.kind === "moving" ? content !== undefined : (blockCount ?? blocks) === blocks;
    if (isOfOneMoment || seen === state.etag) return { version: state.version, bytes: record };
    seen = state.etag;
  }
}

interface Download {
  readonly state: BlobState;
  readonly bytes: Buffer;
  /** Of an append blob. */
  readonly blockCount: number | undefined;
}

async function downloadUnless(
  blob: BlobClient,
  known: Version | undefined,
  signal: AbortSignal,
): Promise<Download | "known" | undefined> {
  const conditions = known === undefined ? {} : { ifNoneMatch: parseVersion(known).etag };
  try {
    const answer = await blob.download(0, undefined, {
      abortSignal: signal,
      conditions,
      maxRetryRequests: 0,
    });
    const bytes = await bodyOf(answer);
    return { state: stateOf(answer, bytes.length), bytes, blockCount: answer.blobCommittedBlockCount };
  } catch (error) {
    if (hasCode(error, "BlobNotFound")) return undefined;
    if (hasCode(error, "ConditionNotMet")) return "known";
    throw error;
  }
}

async function snapshotOf(
  blob: BlobClient,
  snapshot: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const found = await downloadUnless(blob.withSnapshot(snapshot), undefined, signal);
  return typeof found === "object" ? found.bytes : undefined;
}

/** The last `count` bytes of a blob that is so long and has that ETag; `undefined` if it has not any more. */
export async function readTail(
  blob: BlobClient,
  { etag, length }: { readonly etag: string; readonly length: number },
  count: number,
  abortSignal: AbortSignal,
): Promise<Buffer | undefined> {
  const start = Math.max(0, length - count);
  const options: BlobDownloadOptions = { abortSignal, conditions: { ifMatch: etag }, maxRetryRequests: 0 };
  try {
    return await bodyOf(await blob.download(start, length - start || undefined, options));
  } catch (error) {
    if (hasCode(error, "BlobNotFound", "ConditionNotMet")) return undefined;
    throw error;
  }
}

/** All of the body, which also frees the connection. */
function bodyOf({
  readableStreamBody: body,
}: {
  readableStreamBody?: NodeJS.ReadableStream;
}): Promise<Buffer> {
  return failingWith("interrupted", async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of body ?? []) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  });
}
