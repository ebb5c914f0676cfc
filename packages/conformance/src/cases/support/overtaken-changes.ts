import { type ThreadStore, type StoredThread, ThreadStoreError } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import {
  outcomeOf,
  holds,
  type Outcome,
  ordinal,
  same,
  broken,
  describeError,
} from "../../suite/expectations.ts";
import { overwrite, type Change, atEachRequest, hasEffect, type Attempt } from "./changes.ts";

/** What another client does to the thread meanwhile; resolves to what it leaves. */
type Overtake = (other: ThreadStore, id: string) => Promise<StoredThread | undefined>;

export const saveOver: Overtake = (other, id) => other.save(id, { text: "theirs" }, { overwrite: true });

export const removeIt: Overtake = async (other, id) => {
  await other.delete(id);
  return undefined;
};

/**
 * Holds the answer to one request of a change, lets another client change the thread, and only then loses the answer:
 * whatever the first client does next, it must not undo what the other did.
 */
export async function overtakeEach(context: CaseContext, change: Change, overtake: Overtake): Promise<void> {
  const proxy = await context.startProxy();
  const [store, other] = [await context.openThrough(proxy), await context.open()];
  let timesApplied = 0;
  await atEachRequest(proxy, store, change, async (attempt) => {
    const { id, nth, seen } = attempt;
    const held = proxy.arm({ type: "holdAnswer", nth });
    const changing = outcomeOf(() => change.make(store, id, seen));
    await Promise.race([held.struck, changing]);
    const isApplied = hasEffect(change, await other.load(id));
    const theirs = await overtake(other, id);
    held.disarm();
    held.cut();
    const outcome = await changing;
    // Whatever a client kept to send once it is connected again precedes this.
    await store.load(id);
    const left = { theirs, stored: await other.load(id) };
    if (isApplied) tellsOfApplied(change, attempt, outcome, left);
    else tellsOfOvertaken(change, attempt, outcome, left);
    timesApplied += isApplied ? 1 : 0;
  });
  holds(timesApplied > 0, "a change takes effect with one of its requests", "none of them had any");
}

interface Left {
  readonly theirs: StoredThread | undefined;
  readonly stored: StoredThread | undefined;
}

/** The change was made, and then the other's: CONFLICT and UNAVAILABLE would say that it was not. */
function tellsOfApplied(
  change: Change,
  { nth }: Attempt,
  outcome: Outcome<unknown>,
  { theirs, stored }: Left,
): void {
  const where = `after ${change.name} was made, the answer to its ${ordinal(nth)} request lost, and another change came`;
  same(stored?.version, theirs?.version, `${where}, the other's is not undone`);
  if (outcome.state === "resolved" || ThreadStoreError.is(outcome.error, "OUTCOME_UNKNOWN")) return;
  broken(
    `${where}, the first is a success or OUTCOME_UNKNOWN`,
    `it rejected with ${describeError(outcome.error)}`,
  );
}

/** The other's change came first. Only those that name what they replace can have lost by that. */
function tellsOfOvertaken(
  change: Change,
  { nth, seen }: Attempt,
  outcome: Outcome<unknown>,
  { theirs, stored }: Left,
): void {
  if (change === overwrite || seen === undefined) return;
  const where = `while ${change.name} awaits the answer to its ${ordinal(nth)} request, another change comes first`;
  same(stored?.version, theirs?.version, `${where}: it is not undone`);
  holds(outcome.state === "rejected", `${where}: the late one is refused`, "it succeeded");
}
