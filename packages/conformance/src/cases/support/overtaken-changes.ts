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

/** Changes the thread on another client in the meantime. Resolves with the thread that it stores, if any. */
type Overtake = (other: ThreadStore, id: string) => Promise<StoredThread | undefined>;

export const overwriteThread: Overtake = (other, id) =>
  other.save(id, { text: "theirs" }, { overwrite: true });

export const deleteThread: Overtake = async (other, id) => {
  await other.delete(id);
  return undefined;
};

/**
 * Holds the response to one request of a change, lets another client change the thread, and only then loses the
 * response. The first client must not undo the other client's change.
 */
export async function overtakeEach(context: CaseContext, change: Change, overtake: Overtake): Promise<void> {
  const proxy = await context.startProxy();
  const [store, other] = [await context.openThrough(proxy), await context.open()];
  let timesApplied = 0;
  await atEachRequest(proxy, store, change, async (attempt) => {
    const { id, nth, storedBefore } = attempt;
    const held = proxy.arm({ type: "holdResponse", nth });
    const changing = outcomeOf(() => change.make(store, id, storedBefore));
    await Promise.race([held.struck, changing]);
    const isApplied = hasEffect(change, await other.load(id));
    const otherThread = await overtake(other, id);
    held.disarm();
    held.cut();
    const outcome = await changing;
    // If the client resends something once it is connected, it does so before this.
    await store.load(id);
    const threads = { otherThread, stored: await other.load(id) };
    if (isApplied) expectAppliedChangeReported(change, attempt, outcome, threads);
    else expectOvertakenChangeRejected(change, attempt, outcome, threads);
    timesApplied += isApplied ? 1 : 0;
  });
  expectTrue(timesApplied > 0, "one of the requests of a write applies it", "none did");
}

interface Threads {
  readonly otherThread: StoredThread | undefined;
  readonly stored: StoredThread | undefined;
}

/** Checks a change that was applied before the other one. CONFLICT or UNAVAILABLE would deny that it was. */
function expectAppliedChangeReported(
  change: Change,
  { nth }: Attempt,
  outcome: Outcome<unknown>,
  { otherThread, stored }: Threads,
): void {
  const subject = `after ${change.name} was applied, the response to its ${ordinal(nth)} request lost, and another change applied`;
  expectEqual(stored?.version, otherThread?.version, `${subject}, the other change is not undone`);
  if (outcome.state === "resolved" || ThreadStoreError.is(outcome.error, "OUTCOME_UNKNOWN")) return;
  fail(
    `${subject}, the first one succeeds or is OUTCOME_UNKNOWN`,
    `it rejected with ${describeError(outcome.error)}`,
  );
}

/** Checks a change that was not applied before the other one. It must be rejected if it has a precondition. */
function expectOvertakenChangeRejected(
  change: Change,
  { nth, storedBefore }: Attempt,
  outcome: Outcome<unknown>,
  { otherThread, stored }: Threads,
): void {
  if (change === overwrite || storedBefore === undefined) return;
  const subject = `if another change is applied while ${change.name} waits for the response to its ${ordinal(nth)} request`;
  expectEqual(stored?.version, otherThread?.version, `${subject}, it is not undone`);
  expectTrue(outcome.state === "rejected", `${subject}, the later one is rejected`, "it succeeded");
}
