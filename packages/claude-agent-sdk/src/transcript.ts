import { randomUUID } from "node:crypto";
import { ThreadStoreError, type Version } from "@threadstore/core";
import { callsInOrder, textDigest, waitAfterConflict } from "@threadstore/core/documents";
import { finishDeletion, finishInterruptedDeletion } from "./delete-session.ts";
import type { Entry } from "./entry.ts";
import { findThread } from "./find-thread.ts";
import { identify, identifyBatch, type IdentifiedEntry } from "./identity.ts";
import { addSegmentHashes, type MovedTranscript, moveToSegments } from "./segments.ts";
import type { TranscriptLocation } from "./session-location.ts";
import { EMPTY_STATUS, isDeleting, metadataAfter } from "./session-metadata.ts";
import {
  addHashes,
  type AppendAttempt,
  emptyState,
  knownHashes,
  newEntries,
  type TranscriptState,
  type UnresolvedAppend,
} from "./transcript-state.ts";
import { EMPTY_CONTENT, readTranscript, writeTranscript } from "./transcript-thread.ts";

const NOTHING_WRITTEN = ["CONFLICT", "INVALID_ARGUMENT", "TOO_LARGE"] as const;
const REPEATED = ["CONFLICT", "OUTCOME_UNKNOWN"] as const;
const MAX_ATTEMPTS = 50;

/** Appends to one transcript. Remembers its state, so that an append usually reads nothing but the thread's end. */
export class Transcript {
  readonly #location: TranscriptLocation;
  readonly #segmentBytes: number;
  #state: TranscriptState | undefined;
  /** The last state, which is out of date if another writer has changed the transcript. */
  #lastState: TranscriptState | undefined;
  #unresolved: UnresolvedAppend | undefined;
  readonly #inOrder = callsInOrder();
  #pending = 0;

  constructor(location: TranscriptLocation, segmentBytes: number) {
    this.#location = location;
    this.#segmentBytes = segmentBytes;
  }

  /** The number of hashes that this object remembers. */
  get knownHashes(): number {
    return this.#lastState?.known.size ?? 0;
  }

  get isIdle(): boolean {
    return this.#pending === 0;
  }

  /** Runs the calls for one transcript one after the other, so that its entries are in the order of the calls. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#pending += 1;
    try {
      return await this.#inOrder(work);
    } finally {
      this.#pending -= 1;
    }
  }

  /** Forgets the state, because the transcript was deleted. */
  forget(): void {
    this.#state = undefined;
    this.#lastState = undefined;
    this.#unresolved = undefined;
  }

  /** Appends the entries that the transcript does not have yet, in one step, or in several if they are too large. */
  async append(entries: readonly Entry[]): Promise<void> {
    await this.#append(identifyBatch(entries));
  }

