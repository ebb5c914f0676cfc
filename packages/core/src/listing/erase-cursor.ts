import { isCursorText, sealJson, unsealJson } from "../encoding/sealed-json.ts";
import type { ThreadStoreError } from "../errors.ts";
import { invalidCursor } from "./cursor.ts";

/** How far an erase has come. */
export interface EraseState {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The threads that count as erased, including those in `pending`. */
  threads: number;
  /** The sum of their sizes that are known. */
  bytes: number;
  /** The `after` of the page of namespaces in progress. */
  namespacesAfter: string | undefined;
  /** The namespace in progress; `undefined` before the first one of a page. */
  namespace: string | undefined;
  /** The `after` of the page of records in progress. */
  recordsAfter: string | undefined;
  /** The fingerprints of threads that were counted before they were deleted, and must not be counted again. */
  readonly pending: Set<string>;
}

/** The store and namespace that a cursor belongs to. */
interface Owner {
  readonly store: string;
  readonly namespace: string;
}

const CURSOR_KIND = "erase";

export function encodeEraseCursor({ store, namespace }: Owner, state: EraseState): string {
  return sealJson([
    CURSOR_KIND,
    store,
    namespace,
    state.startedAt,
    state.threads,
    state.bytes,
    state.namespacesAfter ?? null,
    state.namespace ?? null,
    state.recordsAfter ?? null,
    [...state.pending],
  ]);
}

/** Returns the state that a cursor encodes. Throws `INVALID_ARGUMENT` if it is not of an erase of this namespace. */
export function decodeEraseCursor(cursor: unknown, { store, namespace }: Owner): EraseState {
  const position = unsealJson(cursor);
  if (!Array.isArray(position)) throw invalidEraseCursor();
  const [kind, ofStore, ofNamespace, startedAt, threads, bytes, ...rest] = position as readonly unknown[];
  const [namespacesAfter, inProgress, recordsAfter, pending] = rest;
  const isOwn = kind === CURSOR_KIND && ofStore === store && ofNamespace === namespace;
  if (!isOwn || !isCount(startedAt) || !isCount(threads) || !isCount(bytes)) throw invalidEraseCursor();
  return {
    startedAt,
    threads,
    bytes,
    namespacesAfter: optionalText(namespacesAfter),
    namespace: optionalText(inProgress),
    recordsAfter: optionalText(recordsAfter),
    pending: new Set(Array.isArray(pending) ? pending.filter((each) => typeof each === "string") : []),
  };
}

/** Creates the error for a cursor that no store of this kind returned for an erase of this namespace. */
export function invalidEraseCursor(): ThreadStoreError {
  return invalidCursor("erase");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function optionalText(value: unknown): string | undefined {
  if (value === null) return undefined;
  if (!isCursorText(value)) throw invalidEraseCursor();
  return value;
}
