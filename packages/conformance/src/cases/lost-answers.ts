import type { ThreadStore } from "@threadstore/core";
import type { Fault, FaultProxy } from "../engines/fault-proxy/index.ts";
import { type CaseContext, type ConformanceCase, faultsSection } from "../suite/conformance-case.ts";
import { absent, holds, loaded, outcomeOf, same } from "../suite/expectations.ts";
import { range } from "../utilities/parallel.ts";
import {
  atEachRequest,
  type Change,
  create,
  honest,
  overwrite,
  remove,
  removeSeen,
  replace,
  requestsOf,
} from "./changes.ts";
import { idsOf } from "./reading.ts";

/** What is there after each attempt; to be the same in the end. */
type Ledger = Map<string, string | undefined>;

/** Makes each change while the fault strikes one of its requests, and holds what it says against what is there. */
async function strikeEach(
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
  holds(strikes >= changes.length, `the proxy finds a request of each change`, `it found ${strikes}`);
  await staysSo(store, other, ledger);
}

/** That nothing is sent again behind the caller's back, and that no thread is there twice. */
async function staysSo(store: ThreadStore, other: ThreadStore, ledger: Ledger): Promise<void> {
  // Whatever a client kept to send once it is connected again precedes this.
  await store.save("afterwards", {});
  for (const [id, version] of ledger)
    same((await other.load(id))?.version, version, "what is there after a call stays so");
  const ids = await idsOf(other);
  for (const id of ids)
    holds(ids.indexOf(id) === ids.lastIndexOf(id), "a thread is there once", `${id} is twice`);
}

const ANSWER_LOST = "request was done and its answer lost";

/** The first save of a client that has not been used, with the answer of one of its requests lost. */
async function firstSave({ openThrough, open }: CaseContext, proxy: FaultProxy, nth: number): Promise<void> {
  const [store, other] = [await openThrough(proxy), await open()];
  const id = `thread-${nth}`;
  const armed = proxy.arm({ type: "discardAnswer", nth });
  const outcome = await outcomeOf(() => create.make(store, id, undefined));
  armed.disarm();
  const stored = await other.load(id);
  honest(create, { id, nth, seen: undefined }, outcome, stored, ANSWER_LOST);
  await store.save(`${id}-next`, {});
  await loaded(other, `${id}-next`, "a client whose first save met a fault works afterwards");
}

export const lostAnswers: ConformanceCase[] = faultsSection("Lost answers", [
  {
    id: "F01",
    title: "a creation whose answer is lost succeeds or is OUTCOME_UNKNOWN, never CONFLICT, and is made once",
    clauses: ["C6"],
    run: (context) => strikeEach(context, [create], { type: "discardAnswer" }, ANSWER_LOST),
  },
  {
    id: "F02",
    title: "a replacement whose answer is lost succeeds or is OUTCOME_UNKNOWN, never CONFLICT",
    clauses: ["C6"],
    run: (context) => strikeEach(context, [replace, overwrite], { type: "discardAnswer" }, ANSWER_LOST),
  },
  {
    id: "F03",
    title: "a delete whose answer is lost succeeds or is OUTCOME_UNKNOWN, never CONFLICT, nor false",
    clauses: ["C6", "E3"],
    run: (context) => strikeEach(context, [remove, removeSeen], { type: "discardAnswer" }, ANSWER_LOST),
  },
  {
    id: "F05",
    title: "a change that is lost on its way is told truly, and not made later",
    clauses: ["C6", "F5"],
    run: (context) =>
      strikeEach(
        context,
        [create, replace, overwrite, remove, removeSeen],
        { type: "cutRequest", afterBytes: 30 },
        "request was lost on its way",
      ),
  },
  {
    id: "F10",
    title: "whatever answer to a client's first call is lost, it tells the truth and works afterwards",
    clauses: ["C6", "F5"],
    timeoutMs: 30_000,
    async run(context) {
      const proxy = await context.startProxy();
      const store = await context.openThrough(proxy);
      const count = await requestsOf(proxy, () => store.save("counted", {}));
      for (const n of range(Math.min(count, 16))) await firstSave(context, proxy, n + 1);
      await absent(store, "nothing", "nothing is there that was not saved");
    },
  },
]);
