import type { ThreadStore } from "@threadstore/core";
import type { Fault, FaultProxy } from "../../engines/fault-proxy/index.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { outcomeOf, expectTrue, expectEqual, loadExisting } from "../../suite/expectations.ts";
import { type Change, atEachRequest, expectTruthful, create } from "./changes.ts";
import { idsOf } from "./reading.ts";

/** The stored version after each attempt, which must no longer change. */
type StoredVersions = Map<string, string | undefined>;

/** Makes each change while the fault strikes one of its requests, and compares the outcome with the stored thread. */
export async function strikeEach(
  { startProxy, openThrough, open }: CaseContext,
  changes: readonly Change[],
  fault: Fault,
  faultDescription: string,
): Promise<void> {
  const proxy = await startProxy();
  const [store, other] = [await openThrough(proxy), await open()];
  const storedVersions: StoredVersions = new Map();
  let strikes = 0;
  for (const change of changes) {
    await atEachRequest(proxy, store, change, async (attempt) => {
      const armed = proxy.arm({ ...fault, nth: attempt.nth });
      const outcome = await outcomeOf(() => change.make(store, attempt.id, attempt.storedBefore));
      armed.disarm();
      strikes += armed.strikes;
      const stored = await other.load(attempt.id);
      expectTruthful(change, attempt, outcome, stored, faultDescription);
      storedVersions.set(attempt.id, stored?.version);
    });
  }
  expectTrue(
    strikes >= changes.length,
    "the proxy finds a request of each change",
    `it found ${strikes} requests`,
  );
  await expectNoLaterChange(store, other, storedVersions);
}

/** Expects that the client resends nothing after the call has ended, and that no thread is listed twice. */
async function expectNoLaterChange(
  store: ThreadStore,
  other: ThreadStore,
  storedVersions: StoredVersions,
): Promise<void> {
  // If the client resends something once it is connected, it does so before this.
  await store.save("afterwards", {});
  for (const [id, version] of storedVersions)
    expectEqual(
      (await other.load(id))?.version,
      version,
      "the stored thread no longer changes after the call",
    );
  const ids = await idsOf(other);
  for (const id of ids)
    expectTrue(ids.indexOf(id) === ids.lastIndexOf(id), "a thread is listed once", `${id} is listed twice`);
}

export const RESPONSE_LOST = "request was processed but its response was lost";

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
  expectTruthful(create, { id, nth, storedBefore: undefined }, outcome, stored, RESPONSE_LOST);
  await store.save(`${id}-next`, {});
  await loadExisting(other, `${id}-next`, "a client works after its first save met a fault");
}
