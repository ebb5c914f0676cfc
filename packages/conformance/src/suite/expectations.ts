import { AssertionError } from "node:assert";
import { inspect, isDeepStrictEqual } from "node:util";
import {
  type StoredThread,
  ThreadStoreError,
  type ThreadStore,
  type ThreadStoreErrorCode,
} from "@threadstore/core";

// Adapter authors read these failures without knowing the case. Each one states a promise of the contract, in a
// sentence without a full stop, and how the store behaved instead.

/** Fails the case. */
export function fail(
  expectation: string,
  actual: string,
  details: { actual?: unknown; expected?: unknown } = {},
): never {
  throw new AssertionError({ message: failureMessage(expectation, actual), ...details });
}

export function failureMessage(expectation: string, actual: string): string {
  return `Expected: ${expectation}. Actual: ${actual}.`;
}

export function expectTrue(condition: boolean, expectation: string, actual: string): asserts condition {
  if (!condition) fail(expectation, actual);
}

/** Expects the values to be deeply and strictly equal. */
export function expectEqual(actual: unknown, expected: unknown, expectation: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  fail(expectation, `got ${show(actual)} instead of ${show(expected)}`, { actual, expected });
}

/** Expects these ids, each once, in any order. The failure has only the differences, so that they are not cut off. */
export function expectSameIds(
  actual: readonly string[],
  expected: readonly string[],
  expectation: string,
): void {
  const [actualIds, expectedIds] = [new Set(actual), new Set(expected)];
  const differences = [
    ["it lacks", expected.filter((id) => !actualIds.has(id))],
    ["it also has", actual.filter((id) => !expectedIds.has(id))],
    ["it repeats", actual.filter((id, index) => actual.indexOf(id) !== index)],
  ] as const;
  const texts = differences.flatMap(([verb, ids]) => (ids.length === 0 ? [] : [`${verb} ${showIds(ids)}`]));
  if (texts.length > 0) fail(expectation, texts.join(", and "));
}

const SHOWN_IDS = 5;

function showIds(ids: readonly string[]): string {
  const shown = ids.slice(0, SHOWN_IDS).map(show).join(", ");
  return ids.length > SHOWN_IDS ? `${shown} and ${ids.length - SHOWN_IDS} more` : shown;
}

/** Expects the call to reject with one of the codes, and returns the error. `description` is the call in words. */
export async function expectError(
  codes: ThreadStoreErrorCode | readonly ThreadStoreErrorCode[],
  description: string,
  call: () => Promise<unknown>,
): Promise<ThreadStoreError> {
  const allowed = [codes].flat();
  const expectation = `${description} rejects with ${allowed.join(" or ")}`;
  const outcome = await outcomeOf(call);
  if (outcome.state === "resolved") fail(expectation, `it resolved to ${show(outcome.value)}`);
  const { error } = outcome;
  if (ThreadStoreError.is(error) && allowed.includes(error.code)) return error;
  return fail(expectation, `it rejected with ${describeError(error)}`);
}

/** Expects the call to reject with this very value. */
export async function expectRejection(
  reason: unknown,
  expectation: string,
  call: () => Promise<unknown>,
): Promise<void> {
  const outcome = await outcomeOf(call);
  if (outcome.state === "resolved") fail(expectation, `it resolved to ${show(outcome.value)}`);
  if (outcome.error !== reason) fail(expectation, `it rejected with ${describeError(outcome.error)}`);
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

/** Loads a thread that must exist. */
export async function loadExisting(
  store: ThreadStore,
  id: string,
  expectation: string,
): Promise<StoredThread> {
  const stored = await store.load(id);
  return stored ?? fail(expectation, `load(${show(id)}) returned ${show(stored)}`);
}

/** Expects that no live thread has the id. */
export async function expectMissing(store: ThreadStore, id: string, expectation: string): Promise<void> {
  const stored = await store.load(id);
  if (stored !== undefined) fail(expectation, `load(${show(id)}) returned ${show(stored)}`);
}

/** Formats a value on one short line, in ASCII, so that ids that look alike can be told apart. */
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

/** Describes an error and its causes. */
export function describeError(error: unknown): string {
  const causes = causesOf(error).map((cause) => `, caused by ${describeAlone(cause)}`);
  return `${describeAlone(error)}${causes.join("")}`;
}

function describeAlone(error: unknown): string {
  if (ThreadStoreError.is(error)) return `${error.code} (${error.message})`;
  return error instanceof Error ? `${error.name} (${error.message})` : show(error);
}

const MAX_CAUSES = 4;

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && causes.length < MAX_CAUSES) {
    causes.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

export function ordinal(n: number): string {
  return ["first", "second", "third"][n - 1] ?? `${n}th`;
}
