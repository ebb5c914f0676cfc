import { type ThreadStore, ThreadStoreError, type Version } from "@threadstore/core";
import { deferred } from "@threadstore/core/documents";
import { type End, isEnd, isSame, sizeOf, type StreamElement } from "./chunks.ts";
import { endOf, type Head, headThread, readHead, saveSegment } from "./records.ts";
import { SingleTimer } from "./single-timer.ts";
import { StreamError, streamEnded, streamMissing } from "./stream-error.ts";

/** The size of a head from which on it becomes a segment, in UTF-16 units. Readers transfer a head that changed. */
const SEGMENT_SIZE = 32_768;
const MAX_RESUMED_WRITES = 5;

/** The times of a writer, in milliseconds. */
export interface WriterTimes {
  readonly flushMs: number;
  readonly leaseMs: number;
}

/**
 * Writes one stream. Chunks that arrive between two writes are one write. Every write is a compare-and-set of the head,
 * so a writer that was replaced never changes the newer stream. Readers in this process read from it.
 */
export class StreamWriter {
  readonly #store: ThreadStore;
  readonly #id: string;
  readonly #times: WriterTimes;
  readonly token: string;
  readonly #ttlMs: number;
  #version: Version;
  #segment: number;
  /** The elements of the current segment: those that are stored, and then those that are not. */
  #elements: StreamElement[];
  #storedCount: number;
  /** The end that is to be stored. */
  #end: End | undefined;
  #changed: ReturnType<typeof deferred<void>> = deferred();
  #writing: Promise<void> = Promise.resolve();
  readonly #timer: SingleTimer = new SingleTimer(() => void this.#flush().catch(() => undefined));
  #isWriting = false;
  #lastWrite = performance.now();
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;

  constructor(store: ThreadStore, id: string, head: Head, times: WriterTimes) {
    this.#store = store;
    this.#id = id;
    this.#times = times;
    this.token = head.token;
    this.#ttlMs = head.ttlMs;
    this.#version = head.version;
    this.#segment = head.segment;
    this.#elements = [...head.elements];
    this.#storedCount = head.elements.length;
    this.#timer.schedule(this.#lastWrite + times.leaseMs / 3);
  }

  /** The number of segments before the current one. */
  get segment(): number {
    return this.#segment;
  }

  get elements(): readonly StreamElement[] {
    return this.#elements;
  }

  /** The failure that stopped the writer. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Whether the stream has ended, or a newer one has its id. */
  get isOver(): boolean {
    return this.#isClosed || StreamError.is(this.#failure?.error);
  }

