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
  /** Whether the thread exists before. */
  readonly onExisting: boolean;
  /** The thread afterwards; `undefined` if the change deletes it. */
  readonly effect: object | undefined;
  readonly make: (store: ThreadStore, id: string, seen: StoredThread | undefined) => Promise<unknown>;
}

const before = { n: 1, text: "before" };
const after = { n: 2, text: "after" };

export const create: Change = {
  name: "a creation",
  onExisting: false,
  effect: after,
  make: (store, id) => store.save(id, after),
};
export const replace: Change = {
  name: "a replacement",
  onExisting: true,
  effect: after,
  make: (store, id, previous) => store.save(id, after, { previous }),
};
export const overwrite: Change = {
  name: "a save with overwrite",
  onExisting: true,
  effect: after,
  make: (store, id) => store.save(id, after, { overwrite: true }),
};
export const remove: Change = {
  name: "a delete",
  onExisting: true,
  effect: undefined,
  make: (store, id) => store.delete(id),
};
export const removeSeen: Change = {
  name: "a delete with previous",
  onExisting: true,
  effect: undefined,
  make: (store, id, previous) => store.delete(id, { previous }),
};

/**
 * Creates the thread that a change needs, on the client that will make the change, so that the client is connected.
 */
async function prepared(
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

/**
 * Calls back for each request of a change in turn, each time with another thread, so that it need not be known what
 * the requests are for.
 */
export async function atEachRequest(
  proxy: FaultProxy,
  store: ThreadStore,
  change: Change,
  at: (attempt: Attempt) => Promise<void>,
): Promise<void> {
  const name = change.name.replaceAll(" ", "-");
  const seen = await prepared(change, store, name);
  const count = await requestsOf(proxy, () => change.make(store, name, seen));
  for (const n of range(count)) {
    const id = `${name}-${n + 1}`;
    await at({ id, nth: n + 1, seen: await prepared(change, store, id) });
  }
}

export interface Attempt {
  readonly id: string;
  /** The number of the request to fail, from 1 on. */
  readonly nth: number;
  /** The thread before the change. */
  readonly seen: StoredThread | undefined;
}

/** Returns whether the stored thread is what the change makes of it. */
export function hasEffect({ effect }: Change, stored: StoredThread | undefined): boolean {
  return stored?.json === (effect && JSON.stringify(effect));
}

/** More error codes that are allowed, because of the fault. */
export interface Excuses {
  /** Codes that mean that the change had no effect. */
  readonly withoutEffect?: readonly ThreadStoreErrorCode[];
  /** Codes that leave the effect open. */
  readonly unknown?: readonly ThreadStoreErrorCode[];
}

/** Expects the outcome of a change to match what is stored. No other client may change the thread. */
export function honest(
  change: Change,
  { nth, seen }: Attempt,
  outcome: Outcome<unknown>,
  stored: StoredThread | undefined,
  whatFailed: string,
  excuses: Excuses = {},
): void {
  const where = `${change.name} whose ${ordinal(nth)} ${whatFailed}`;
  if (outcome.state === "resolved") {
    const told = change.effect === undefined ? outcome.value : (outcome.value as StoredThread).version;
    const found = change.effect === undefined ? stored === undefined : stored?.version;
    expectEqual(told, found, `${where} has taken effect if it succeeds`);
    return;
  }
  const { error } = outcome;
  const code = ThreadStoreError.is(error) ? error.code : undefined;
  const withoutEffect: unknown[] = ["UNAVAILABLE", ...(excuses.withoutEffect ?? [])];
  const unknown: unknown[] = ["OUTCOME_UNKNOWN", ...(excuses.unknown ?? [])];
  if (unknown.includes(code)) {
    const isWhole = hasEffect(change, stored) || stored?.version === seen?.version;
    if (!isWhole) fail(`${where} takes effect completely or not at all`, `${show(stored)} is stored`);
  } else if (withoutEffect.includes(code)) {
    expectEqual(stored?.version, seen?.version, `${where} has no effect if it is ${code}`);
  } else {
    const codes = [...withoutEffect, ...unknown].join(" or ");
    fail(`${where} succeeds or is ${codes}`, `it rejected with ${describeError(error)}`);
  }
}
