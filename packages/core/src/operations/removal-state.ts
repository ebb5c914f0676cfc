import { sealJson, unsealJson } from "../encoding/sealed-json.ts";
import type { IntactThreadSummary, ThreadSummary, Version } from "../thread-store.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { decodePath, encodePath, isEncodedCursor, isEncodedPath, type Path } from "./namespace-walk.ts";

/** A thread as it was listed. Only this version of it may be deleted. */
export interface Target {
  readonly id: string;
  readonly version: Version;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly updatedAt: number;
}

/** The numbers of a removal. */
export interface RemovalTotals {
  /** The number of threads that were deleted or, in a dry run, would be. */
  readonly threads: number;
  /** The sum of their sizes, in bytes of their JSON. */
  readonly bytes: number;
  /**
   * The number of expired threads whose bytes were removed with `deleteExpired` or, in a dry run, would be. The
   * conditions do not apply to them. If the process is killed, those of the call in progress are not counted.
   */
  readonly expired: number;
  /**
   * The number of corrupt records that were kept, because their metadata and times cannot be read. Inspect them, and
   * `delete` them.
   */
  readonly corrupt: number;
}

/** How far a removal has come. */
export interface RemovalState {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  totals: RemovalTotals;
  /** Whether this pass through all namespaces has listed a thread to delete. */
  hasFound: boolean;
  /** The namespace in progress. */
  path: Path;
  /** In each namespace, threads are listed and deleted first, and then the expired ones are. */
  phase: Phase;
  /** The cursor of the phase. */
  cursor: string | undefined;
  /** The newest threads of the namespace so far, which are kept. */
  newest: readonly Target[];
  /** Threads whose deletion may have started, and which are not in the totals. */
  pending: readonly Target[];
}

export type Phase = "threads" | "expired";

const KIND = "removal";

/** Returns the state of a removal that starts now. */
export function newState(startedAt: number): RemovalState {
  const totals = { threads: 0, bytes: 0, expired: 0, corrupt: 0 };
  const position = { path: [], phase: "threads", cursor: undefined } as const;
  return { startedAt, totals, hasFound: false, ...position, newest: [], pending: [] };
}

export function targetOf({ id, version, size, updatedAt }: IntactThreadSummary): Target {
  return { id, version, size, updatedAt: updatedAt.getTime() };
}

/** Returns the target for a corrupt record, whose size and time are unknown. */
export function targetOfCorrupt({ id, version }: Pick<ThreadSummary, "id" | "version">): Target {
  return { id, version, size: 0, updatedAt: 0 };
}

/** Encodes a state as a cursor. `owner` identifies the store, the policy and the options that it belongs to. */
export function encodeState(state: RemovalState, owner: string): string {
  const { threads, bytes, expired, corrupt } = state.totals;
  const numbers = [state.startedAt, threads, bytes, expired, corrupt];
  const position = [encodePath(state.path), state.phase, state.cursor ?? null, state.hasFound];
  return sealJson([
    KIND,
    owner,
    numbers,
    position,
    encodeTargets(state.newest),
    encodeTargets(state.pending),
  ]);
}

/** Returns the state that a cursor of this owner encodes. Throws `INVALID_ARGUMENT` for any other text. */
export function decodeState(text: unknown, owner: string): RemovalState {
  const values = unsealJson(text);
  const [kind, ofOwner, numbers, position, newest, pending]: readonly unknown[] = Array.isArray(values)
    ? values
    : [];
  const isOwn = kind === KIND && ofOwner === owner && isNumbers(numbers) && isPosition(position);
  if (!isOwn || !isTargets(newest) || !isTargets(pending)) {
    throw invalidArgument(
      "`cursor` must be the cursor of an earlier call for the same store, with the same conditions, `namespaces`, `prefix` and `dryRun`. Omit it to start over.",
    );
  }
  const [startedAt, threads, bytes, expired, corrupt] = numbers;
  const [path, phase, cursor, hasFound] = position;
  return {
    startedAt,
    totals: { threads, bytes, expired, corrupt },
    hasFound,
    path: decodePath(path),
    phase,
    cursor: cursor ?? undefined,
    newest: decodeTargets(newest),
    pending: decodeTargets(pending),
  };
}

type EncodedTarget = readonly [id: string, version: Version, size: number, updatedAt: number];

function encodeTargets(targets: readonly Target[]): EncodedTarget[] {
  return targets.map(({ id, version, size, updatedAt }) => [id, version, size, updatedAt]);
}

function decodeTargets(targets: readonly EncodedTarget[]): Target[] {
  return targets.map(([id, version, size, updatedAt]) => ({ id, version, size, updatedAt }));
}

function isTargets(value: unknown): value is readonly EncodedTarget[] {
  return Array.isArray(value) && value.every(isTarget);
}

function isTarget(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [id, version, size, updatedAt] = value as readonly unknown[];
  return typeof id === "string" && typeof version === "string" && isCount(size) && Number.isFinite(updatedAt);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNumbers(value: unknown): value is readonly [number, number, number, number, number] {
  return Array.isArray(value) && value.length === 5 && value.every(isCount);
}

type EncodedPosition = readonly [
  path: Parameters<typeof decodePath>[0],
  phase: Phase,
  cursor: string | null,
  hasFound: boolean,
];

function isPosition(value: unknown): value is EncodedPosition {
  if (!Array.isArray(value)) return false;
  const [path, phase, cursor, hasFound] = value as readonly unknown[];
  const isPhase = phase === "threads" || phase === "expired";
  return isEncodedPath(path) && isPhase && isEncodedCursor(cursor) && typeof hasFound === "boolean";
}
