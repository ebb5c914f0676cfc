import { ThreadStoreError } from "@threadstore/core";
import { createId } from "@threadstore/core/documents";
import { type End, encodeChunk } from "./chunks.ts";
import { deleteStream } from "./delete-stream.ts";
import { checkTtl, readOptions, type ResumableStreamsOptions, type StreamSettings } from "./options.ts";
import { type ReadOptions, readStream, type StreamEntry } from "./read-stream.ts";
import { toReadable } from "./readable-stream.ts";
import { endOf, type Head, headId, headThread, readHead } from "./records.ts";
import { invalidArgument, StreamError, streamEnded, streamMissing } from "./stream-error.ts";
import { StreamWriter } from "./stream-writer.ts";

/** The state of a stream. `error` includes streams whose producer was interrupted. */
export type StreamStatus = "done" | "error" | "missing" | "streaming";

/** Identifies a producer. */
export interface StreamLease {
  readonly token: string;
}

/** Whether a caller produces the stream, or reads the stream of another one. */
export type StreamAcquisition =
  | { readonly role: "consumer" }
  | { readonly role: "producer"; readonly lease: StreamLease };

/**
 * Streams that can be read from their beginning, in any process and after the connection was lost. It is a
 * `ResumableStreamStore` of assistant-stream, with two methods for other streams, such as those of the AI SDK.
 */
export interface ResumableStreams {
  /** Elects the producer of a stream: the first caller. All others are consumers, even after the end. */
  acquire(streamId: string, options?: { readonly ttlMs?: number }): Promise<"consumer" | "producer">;
  /** Elects the producer, as `acquire`, with a lease that only this producer has. */
  acquireLease(streamId: string, options?: { readonly ttlMs?: number }): Promise<StreamAcquisition>;
  /**
   * Adds a chunk. Resolves before it is stored: a failed write rejects a later call. Rejects with `STREAM_MISSING` if a
   * newer stream has the id, and with `STREAM_ENDED` after the end.
   */
  append(streamId: string, chunk: Uint8Array, lease?: StreamLease): Promise<void>;
  /** Stores all chunks and the end. Resolves with `false` if the stream has ended, or the lease is not current. */
  finalize(streamId: string, status: "done" | "error", error?: string, lease?: StreamLease): Promise<boolean>;
  /**
   * Yields the chunks after `cursor` (`""` for all) until the stream ends. Rejects with `STREAM_FAILED` after an error
   * of the producer, and with `STREAM_INTERRUPTED` if its process stopped. An abort ends it.
   */
  read(
    streamId: string,
    cursor: string,
    signal: AbortSignal,
    options?: ReadOptions,
  ): AsyncIterable<StreamEntry>;
  status(streamId: string): Promise<StreamStatus>;
  /** Deletes a stream. Its readers end. */
  delete(streamId: string): Promise<void>;
  /**
   * Stores a stream while it is read, such as that of `consumeSseStream`. Replaces an earlier stream with this id. Never
   * rejects: resolves with whether all of it was stored, and calls `onError`.
   */
  record(streamId: string, stream: ReadableStream<string | Uint8Array>): Promise<boolean>;
  /** Resolves with the stream from its beginning; `undefined` unless it is being produced. */
  resume(streamId: string): Promise<ReadableStream<Uint8Array> | undefined>;
}

/** Creates resumable streams in a store. Throws `INVALID_ARGUMENT`. */
export function resumableStreams(options: ResumableStreamsOptions): ResumableStreams {
  const settings = readOptions(options);
  const streams = new Streams(settings);
  return {
    acquire: async (streamId, acquireOptions) =>
      (await streams.acquire(headId(streamId), acquireOptions?.ttlMs)).role,
    acquireLease: async (streamId, acquireOptions) =>
      streams.acquire(headId(streamId), acquireOptions?.ttlMs),
    append: async (streamId, chunk, lease) => streams.append(headId(streamId), chunk, lease),
    finalize: async (streamId, status, error, lease) =>
      streams.finalize(headId(streamId), toEnd(status, error), lease),
    read: (streamId, cursor, signal, reading) => streams.read(headId(streamId), cursor, signal, reading),
    status: async (streamId) => streams.status(headId(streamId)),
    delete: async (streamId) => streams.delete(headId(streamId)),
    record: async (streamId, stream) => {
      try {
        return await streams.record(headId(streamId), stream);
      } catch (error) {
        settings.onError(error, streamId);
        return false;
      }
    },
    resume: async (streamId) => {
      const id = headId(streamId);
      if ((await streams.status(id)) !== "streaming") return undefined;
      return toReadable((signal) => streams.read(id, "", signal));
    },
  };
}

const MAX_REPLACEMENTS = 10;

class Streams {
  readonly #settings: StreamSettings;
  /** The writers of this process, by the id of the head. */
  readonly #writers = new Map<string, StreamWriter>();

  constructor(settings: StreamSettings) {
    this.#settings = settings;
  }

