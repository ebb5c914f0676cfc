import { ERASED_SIZE, type ErasedSize, type ErasedSizeOption, STORED_SIZE } from "../encoding/erased-size.ts";
import { decodeTail } from "../encoding/record.ts";
import { decodeEraseCursor, encodeEraseCursor, type EraseState } from "../listing/erase-cursor.ts";
import { ALL_BY_ID } from "../listing/listing-order.ts";
import { textDigest } from "../platform/digest.ts";
import { changeConcurrently } from "../runtime/change-concurrently.ts";
import { andThen } from "../runtime/maybe-promise.ts";
import type { OperationContext } from "../runtime/operation-context.ts";
import { resolveOutcome } from "../runtime/resolve-outcome.ts";
import { countLostRaces } from "../runtime/retry.ts";
import type { ListedRecord, ThreadDriver, ThreadKey } from "../thread-driver.ts";
import type { EraseOptions, EraseResult, Version } from "../thread-store.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { readPage } from "./list-page.ts";
import { readNamespaces } from "./namespaces.ts";
import { readRecord } from "./read-record.ts";

const NAMESPACES_PER_PAGE = 1000;
const RECORDS_PER_PAGE = 100;
/** The part of the timeout after which the call stops with a cursor, rather than fail. */
const TIME_BUDGET = 0.5;
/** The probability that two threads of a page share a fingerprint is below 10^-10. */
const FINGERPRINT_LENGTH = 8;

/** The validated options of an erase. */
export interface EraseRequest {
  readonly state: EraseState | undefined;
  readonly onProgress: EraseOptions["onProgress"];
  readonly sizeOf: ErasedSize;
}

export function eraseRequest(
  { name: store }: ThreadDriver,
  namespace: string,
  { cursor, onProgress, [ERASED_SIZE]: sizeOf = STORED_SIZE }: EraseOptions & ErasedSizeOption,
): EraseRequest {
  checkOnProgress(onProgress);
  return {
    state: cursor === undefined ? undefined : decodeEraseCursor(cursor, { store, namespace }),
    onProgress,
    sizeOf,
  };
}

/** Throws `INVALID_ARGUMENT` unless the option is a function or omitted. */
export function checkOnProgress(onProgress: unknown): void {
  if (onProgress === undefined || typeof onProgress === "function") return;
  throw invalidArgument("`onProgress` must be a function.");
}

/**
 * Deletes all records of the context's namespace and of those nested in it, including expired and corrupt ones. Deleted
 * records and namespaces no longer appear in listings, so a position is only needed to skip what other clients create.
 */
export async function eraseThreads(
  context: OperationContext,
  { state: resumed, onProgress, sizeOf }: EraseRequest,
): Promise<EraseResult> {
  const { namespace, driver, options } = context;
  const erase: Erase = {
    context,
    onProgress,
    sizeOf,
    stopAt: performance.now() + (context.deadline - performance.now()) * TIME_BUDGET,
    state: resumed ?? newState(options.now()),
  };
  const isFinished = await eraseNamespaces(erase);
  const { startedAt, threads, bytes } = erase.state;
  return {
    threads,
    bytes,
    startedAt: new Date(startedAt),
    finishedAt: isFinished ? new Date(Math.max(startedAt, options.now())) : undefined,
    cursor: isFinished ? undefined : encodeEraseCursor({ store: driver.name, namespace }, erase.state),
  };
}

/** One call of `erase`. */
interface Erase {
  readonly context: OperationContext;
  readonly onProgress: EraseOptions["onProgress"];
  readonly sizeOf: ErasedSize;
  /** When the call stops, on the clock of `performance.now()`. */
  readonly stopAt: number;
  readonly state: EraseState;
}

function newState(startedAt: number): EraseState {
  const position = { namespacesAfter: undefined, namespace: undefined, recordsAfter: undefined };
  return { startedAt, threads: 0, bytes: 0, ...position, pending: new Set() };
}

/** Resolves with `false` if the time is over. */
async function eraseNamespaces(erase: Erase): Promise<boolean> {
  const { context, state } = erase;
  do {
    const { namespaces, next } = await readNamespaces(context, {
      within: context.namespace,
      after: state.namespacesAfter,
      limit: NAMESPACES_PER_PAGE,
    });
    for (const namespace of namespaces) {
      if (namespace !== state.namespace) startNamespace(state, namespace);
      if (!(await eraseNamespace(erase, namespace))) return false;
    }
    startNamespace(state, undefined);
    state.namespacesAfter = next;
  } while (state.namespacesAfter !== undefined);
  return true;
}

function startNamespace(state: EraseState, namespace: string | undefined): void {
  state.namespace = namespace;
  state.recordsAfter = undefined;
  state.pending.clear();
}

