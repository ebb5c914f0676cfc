import type { ThreadStore } from "@threadstore/core";
import type { Fault, FaultProxy } from "../../engines/fault-proxy/index.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { outcomeOf, expectTrue, expectEqual, loadExisting } from "../../suite/expectations.ts";
import { type Change, atEachRequest, honest, create } from "./changes.ts";
import { idsOf } from "./reading.ts";

/** The version after each attempt, which must not change any more. */
type Ledger = Map<string, string | undefined>;

/** Makes each change while the fault strikes one of its requests, and compares the outcome with what is stored. */
export async function strikeEach(
  { startProxy, openThrough, open }: CaseContext,
  changes: readonly Change[],
  fault: Fault,
  whatFailed: string,
): Promise<void> {
  const proxy = await startProxy();
  const [store, other] = [await openThrough(proxy), await open()];
  const ledger: Ledger = new Map();
  let strikes = 0;
  for (const change of changes) {
    await atEachRequest(proxy, store, change, async (attempt) => {
      const armed = proxy.arm({ ...fault, nth: attempt.nth });
      const outcome = await outcomeOf(() => change.make(store, attempt.id, attempt.seen));
      armed.disarm();
      strikes += armed.strikes;
      const stored = await other.load(attempt.id);
      honest(change, attempt, outcome, stored, whatFailed);
      ledger.set(attempt.id, stored?.version);
    });
  }
  expectTrue(strikes >= changes.length, `the proxy finds a request of each change`, `it found ${strikes}`);
  await staysSo(store, other, ledger);
}

/** Expects that nothing is sent again after the call has ended, and that no thread exists twice. */
async function staysSo(store: ThreadStore, other: ThreadStore, ledger: Ledger): Promise<void> {
  // Whatever a client sends again once it is connected is sent before this.
  await store.save("afterwards", {});
  for (const [id, version] of ledger)
    expectEqual(
      (await other.load(id))?.version,
      version,
      "what is stored after a call does not change any more",
    );
  const ids = await idsOf(other);
  for (const id of ids)
    expectTrue(ids.indexOf(id) === ids.lastIndexOf(id), "a thread exists once", `${id} exists twice`);
}

export const ANSWER_LOST = "request was processed but its response was lost";

/** Makes the first save of a new client while the response to one of its requests is lost. */
export async function firstSave(
  { openThrough, open }: CaseContext,
  proxy: FaultProxy,
  nth: number,
): Promise<void> {
  const [store, other] = [await openThrough(proxy), await open()];
  const id = `thread-${nth}`;
  const armed = proxy.arm({ type: "discardResponse", nth });
  const outcome = await outcomeOf(() => create.make(store, id, undefined));
  armed.disarm();
  const stored = await other.load(id);
  honest(create, { id, nth, seen: undefined }, outcome, stored, ANSWER_LOST);
  await store.save(`${id}-next`, {});
  await loadExisting(other, `${id}-next`, "a client works after its first save met a fault");
}