  async acquire(id: string, ttlMs: number = this.#settings.ttlMs): Promise<StreamAcquisition> {
    const { store, leaseMs } = this.#settings;
    checkTtl(ttlMs, leaseMs);
    const content = { token: createId(), segment: 0, ttlMs, elements: [] };
    try {
      const { version } = await store.save(id, headThread(content), { ttlMs });
      this.#writers.get(id)?.close();
      this.#addWriter(id, { ...content, version });
    } catch (error) {
      if (ThreadStoreError.is(error, "CONFLICT")) return { role: "consumer" };
      throw error;
    }
    return { role: "producer", lease: { token: content.token } };
  }

  async append(id: string, chunk: Uint8Array, lease: StreamLease | undefined): Promise<void> {
    if (!(chunk instanceof Uint8Array)) throw invalidArgument("chunk", "a Uint8Array");
    const stored = encodeChunk(chunk);
    await (await this.#writerOf(id, lease)).append(stored);
  }

  async finalize(id: string, end: End, lease: StreamLease | undefined): Promise<boolean> {
    try {
      const writer = await this.#writerOf(id, lease);
      await writer.end(end);
      return true;
    } catch (error) {
      if (StreamError.is(error, "STREAM_ENDED")) return false;
      if (!StreamError.is(error, "STREAM_MISSING")) throw error;
      if ((await this.status(id)) === "missing") throw error;
      return false;
    } finally {
      this.#currentWriter(id);
    }
  }

  read(id: string, cursor: string, signal: AbortSignal, options?: ReadOptions): AsyncIterable<StreamEntry> {
    const findWriter = (token: string): StreamWriter | undefined => {
      const writer = this.#currentWriter(id);
      return writer?.token === token ? writer : undefined;
    };
    return readStream({ settings: this.#settings, id, findWriter }, cursor, signal, options);
  }

  async status(id: string): Promise<StreamStatus> {
    const head = await this.#load(id);
    if (head === undefined) return "missing";
    const end = endOf(head)?.end ?? "streaming";
    return end === "interrupted" ? "error" : end;
  }

  async delete(id: string): Promise<void> {
    this.#writers.get(id)?.close();
    this.#writers.delete(id);
    await deleteStream(this.#settings.store, id);
  }

  async record(id: string, stream: ReadableStream<string | Uint8Array>): Promise<boolean> {
    const lease = await this.#replace(id);
    const encoder = new TextEncoder();
    try {
      for await (const chunk of stream) {
        await this.append(id, typeof chunk === "string" ? encoder.encode(chunk) : chunk, lease);
      }
      return await this.finalize(id, { end: "done" }, lease);
    } catch (error) {
      // It was deleted, or a newer stream has the id.
      if (StreamError.is(error, "STREAM_MISSING")) return false;
      // Readers otherwise wait for the producer. If this fails, too, they notice that it stopped.
      const end = { end: "error", error: "The answer was interrupted." } as const;
      await this.finalize(id, end, lease).catch(() => false);
      throw error;
    }
  }

  async #replace(id: string): Promise<StreamLease> {
    for (let attempt = 1; attempt <= MAX_REPLACEMENTS; attempt++) {
      const acquisition = await this.acquire(id);
      if (acquisition.role === "producer") return acquisition.lease;
      await this.delete(id);
    }
    throw streamMissing();
  }

  /** Returns the writer of a stream, also if another process acquired it. */
  async #writerOf(id: string, lease: StreamLease | undefined): Promise<StreamWriter> {
    const existing = this.#currentWriter(id);
    if (existing !== undefined) {
      if (lease !== undefined && lease.token !== existing.token) throw streamMissing();
      return existing;
    }
    const head = await this.#load(id);
    if (head === undefined || (lease !== undefined && lease.token !== head.token)) throw streamMissing();
    if (endOf(head) !== undefined) throw streamEnded();
    // Another call may have added it meanwhile. Each of two writers would take the other for a newer producer.
    const added = this.#currentWriter(id);
    return added?.token === head.token ? added : this.#addWriter(id, head);
  }

  /** Returns the writer of a stream, unless the stream is over. */
  #currentWriter(id: string): StreamWriter | undefined {
    const writer = this.#writers.get(id);
    if (writer?.isOver !== true) return writer;
    this.#writers.delete(id);
    return undefined;
  }

  #addWriter(id: string, head: Head): StreamWriter {
    const writer = new StreamWriter(this.#settings.store, id, head, this.#settings);
    this.#writers.set(id, writer);
    return writer;
  }

  async #load(id: string): Promise<Head | undefined> {
    const stored = await this.#settings.store.load(id);
    return stored === undefined ? undefined : readHead(stored);
  }
}

function toEnd(status: "done" | "error", error: string = "The stream failed."): End {
  if (status === "done") return { end: "done" };
  if (status !== "error") throw invalidArgument("status", "done or error");
  return { end: "error", error: error.toWellFormed() };
}