  /** Whether the writer has stopped, after the end or because the stream was deleted. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves with the next change. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Adds a chunk. Resolves before it is stored, unless much has not been stored yet. */
  async append(chunk: StreamElement): Promise<void> {
    this.#throwIfEnded();
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#elements.push(chunk);
    this.#notify();
    if (sizeOf(this.#unstored()) >= SEGMENT_SIZE) await this.#flush();
    // A write that is running schedules the next one.
    else if (!this.#isWriting) this.#timer.schedule(this.#lastWrite + this.#times.flushMs);
  }

  /** Stores all chunks, and the end. Readers see the end once it is stored. */
  async end(end: End): Promise<void> {
    if (this.#end === undefined) this.#throwIfEnded();
    this.#end = end;
    // A write that failed is repeated, because the failure may be over.
    this.#failure = undefined;
    await this.#flush();
    // It was deleted meanwhile.
    if (endOf({ elements: this.#elements }) === undefined) throw streamMissing();
    this.close();
  }

  /** Stops writing, because the stream was deleted. */
  close(): void {
    this.#isClosed = true;
    this.#timer.cancel();
    this.#notify();
  }

  #throwIfEnded(): void {
    if (this.#end !== undefined || endOf({ elements: this.#elements }) !== undefined) throw streamEnded();
    if (this.#isClosed) throw streamMissing();
  }

  #notify(): void {
    const { resolve } = this.#changed;
    this.#changed = deferred();
    resolve();
  }

  #unstored(): readonly StreamElement[] {
    const chunks = this.#elements.slice(this.#storedCount);
    return this.#end === undefined ? chunks : [...chunks, this.#end];
  }

  /** Writes the chunks that are not stored; without any, a sign of life. One write follows the other. */
  #flush(): Promise<void> {
    const written = this.#writing.then(() => this.#write());
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #write(): Promise<void> {
    if (this.#isClosed || this.#failure !== undefined) return;
    this.#isWriting = true;
    this.#timer.cancel();
    try {
      await this.#writeUntilKnown();
    } catch (error) {
      this.#failure = { error };
      this.#notify();
      throw error;
    } finally {
      this.#isWriting = false;
      this.#lastWrite = performance.now();
      const { flushMs, leaseMs } = this.#times;
      const isOver = this.#failure !== undefined || this.#isClosed;
      if (!isOver)
        this.#timer.schedule(this.#lastWrite + (this.#unstored().length > 0 ? flushMs : leaseMs / 3));
    }
  }

  async #writeUntilKnown(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const batch = this.#unstored();
      try {
        await this.#writeOnce(batch);
        return;
      } catch (error) {
        if (attempt === MAX_RESUMED_WRITES || !isUncertain(error)) throw error;
        if (await this.#resume(batch)) return;
      }
    }
  }

  async #writeOnce(batch: readonly StreamElement[]): Promise<void> {
    const options = { previous: this.#version, ttlMs: this.#ttlMs };
    if (batch.length === 0) {
      const touched = await this.#store.touch(this.#id, options);
      if (touched === undefined) throw streamMissing();
      this.#version = touched.version;
      return;
    }
    const stored = this.#elements.slice(0, this.#storedCount);
    const size = sizeOf(batch);
    if (stored.length > 0 && size > 0 && sizeOf(stored) + size > SEGMENT_SIZE) {
      await this.#startSegment(stored, batch);
      return;
    }
    const { version } = await this.#store.append(this.#id, batch, options);
    this.#version = version;
    this.#commit(batch);
  }

  /** Makes the stored chunks a segment, and writes a head with the others. */
  async #startSegment(stored: readonly StreamElement[], batch: readonly StreamElement[]): Promise<void> {
    const content = { token: this.token, segment: this.#segment, ttlMs: this.#ttlMs };
    await saveSegment(this.#store, { ...content, elements: stored });
    const head = headThread({ ...content, segment: this.#segment + 1, elements: batch });
    const options = { previous: this.#version, ttlMs: this.#ttlMs };
    const { version } = await this.#store.save(this.#id, head, options);
    this.#version = version;
    this.#commitSegment(batch);
  }

  /** Notes that chunks, and perhaps the end, are stored. */
  #commit(batch: readonly StreamElement[]): void {
    const last = batch.at(-1);
    if (last !== undefined && isEnd(last)) this.#elements.push(last);
    this.#storedCount += batch.length;
    this.#notify();
  }

  #commitSegment(batch: readonly StreamElement[]): void {
    this.#elements.splice(0, this.#storedCount);
    this.#segment += 1;
    this.#storedCount = 0;
    this.#commit(batch);
  }

  /**
   * Loads the head after a write with an unknown outcome or a conflict. Returns whether the write took effect. Rejects
   * if another producer has written.
   */
  async #resume(batch: readonly StreamElement[]): Promise<boolean> {
    const stored = await this.#store.load(this.#id);
    const head = stored === undefined ? undefined : readHead(stored);
    if (head?.token !== this.token) throw streamMissing();
    const before = this.#elements.slice(0, this.#storedCount);
    if (head.segment === this.#segment && isSame(head.elements, before)) {
      this.#version = head.version;
      return false;
    }
    const isAppended = head.segment === this.#segment && isSame(head.elements, [...before, ...batch]);
    const isMoved = head.segment === this.#segment + 1 && isSame(head.elements, batch);
    if (!isAppended && !isMoved) throw endOf(head) === undefined ? streamMissing() : streamEnded();
    this.#version = head.version;
    if (isMoved) this.#commitSegment(batch);
    else this.#commit(batch);
    return true;
  }
}

function isUncertain(error: unknown): boolean {
  return ThreadStoreError.is(error, "CONFLICT") || ThreadStoreError.is(error, "OUTCOME_UNKNOWN");
}