  async #append(entries: readonly IdentifiedEntry[], mustMove = false): Promise<void> {
    try {
      await this.#appendAtOnce(entries, mustMove);
    } catch (error) {
      if (!ThreadStoreError.is(error, "TOO_LARGE")) throw error;
      if (mustMove && entries.length === 1) throw error;
      if (!mustMove) return this.#append(entries, true);
      const middle = Math.ceil(entries.length / 2);
      // The second half is stored even if an entry of the first is too large.
      const failure = await this.#append(entries.slice(0, middle)).catch(tooLargeError);
      await this.#append(entries.slice(middle));
      if (failure !== undefined) throw failure;
    }
  }

  async #appendAtOnce(entries: readonly IdentifiedEntry[], mustMove: boolean): Promise<void> {
    const digest = textDigest(entries.map(({ json }) => json).join(","));
    const repeated = this.#unresolved?.digest === digest ? this.#unresolved : undefined;
    const attempted = repeated ?? { digest, key: randomUUID() };
    let isRepetition = repeated !== undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const remembered = this.#state;
        this.#state ??= await this.#read();
        const added = newEntries(this.#state, entries);
        const options = { key: attempted.key, isRepetition, mustMove };
        this.#lastState = this.#state;
        if (added.length > 0) this.#state = await this.#write(this.#state, added, options);
        // Another process may have deleted the session with the entries that this one remembers.
        else if (remembered !== undefined && !(await this.#isCurrent(remembered))) throw changedMeanwhile();
        this.#unresolved = undefined;
        return;
      } catch (error) {
        this.#state = undefined;
        isRepetition ||= !NOTHING_WRITTEN.some((code) => ThreadStoreError.is(error, code));
        this.#unresolved = isRepetition ? attempted : undefined;
        const canRepeat = REPEATED.some((code) => ThreadStoreError.is(error, code));
        if (!canRepeat || attempt === MAX_ATTEMPTS) throw error;
        await waitAfterConflict(attempt);
      }
    }
  }

  async #read(): Promise<TranscriptState> {
    const { session, store, id, isMain } = this.#location;
    const stored = await store.load(id);
    // Checked after the load, so that the loaded transcript is not one that is being deleted. A new one is checked when
    // it is created.
    if (!isMain && stored !== undefined && (await finishInterruptedDeletion(session))) return this.#read();
    if (stored !== undefined && isDeleting(stored.metadata)) {
      await finishDeletion(session, stored.version);
      return this.#read();
    }
    if (stored === undefined) return emptyState();
    const { segments, entries, end: start, stored: values } = readTranscript(stored.thread);
    const { known, unread } = knownHashes(this.#lastState, segments);
    await addSegmentHashes(this.#location, unread, known);
    const { identities, end } = identify(entries, start);
    for (const identity of identities) addHashes(known, identity);
    const { version, metadata } = stored;
    const size = entries.length === 0 ? 0 : Buffer.byteLength(JSON.stringify(values));
    return { version, metadata, size, end, segments, known };
  }

  async #isCurrent({ version }: TranscriptState): Promise<boolean> {
    const { store, id } = this.#location;
    return (await findThread(store, id))?.version === version;
  }

  /** Resolves with the new state; `undefined` if it must be read. */
  async #write(
    state: TranscriptState,
    entries: readonly IdentifiedEntry[],
    { key, isRepetition, mustMove }: AppendAttempt,
  ): Promise<TranscriptState | undefined> {
    const { store, id } = this.#location;
    const size = entries.reduce((sum, { json }) => sum + Buffer.byteLength(json) + 1, 0);
    const values = entries.map(({ value }) => value);
    // Only an append with the same key recognizes that an earlier attempt was applied.
    const isFull = mustMove || state.size + size > this.#segmentBytes;
    const moves = isFull && state.size > 0 && !isRepetition;
    const { version: previous, segments } = moves ? await this.#moveToSegments(state) : state;
    const metadata = metadataAfter(this.#location, state.metadata, values);
    const stored = entries.map((entry) => entry.stored);
    const { version, appended } = await store.append(id, stored, {
      previous: previous ?? (await this.#create()),
      key,
      metadata,
      expiresAt: null,
    });
    if (!appended) return undefined;
    const { known } = state;
    const { identities, end } = identify(values, state.end);
    for (const identity of identities) addHashes(known, identity);
    for (const { identity } of entries) addHashes(known, identity);
    return { version, metadata, size: moves ? size : state.size + size, end, segments, known };
  }

  /** Creates the thread without entries, which counts as missing, so that only one writer starts a new summary. */
  async #create(): Promise<Version> {
    const { session, store, id, isMain, nameMetadata } = this.#location;
    const metadata = { ...EMPTY_STATUS, ...nameMetadata };
    const { version } = await store.save(id, writeTranscript(EMPTY_CONTENT), { metadata, expiresAt: null });
    // Checked afterwards, so that the session is not deleted between the check and the creation.
    if (!isMain && (await finishInterruptedDeletion(session))) throw changedMeanwhile();
    return version;
  }

  async #moveToSegments(state: TranscriptState): Promise<MovedTranscript> {
    const { store, id } = this.#location;
    const stored = await store.load(id);
    if (stored === undefined || stored.version !== state.version) throw changedMeanwhile();
    return moveToSegments(this.#location, stored);
  }
}

function changedMeanwhile(): ThreadStoreError {
  return new ThreadStoreError("CONFLICT", "Another writer has changed the transcript. Repeat the call.");
}

function tooLargeError(error: unknown): ThreadStoreError {
  if (ThreadStoreError.is(error, "TOO_LARGE")) return error;
  throw error;
}
