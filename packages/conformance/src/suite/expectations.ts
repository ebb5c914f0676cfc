import { AssertionError } from "node:assert";
import { inspect, isDeepStrictEqual } from "node:util";
import {
  type StoredThread,
  ThreadStoreError,
  type ThreadStore,
  type ThreadStoreErrorCode,
} from "@threadstore/core";

// Every expectation says what was promised and what happened instead, since whoever reads it wrote the store and
// not the case.

/** Fails, saying what was promised and what happened. */
export function broken(
  promised: string,
  happened: string,
  details: { actual?: unknown; expected?: unknown } = {},
): never {
  throw new AssertionError({ message: failureMessage(promised, happened), ...details });
}

/** Words a failure: what the contract promises, and what the store did instead. */
export function failureMessage(expectation: string, actual: string): string {
  return `Expected: ${expectation}. Actual: ${actual}.`;
}

export function holds(condition: boolean, promised: string, happened: string): asserts condition {
  if (!condition) broken(promised, happened);
}

/** That two values are deeply and strictly equal. */
export function same(actual: unknown, expected: unknown, promised: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  broken(promised, `got ${show(actual)} instead of ${show(expected)}`, { actual, expected });
}

/** That the call rejects with one of the codes; hands out the error. */
export async function refuses(
  codes: ThreadStoreErrorCode | readonly ThreadStoreErrorCode[],
  promised: string,
  call: () => Promise<unknown>,
): Promise<ThreadStoreError> {
  const expected = [codes].flat();
  const outcome = await outcomeOf(call);
  if (outcome.state === "resolved")
    broken(`${promised} rejects with ${expected.join(" or ")}`, `it resolved to ${show(outcome.value)}`);
  const { error } = outcome;
  if (ThreadStoreError.is(error) && expected.includes(error.code)) return error;
  return broken(
    `${promised} rejects with ${expected.join(" or ")}`,
    `it rejected with ${describeError(error)}`,
  );
}

/** That the call rejects with this very value. */
export async function rejectsWith(
  reason: unknown,
  promised: string,
  call: () => Promise<unknown>,
): Promise<void> {
  const outcome = await outcomeOf(call);
  if (outcome.state === "resolved") broken(promised, `it resolved to ${show(outcome.value)}`);
  if (outcome.error !== reason) broken(promised, `it rejected with ${describeError(outcome.error)}`);
}

export type Outcome<T> =
  | { readonly state: "resolved"; readonly value: T }
  | { readonly state: "rejected"; readonly error: unknown };

export async function outcomeOf<T>(call: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { state: "resolved", value: await call() };
  } catch (error) {
    return { state: "rejected", error };
  }
}

/** The thread, which has to be there. */
export async function loaded(store: ThreadStore, id: string, promised: string): Promise<StoredThread> {
  const stored = await store.load(id);
  return stored ?? broken(promised, `load(${show(id)}) was ${show(stored)}`);
}

/** That nothing live is at the id. */
export async function absent(store: ThreadStore, id: string, promised: string): Promise<void> {
  const stored = await store.load(id);
  if (stored !== undefined) broken(promised, `load(${show(id)}) was ${show(stored)}`);
}

/** A value on one short line, in ASCII, so that ids that look alike can be told apart. */
export function show(value: unknown): string {
  const line =
    typeof value === "string"
      ? JSON.stringify(value)
      : inspect(value, { breakLength: Infinity, depth: 3, maxStringLength: 80 }).replace(/\n\s*/gu, " ");
  const ascii = line.replace(
    /[^\x20-\x7e]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`,
  );
  return ascii.length > 240 ? `${ascii.slice(0, 237)}...` : ascii;
}

export function describeError(error: unknown): string {
  if (ThreadStoreError.is(error)) return `${error.code} (${error.message})`;
  return error instanceof Error ? `${error.name} (${error.message})` : show(error);
}

export function ordinal(n: number): string {
  return ["first", "second", "third"][n - 1] ?? `${n}th`;
}
