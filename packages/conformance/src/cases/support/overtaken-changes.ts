import { type ThreadStore, type StoredThread, ThreadStoreError } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import {
  outcomeOf,
  expectTrue,
  type Outcome,
  ordinal,
  expectEqual,
  fail,
  describeError,
} from "../../suite/expectations.ts";
import { overwrite, type Change, atEachRequest, hasEffect, type Attempt } from "./changes.ts";

/** Changes the thread on another client in the meantime. Resolves with what it leaves. */
type Overtake = (other: ThreadStore, id: string) => Promise<StoredThread | undefined>;

export const saveOver: Overtake = (other, id) => other.save(id, { text: "theirs" }, { overwrite: true });

export const removeIt: Overtake = async (other, id) => {
  await other.delete(id);
  return undefined;
};

/**
 * Holds the response to one request of a change, lets another client change the thread, and only then loses the
 * response. Whatever the first client does next must not undo the other client's change.
 */
export async function overtakeEach(context: CaseContext, change: Change, overtake: Overtake): Promise<void> {
  const proxy = await context.startProxy();
  const [store, other] = [await context.openThrough(proxy), await context.open()];
  let timesApplied = 0;
  await atEachRequest(proxy, store, change, async (attempt) => {
    const { id, nth, seen } = attempt;
    const held = proxy.arm({ type: "holdResponse", nth });
    const changing = outcomeOf(() => change.make(store, id, seen));
    await Promise.race([held.struck, changing]);
    const isApplied = hasEffect(change, await other.load(id));
    const theirs = await overtake(other, id);
    held.disarm();
    held.cut();
    const outcome = await changing;
    // Whatever a client sends again once it is connected is sent before this.
    await store.load(id);
    const left = { theirs, stored: await other.load(id) };
    if (isApplied) tellsOfApplied(change, attempt, outcome, left);
    else tellsOfOvertaken(change, attempt, outcome, left);
    timesApplied += isApplied ? 1 : 0;
  });
  expectTrue(timesApplied > 0, "one of the requests of a write applies it", "none did");
}

interface Left {
  readonly theirs: StoredThread | undefined;
  readonly stored: StoredThread | undefined;
}

/** The change was applied, and then the other client's. CONFLICT and UNAVAILABLE would mean that it was not. */
function tellsOfApplied(
  change: Change,
  { nth }: Attempt,
  outcome: Outcome<unknown>,
  { theirs, stored }: Left,
): void {
  const where = `after ${change.name} was applied, the response to its ${ordinal(nth)} request lost, and another change applied`;
  expectEqual(stored?.version, theirs?.version, `${where}, the other change is not undone`);
  if (outcome.state === "resolved" || ThreadStoreError.is(outcome.error, "OUTCOME_UNKNOWN")) return;
  fail(
    `${where}, the first one succeeds or is OUTCOME_UNKNOWN`,
    `it rejected with ${describeError(outcome.error)}`,
  );
}

/** The other client's change came first. Only changes with a precondition must have lost to it. */
function tellsOfOvertaken(
  change: Change,
  { nth, seen }: Attempt,
  outcome: Outcome<unknown>,
  { theirs, stored }: Left,
): void {
  if (change === overwrite || seen === undefined) return;
  const where = `if another change is applied while ${change.name} waits for the response to its ${ordinal(nth)} request`;
  expectEqual(stored?.version, theirs?.version, `${where}, it is not undone`);
  expectTrue(outcome.state === "rejected", `${where}, the later one is rejected`, "it succeeded");
}
