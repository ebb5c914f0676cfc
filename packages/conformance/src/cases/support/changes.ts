import {
  type ThreadStore,
  type StoredThread,
  type ThreadStoreErrorCode,
  ThreadStoreError,
} from "@threadstore/core";
import type { FaultProxy } from "../../engines/fault-proxy/index.ts";
import { fail, type Outcome, ordinal, expectEqual, show, describeError } from "../../suite/expectations.ts";
import { range } from "../../utilities/parallel.ts";

/** A save or a delete to make while something fails. */
export interface Change {
  readonly name: string;
  /** Whether the thread must exist before the change. */
  readonly onExisting: boolean;
  /** The thread afterwards; `undefined` if the change deletes it. */
  readonly effect: object | undefined;
  readonly make: (
    store: ThreadStore,
    id: string,
    storedBefore: StoredThread | undefined,
    signal?: AbortSignal,
  ) => Promise<unknown>;
}

const before = { n: 1, text: "before", messages: [] };
const after = { n: 2, text: "after" };

export const create: Change = {
  name: "a creation",
  onExisting: false,
  effect: after,
  make: (store, id, _, signal) => store.save(id, after, { signal }),
};
export const replace: Change = {
  name: "a replacement",
  onExisting: true,
  effect: after,
  make: (store, id, previous, signal) => store.save(id, after, { previous, signal }),
};
export const overwrite: Change = {
  name: "a save with overwrite",
  onExisting: true,
  effect: after,
  make: (store, id, _, signal) => store.save(id, after, { overwrite: true, signal }),
};
export const append: Change = {
  name: "an append",
  onExisting: true,
  effect: { ...before, messages: [after] },
  make: (store, id, _, signal) => store.append(id, [after], { signal }),
};
export const appendToNew: Change = {
  name: "an append that creates the thread",
  onExisting: false,
  effect: { messages: [after] },
  make: (store, id, _, signal) =>
    store.append(id, [after], { key: "delivery", create: { messages: [] }, signal }),
};
export const touch: Change = {
  name: "a touch",
  onExisting: true,
  effect: before,
  make: (store, id, _, signal) => store.touch(id, { metadata: { title: "after" }, signal }),
};
export const remove: Change = {
  name: "a delete",
  onExisting: true,
  effect: undefined,
  make: (store, id, _, signal) => store.delete(id, { signal }),
};
export const removeAtVersion: Change = {
  name: "a delete with previous",
  onExisting: true,
  effect: undefined,
  make: (store, id, previous, signal) => store.delete(id, { previous, signal }),
};

/** Creates the thread that a change needs, if any. Uses the client that makes the change, to connect it. */
async function prepareThread(
  { onExisting }: Change,
  store: ThreadStore,
  id: string,
): Promise<StoredThread | undefined> {
  if (onExisting) return store.save(id, before);
  await store.load(id);
  return undefined;
}

/** Returns the number of requests that the call sends. */
export async function requestsOf(proxy: FaultProxy, work: () => Promise<unknown>): Promise<number> {
  const requestsBefore = proxy.requests;
  await work();
  const count = proxy.requests - requestsBefore;
  if (count === 0)
    fail("the harness's network.open connects to the given endpoint", "a call sent no request there");
  return count;
}

type OnAttempt = (attempt: Attempt) => Promise<void>;

/** Calls back for each request of a change in turn, each time with another thread. The purpose of a request is unknown. */
export async function atEachRequest(
  proxy: FaultProxy,
  store: ThreadStore,
  change: Change,
  onAttempt: OnAttempt,
): Promise<void> {
  const count = await requestsOfChange(proxy, store, change);
  for (const n of range(count)) await atRequest(n + 1, store, change, onAttempt);
}

/** Calls back for the last request of a change, which applies it in most stores. */
export async function atLastRequest(
  proxy: FaultProxy,
  store: ThreadStore,
  change: Change,
  onAttempt: OnAttempt,
): Promise<void> {
  await atRequest(await requestsOfChange(proxy, store, change), store, change, onAttempt);
}

async function requestsOfChange(proxy: FaultProxy, store: ThreadStore, change: Change): Promise<number> {
  const id = idFor(change);
  const storedBefore = await prepareThread(change, store, id);
  return requestsOf(proxy, () => change.make(store, id, storedBefore));
}

async function atRequest(
  nth: number,
  store: ThreadStore,
  change: Change,
  onAttempt: OnAttempt,
): Promise<void> {
  const id = `${idFor(change)}-${nth}`;
  await onAttempt({ id, nth, storedBefore: await prepareThread(change, store, id) });
}

function idFor({ name }: Change): string {
  return name.replaceAll(" ", "-");
}

export interface Attempt {
  readonly id: string;
  /** The number of the request to fail, from 1 on. */
  readonly nth: number;
  /** The thread before the change. */
  readonly storedBefore: StoredThread | undefined;
}

/** Returns whether the stored thread is the result of the change. */
export function hasEffect({ effect }: Change, stored: StoredThread | undefined): boolean {
  return stored?.json === (effect && JSON.stringify(effect));
}

/** Error codes that the fault makes acceptable. */
export interface AllowedCodes {
  /** Codes that mean that the change had no effect. */
  readonly withoutEffect?: readonly ThreadStoreErrorCode[];
  /** Codes that mean that the effect is unknown. */
  readonly unknown?: readonly ThreadStoreErrorCode[];
}

/** Expects the outcome of a change to agree with the stored thread, which no other client may change. */
export function expectTruthful(
  change: Change,
  { nth, storedBefore }: Attempt,
  outcome: Outcome<unknown>,
  stored: StoredThread | undefined,
  faultDescription: string,
  allowed: AllowedCodes = {},
): void {
  const subject = `${change.name} whose ${ordinal(nth)} ${faultDescription}`;
  if (outcome.state === "resolved") {
    const reported = change.effect === undefined ? outcome.value : (outcome.value as StoredThread).version;
    const actual = change.effect === undefined ? stored === undefined : stored?.version;
    expectEqual(reported, actual, `${subject} has taken effect if it succeeds`);
    expectEqual(stored?.json, change.effect && JSON.stringify(change.effect), `${subject} takes effect once`);
    return;
  }
  const { error } = outcome;
  const code = ThreadStoreError.is(error) ? error.code : undefined;
  const withoutEffect: unknown[] = ["UNAVAILABLE", ...(allowed.withoutEffect ?? [])];
  const unknown: unknown[] = ["OUTCOME_UNKNOWN", ...(allowed.unknown ?? [])];
  if (unknown.includes(code)) {
    const isWhole = hasEffect(change, stored) || stored?.version === storedBefore?.version;
    if (!isWhole) fail(`${subject} takes effect completely or not at all`, `${show(stored)} is stored`);
  } else if (withoutEffect.includes(code)) {
    expectEqual(stored?.version, storedBefore?.version, `${subject} has no effect if it is ${code}`);
  } else {
    const codes = [...withoutEffect, ...unknown].join(" or ");
    fail(`${subject} succeeds or is ${codes}`, `it rejected with ${describeError(error)}`);
  }
}
