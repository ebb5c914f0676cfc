import {
  type ThreadStore,
  type StoredThread,
  type ThreadStoreErrorCode,
  ThreadStoreError,
} from "@threadstore/core";
import type { FaultProxy } from "../../engines/fault-proxy/index.ts";
import { broken, type Outcome, ordinal, same, show, describeError } from "../../suite/expectations.ts";
import { range } from "../../utilities/parallel.ts";

/** A save or a delete, whatever may go wrong with it. */
export interface Change {
  readonly name: string;
  /** Whether there is a thread before it. */
  readonly onExisting: boolean;
  /** The thread that is there after it; `undefined` for none. */
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

/** Prepares what a change is to find, through the client that makes it: that client is connected then. */
async function prepared(
  { onExisting }: Change,
  store: ThreadStore,
  id: string,
): Promise<StoredThread | undefined> {
  if (onExisting) return store.save(id, before);
  await store.load(id);
  return undefined;
}

/** How many requests the work makes. */
export async function requestsOf(proxy: FaultProxy, work: () => Promise<unknown>): Promise<number> {
  const requestsBefore = proxy.requests;
  await work();
  const count = proxy.requests - requestsBefore;
  if (count === 0)
    broken(
      "the harness's network.open connects to the endpoint that it is given",
      "a call sent no request there",
    );
  return count;
}

/**
 * Does something at each request of a change in turn, the first, the second and so on, each time with a thread of its
 * own: what the requests are for need not be known then.
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
  /** Which of the change's requests is struck. */
  readonly nth: number;
  /** What was there before. */
  readonly seen: StoredThread | undefined;
}

/** Whether what the change does is there. */
export function hasEffect({ effect }: Change, stored: StoredThread | undefined): boolean {
  return stored?.json === (effect && JSON.stringify(effect));
}

/** Codes that a failure may have besides, because of what was made to fail. */
export interface Excuses {
  /** Those that say that the change had no effect. */
  readonly withoutEffect?: readonly ThreadStoreErrorCode[];
  /** Those that do not say. */
  readonly unknown?: readonly ThreadStoreErrorCode[];
}

/** That what a change said is what became of it, where nobody else changed the thread. */
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
    same(told, found, `${where}, and which succeeds, has taken effect`);
    return;
  }
  const { error } = outcome;
  const code = ThreadStoreError.is(error) ? error.code : undefined;
  const withoutEffect: unknown[] = ["UNAVAILABLE", ...(excuses.withoutEffect ?? [])];
  const unknown: unknown[] = ["OUTCOME_UNKNOWN", ...(excuses.unknown ?? [])];
  if (unknown.includes(code)) {
    const isWhole = hasEffect(change, stored) || stored?.version === seen?.version;
    if (!isWhole) broken(`${where} takes effect or does not`, `${show(stored)} is there`);
  } else if (withoutEffect.includes(code)) {
    same(stored?.version, seen?.version, `${where}, and which is ${code}, had no effect`);
  } else {
    const codes = [...withoutEffect, ...unknown].join(" or ");
    broken(`${where} succeeds, or is ${codes}`, `it rejected with ${describeError(error)}`);
  }
}