async function eraseNamespace(erase: Erase, namespace: string): Promise<boolean> {
  const { context, state } = erase;
  const listing = {};
  do {
    const request = { ...ALL_BY_ID, listing, after: state.recordsAfter, limit: RECORDS_PER_PAGE };
    const page = await readPage(context, request, namespace);
    if (!(await erasePage(erase, namespace, page.records))) return false;
    state.recordsAfter = page.next;
  } while (state.recordsAfter !== undefined);
  return true;
}

/** A record to delete, as it was listed. */
interface Target {
  readonly key: ThreadKey;
  readonly fingerprint: string;
  readonly version: Version;
  /** The size of the thread; 0 if it is unknown because the record is corrupt. */
  readonly size: number;
}

async function erasePage(
  erase: Erase,
  namespace: string,
  records: readonly ListedRecord[],
): Promise<boolean> {
  const { context, state, stopAt } = erase;
  const targets = records.map((record) => targetOf(erase, namespace, record));
  if (targets.length > 0) await reportProgress(erase, namespace, targets);
  let isStopped = false;
  await changeConcurrently(context, targets, async (own, target) => {
    if (isStopped) return;
    const size = await eraseRecord({ ...erase, context: own }, target);
    // Checked after a deletion, so that every call advances.
    isStopped ||= size === "contended" || performance.now() >= stopAt;
    if (size === "contended") return;
    const wasCounted = state.pending.delete(target.fingerprint);
    if (size === undefined || wasCounted) return;
    state.threads += 1;
    state.bytes += size;
  });
  if (isStopped) return false;
  state.pending.clear();
  return true;
}

function targetOf({ sizeOf }: Erase, namespace: string, { id, version, tail, nonce }: ListedRecord): Target {
  const key = { namespace, id };
  const located = decodeTail(key, tail, nonce);
  const size = "corruption" in located ? 0 : sizeOf(located.trailer.metadata, located.trailer.size);
  const digest = textDigest(JSON.stringify([namespace, id]));
  return { key, fingerprint: digest.slice(0, FINGERPRINT_LENGTH), version, size };
}

/**
 * Reports the progress before a page is deleted. The cursor already counts the page: if the process is killed while it
 * deletes the page, an erase that continues from the cursor deletes the rest, and each thread is counted once.
 */
async function reportProgress(
  { context, onProgress, state }: Erase,
  namespace: string,
  targets: readonly Target[],
): Promise<void> {
  if (onProgress === undefined) return;
  const uncounted = targets.filter(({ fingerprint }) => !state.pending.has(fingerprint));
  const counted: EraseState = {
    ...state,
    threads: state.threads + uncounted.length,
    bytes: uncounted.reduce((bytes, { size }) => bytes + size, state.bytes),
    pending: new Set([...state.pending, ...targets.map(({ fingerprint }) => fingerprint)]),
  };
  const cursor = encodeEraseCursor({ store: context.driver.name, namespace: context.namespace }, counted);
  await onProgress({ threads: state.threads, bytes: state.bytes, namespace, cursor });
}

/**
 * Deletes a record in whatever version it is. Resolves with its size, with `undefined` if it no longer existed, or with
 * `"contended"` if another client has saved it again and again until the time was over.
 */
async function eraseRecord(
  { context, sizeOf, stopAt }: Erase,
  { key, version: listedVersion, size: listedSize }: Target,
): Promise<number | undefined | "contended"> {
  const races = countLostRaces(context);
  let [version, size] = [listedVersion, listedSize];
  for (;;) {
    if (await deleteVersion(context, key, version)) return size;
    const stored = await readRecord(context, key);
    if (stored === undefined) return undefined;
    if (performance.now() >= stopAt) return "contended";
    await races.next(stored.version === version);
    ({ version } = stored);
    if (stored.state === "corrupt") size = 0;
    else size = sizeOf(stored.record.trailer.metadata, stored.record.trailer.size);
  }
}

/**
 * Deletes the record if it is at `version`, and resolves with whether it did. If the response was lost and the record no
 * longer exists, it is erased, regardless of which client deleted it.
 */
async function deleteVersion(context: OperationContext, key: ThreadKey, version: Version): Promise<boolean> {
  const { driver, signal } = context;
  const outcome = await resolveOutcome<{ readonly isDeleted: boolean }>(context, {
    apply: () =>
      andThen(driver.delete(key, version, { signal }), (isDeleted) =>
        isDeleted ? { isDeleted } : undefined,
      ),
    readOutcome: async () => {
      const stored = await readRecord(context, key);
      if (stored === undefined) return { isDeleted: true };
      return stored.version === version ? "unchanged" : { isDeleted: false };
    },
  });
  return outcome?.isDeleted === true;
}
