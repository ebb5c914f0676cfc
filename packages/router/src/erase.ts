import type { CallOptions } from "@threadstore/core";
import type { EraseOptions, EraseProgress, EraseResult } from "@threadstore/core/maintenance";
import { type CursorOwner, decodeCursor, encodeCursor, invalidCursor } from "./cursor.ts";
import type { NamedView } from "./list-page.ts";

/** A number of threads, and the sum of their sizes in bytes. */
type Totals = readonly [threads: number, bytes: number];

/** The progress of an erase, which continues from store to store. */
export interface EraseState {
  /** The store to which `inner` belongs. */
  readonly store: string;
  /** The cursor of the erase in that store; `undefined` before it starts. */
  readonly inner: string | undefined;
  /** The deletions in earlier stores. */
  readonly earlier: Totals;
  /** The deletions in all stores. */
  readonly total: Totals;
  /** When the first call started, in milliseconds since the epoch; `undefined` before it. */
  readonly startedAt: number | undefined;
}

/** Returns the state that a cursor encodes; `undefined` without one. Throws `INVALID_ARGUMENT`. */
export function eraseState(owner: CursorOwner, cursor: string | undefined): EraseState | undefined {
  if (cursor === undefined) return undefined;
  const [store, inner, earlier, total, startedAt] = decodeCursor(owner, cursor);
  const isValid = typeof store === "string" && (inner === null || typeof inner === "string");
  if (!isValid || !isTotals(earlier) || !isTotals(total) || !isCount(startedAt)) throw invalidCursor("erase");
  return { store, inner: inner ?? undefined, earlier, total, startedAt };
}

function isTotals(value: unknown): value is Totals {
  return Array.isArray(value) && value.length === 2 && value.every(isCount);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function encodeErase(owner: CursorOwner, { store, inner, earlier, total, startedAt }: EraseState): string {
  return encodeCursor(owner, [store, inner ?? null, earlier, total, startedAt ?? 0]);
}

/** Returns the state of an erase that continues in the store with this name. */
function stateIn(store: string, state: EraseState | undefined): EraseState {
  if (state?.store === store) return state;
  const { total = [0, 0], startedAt } = state ?? {};
  return { store, inner: undefined, earlier: total, total, startedAt };
}

/** A call to a store, with the time that it may take. */
export interface StoreCall extends NamedView {
  readonly options: CallOptions;
}

/** The state after a call to a store, and the result for the caller. */
export interface ErasedPart {
  readonly state: EraseState;
  readonly result: EraseResult;
}

/** Erases in a store from the state on. */
export async function eraseIn(
  owner: CursorOwner,
  { name, view, options: callOptions }: StoreCall,
  before: EraseState | undefined,
  { onProgress, ...options }: EraseOptions,
): Promise<ErasedPart> {
  const state = stateIn(name, before);
  const add = ({ threads, bytes }: { readonly threads: number; readonly bytes: number }): Totals => {
    return [state.earlier[0] + threads, state.earlier[1] + bytes];
  };
  const startedAt = state.startedAt ?? Date.now();
  const report = async (progress: EraseProgress): Promise<void> => {
    const total = add(progress);
    const cursor = encodeErase(owner, { ...state, inner: progress.cursor, total, startedAt });
    await onProgress?.({ ...progress, threads: total[0], bytes: total[1], cursor });
  };
  const erased = await view.erase({
    ...options,
    ...callOptions,
    cursor: state.inner,
    // The store rejects anything else.
    onProgress: typeof onProgress === "function" ? report : onProgress,
  });
  const { cursor: inner, finishedAt } = erased;
  const total = add(erased);
  const started = state.startedAt ?? erased.startedAt.getTime();
  const after = { ...state, inner, total, startedAt: started };
  const cursor = inner && encodeErase(owner, after);
  const [threads, bytes] = total;
  return { state: after, result: { threads, bytes, startedAt: new Date(started), finishedAt, cursor } };
}

/** Returns the result of an erase that must continue in the store with this name, because its time is over. */
export function continuesIn(owner: CursorOwner, store: string, before: EraseState): EraseResult {
  const state = stateIn(store, before);
  const [threads, bytes] = state.total;
  const startedAt = new Date(state.startedAt ?? Date.now());
  return { threads, bytes, startedAt, finishedAt: undefined, cursor: encodeErase(owner, state) };
}
