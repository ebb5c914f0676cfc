import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { decodeChunk, isEnd, type End, type StreamElement } from "./chunks.ts";
import type { StreamSettings } from "./options.ts";
import { endOf, type Head, loadSegment, readHead } from "./records.ts";
import { invalidArgument, StreamError, streamInterrupted, streamMissing } from "./stream-error.ts";
import type { StreamWriter } from "./stream-writer.ts";

/** A chunk of a stream, and the position from which to read on. */
export interface StreamEntry {
  readonly cursor: string;
  readonly chunk: Uint8Array;
}

/** A stream to read. */
export interface StreamSource {
  readonly settings: StreamSettings;
  /** The id of the head. */
  readonly id: string;
  /** Returns the writer with this token, if it is in this process. */
  readonly findWriter: (token: string) => StreamWriter | undefined;
}

/** A position before an element. Its index can exceed the segment: it then continues in the next one. */
interface Position {
  segment: number;
  index: number;
}

/** The part of a stream that can still grow. Reading it again shows its current state. */
interface Live {
  readonly token: string;
  readonly segment: number;
  readonly elements: readonly StreamElement[];
  /** Waits for a change. Resolves with the stream, or with `undefined` if it was deleted or replaced. */
  wait(signal: AbortSignal): Promise<Live | undefined>;
}

/** Options of a read. */
export interface ReadOptions {
  /**
   * Whether to wait for chunks that do not exist yet. With `false`, the read ends after the last chunk, also if the
   * stream has failed.
   * @default true
   */
  readonly wait?: boolean | undefined;
}

/** Yields the chunks after a cursor until the stream ends, and rejects if it does not end well. */
export async function* readStream(
  source: StreamSource,
  cursor: string,
  signal: AbortSignal,
  { wait = true }: ReadOptions = {},
): AsyncGenerator<StreamEntry, void> {
  const position = readCursor(cursor);
  let live: Live | undefined = await openStream(source);
  while (live !== undefined) {
    while (position.segment < live.segment) {
      if (signal.aborted) return;
      yield* readSegment(source.settings.store, live.token, position);
    }
    while (position.segment === live.segment && position.index < live.elements.length) {
      const element = live.elements[position.index];
      if (element === undefined || signal.aborted) return;
      if (isEnd(element)) break;
      yield toEntry(element, position);
    }
    if (position.segment < live.segment) continue;
    // Also for a cursor after the end, at which nothing would arrive.
    const end = endOf(live);
    if (end !== undefined && wait) throwUnlessDone(end);
    if (end !== undefined || signal.aborted || !wait) return;
    live = await live.wait(signal);
  }
}

async function openStream(source: StreamSource): Promise<Live> {
  const stored = await source.settings.store.load(source.id);
  if (stored === undefined) throw streamMissing();
  const writer = source.findWriter(readHead(stored).token);
  return writer === undefined ? storedStream(source, stored) : writtenStream(source, writer);
}

async function* readSegment(
  store: ThreadStore,
  token: string,
  position: Position,
): AsyncGenerator<StreamEntry, void> {
  const elements = await loadSegment(store, token, position.segment);
  for (const element of elements.slice(position.index)) {
    if (!isEnd(element)) yield toEntry(element, position);
  }
  position.segment += 1;
  position.index = Math.max(0, position.index - elements.length);
}

/** Returns the entry of an element, and moves the position after it. */
function toEntry(element: Exclude<StreamElement, End>, position: Position): StreamEntry {
  const cursor = `${position.segment}-${position.index}`;
  position.index += 1;
  return { cursor, chunk: decodeChunk(element) };
}

function throwUnlessDone(end: End): void {
  if (end.end === "error") throw new StreamError("STREAM_FAILED", end.error);
  if (end.end === "interrupted") throw streamInterrupted();
}

/** Returns the position after the entry of a cursor. Throws `INVALID_ARGUMENT`. */
function readCursor(cursor: unknown): Position {
  if (cursor === "") return { segment: 0, index: 0 };
  const [, segment, index] = (typeof cursor === "string" && /^(\d{1,9})-(\d{1,9})$/u.exec(cursor)) || [];
  if (segment === undefined) throw invalidArgument("cursor", "the cursor of an entry, or an empty string");
  return { segment: Number(segment), index: Number(index) + 1 };
}

/** Returns a stream that this process writes. */
function writtenStream(source: StreamSource, writer: StreamWriter): Live {
  const live: Live = {
    token: writer.token,
    get segment() {
      return writer.segment;
    },
    get elements() {
      return writer.elements;
    },
    wait: async (signal) => {
      const { failure, isClosed } = writer;
      // Another process continued or ended it.
      if (StreamError.is(failure?.error, "STREAM_ENDED")) return reopen(source, writer.token);
      if (isClosed || StreamError.is(failure?.error, "STREAM_MISSING")) return undefined;
      if (failure !== undefined) throw failure.error;
      await untilAbort(writer.changed, signal);
      return live;
    },
  };
  return live;
}

async function reopen(source: StreamSource, token: string): Promise<Live | undefined> {
  const stored = await source.settings.store.load(source.id);
  if (stored === undefined || readHead(stored).token !== token) return undefined;
  return storedStream(source, stored);
}

/** Returns a stream of another process, which is loaded again and again. */
function storedStream({ settings, id }: StreamSource, stored: StoredThread): Live {
  const { store, pollMs, leaseMs } = settings;
  let cached = stored;
  let head = readHead(stored);
  let lastPoll = performance.now();
  let silentMs = 0;
  const live: Live = {
    token: head.token,
    get segment() {
      return head.segment;
    },
    get elements() {
      return head.elements;
    },
    wait: async (signal) => {
      await pause(pollMs, signal);
      if (signal.aborted) return live;
      const current = await store.load(id, { cached });
      if (current === undefined) return undefined;
      // The clocks of processes differ, so only this reader's clock counts, and not while its process was suspended.
      silentMs += Math.min(performance.now() - lastPoll, 2 * pollMs);
      lastPoll = performance.now();
      if (current.version === cached.version) {
        if (silentMs > leaseMs) await interrupt(store, id, head);
        return live;
      }
      const next = readHead(current);
      if (next.token !== head.token) return undefined;
      cached = current;
      head = next;
      silentMs = 0;
      return live;
    },
  };
  return live;
}

/** Ends a stream whose producer stopped, so that it cannot continue, and other readers know. */
async function interrupt(store: ThreadStore, id: string, { version, ttlMs }: Head): Promise<void> {
  try {
    await store.append(id, [{ end: "interrupted" }], { previous: version, ttlMs });
  } catch (error) {
    // The producer, or another reader, was first.
    if (ThreadStoreError.is(error, "CONFLICT")) return;
    throw error;
  }
  throw streamInterrupted();
}

/** Resolves after a delay, or when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return untilAbort(elapsed, signal).finally(() => clearTimeout(timer));
}

/** Resolves with the promise, or when the signal aborts. */
async function untilAbort(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.finally(() => signal.removeEventListener("abort", onAbort)).then(resolve, reject);
  });
}
