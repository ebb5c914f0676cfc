import { resolveResumeRunId, type StreamChunk, type StreamDurability } from "@tanstack/ai";
import { createId } from "@threadstore/core/documents";
import { type ResumableStreams, StreamError, type StreamLease } from "@threadstore/http/streams";
import { formatOffset, readOffset, type RunOffset } from "./run-offset.ts";

/** A run, and the offset from which to read it. Without an offset, the request produces the run. */
export interface RunSource {
  readonly runId: string;
  readonly offset?: string | null | undefined;
}

interface StoredChunk {
  offset: string;
  chunk: StreamChunk;
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const NEVER = new AbortController().signal;
/** How long a page that joins a run waits for its first chunk, in milliseconds. Its producer is in another request. */
const FIRST_CHUNK_MS = 100;
const FIRST_CHUNK_POLLS = 5;

/**
 * Returns the durability of a run for the response helpers of TanStack AI. The run is identified by a request, or
 * passed as an object. Throws `INVALID_ARGUMENT`.
 */
export function runDurability(source: Request | RunSource, streams: ResumableStreams): StreamDurability {
  const { runId, offset } = "headers" in source ? runOfRequest(source) : checkRun(source);
  let producing: Promise<StreamLease> | undefined;
  let count = 0;
  const produce = async (): Promise<StreamLease> => {
    producing ??= acquire(streams, runId);
    return producing;
  };
  return {
    resumeFrom: () => offset,
    append: async (chunks) => {
      const lease = await produce();
      const offsets: string[] = [];
      for (const chunk of chunks) {
        await streams.append(runId, ENCODER.encode(JSON.stringify(chunk)), lease);
        count += 1;
        offsets.push(formatOffset({ runId, count }));
      }
      return offsets;
    },
    close: async () => {
      // `false` if a reader has taken the producer for dead.
      await streams.finalize(runId, "done", undefined, await produce());
    },
    read: (from, signal = NEVER) => readRun(streams, runId, from, signal),
    snapshot: async () => snapshotOf(streams, runId),
  };
}

/** Becomes the only producer of a run, so that a repeated request does not answer twice. */
async function acquire(streams: ResumableStreams, runId: string): Promise<StreamLease> {
  const acquisition = await streams.acquireLease(runId);
  if (acquisition.role === "producer") return acquisition.lease;
  const message = "`runId` must be the id of a new run. Read the existing one with an offset.";
  throw new StreamError("INVALID_ARGUMENT", message, { path: "runId" });
}

async function* readRun(
  streams: ResumableStreams,
  runId: string,
  from: string,
  signal: AbortSignal,
): AsyncGenerator<StoredChunk, void> {
  const isJoin = from === "-1" || from === "now";
  if (isJoin) await waitForStart(streams, runId, signal);
  const start = isJoin ? { runId, count: 0 } : readOffset(from);
  if (start.runId !== runId) throw otherRun();
  if (from === "now") start.count = (await snapshotOf(streams, runId)).length;
  yield* readChunks(streams, start, signal, true);
}

/** Resolves with the chunks of a run that exist. */
async function snapshotOf(streams: ResumableStreams, runId: string): Promise<StoredChunk[]> {
  const entries: StoredChunk[] = [];
  for await (const entry of readChunks(streams, { runId, count: 0 }, NEVER, false)) entries.push(entry);
  return entries;
}

/** Yields the chunks after an offset. */
async function* readChunks(
  streams: ResumableStreams,
  { runId, count }: RunOffset,
  signal: AbortSignal,
  wait: boolean,
): AsyncGenerator<StoredChunk, void> {
  // The cursor of the chunk before this offset. If its number exceeds the segment, the read continues in the next
  // segment.
  const cursor = count === 0 ? "" : `0-${count - 1}`;
  let position = count;
  try {
    for await (const { chunk } of streams.read(runId, cursor, signal, { wait })) {
      position += 1;
      const offset = formatOffset({ runId, count: position });
      yield { offset, chunk: JSON.parse(DECODER.decode(chunk)) as StreamChunk };
    }
  } catch (error) {
    if (wait || !StreamError.is(error, "STREAM_MISSING")) throw error;
  }
}

/** Waits for the first chunk of a run that may start at the same time. */
async function waitForStart(streams: ResumableStreams, runId: string, signal: AbortSignal): Promise<void> {
  for (let poll = 0; poll < FIRST_CHUNK_POLLS; poll++) {
    if (signal.aborted || (await streams.status(runId)) !== "missing") return;
    await new Promise((resolve) => setTimeout(resolve, FIRST_CHUNK_MS / FIRST_CHUNK_POLLS));
  }
}

function runOfRequest(request: Request): { readonly runId: string; readonly offset: string | null } {
  const offset = request.headers.get("last-event-id") ?? new URL(request.url).searchParams.get("offset");
  const isOffset = offset !== null && offset !== "" && offset !== "-1" && offset !== "now";
  const runId = isOffset ? readOffset(offset).runId : (resolveResumeRunId(request) ?? createId());
  return checkRun({ runId, offset: offset === "" ? null : offset });
}

function checkRun({ runId, offset = null }: RunSource): {
  readonly runId: string;
  readonly offset: string | null;
} {
  if (typeof runId === "string" && runId !== "" && runId.isWellFormed()) return { runId, offset };
  const message = "`runId` must be a non-empty string of well-formed Unicode.";
  throw new StreamError("INVALID_ARGUMENT", message, { path: "runId" });
}

function otherRun(): StreamError {
  return new StreamError("INVALID_ARGUMENT", "`offset` must belong to the run.", { path: "offset" });
}
