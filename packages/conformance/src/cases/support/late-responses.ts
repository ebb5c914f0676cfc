import type { ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import {
  describeError,
  expectEqual,
  expectError,
  expectTrue,
  fail,
  outcomeOf,
} from "../../suite/expectations.ts";
import { range } from "../../utilities/parallel.ts";
import {
  append,
  atEachRequest,
  atLastRequest,
  type Change,
  create,
  expectTruthful,
  remove,
  removeAtVersion,
  replace,
  touch,
} from "./changes.ts";
import { overwriteThread } from "./overtaken-changes.ts";
import { idsOf, pollFor } from "./reading.ts";

/** The calls that follow an aborted load, and their results. */
function nextCalls(store: ThreadStore): [name: string, call: () => Promise<unknown>, expected: unknown][] {
  return [
    ["a load", async () => (await store.load("b"))?.json, '{"n":2}'],
    ["a load of a missing thread", () => store.load("missing"), undefined],
    ["a save", async () => (await store.save("c", { n: 3 })).json, '{"n":3}'],
    ["a listing", () => idsOf(store), ["a", "b", "c"]],
    ["a delete", () => store.delete("c"), true],
  ];
}

/** Aborts loads whose response then arrives while the next call waits for its own. */
export async function expectOwnResponses({ startProxy, openThrough, open }: CaseContext): Promise<void> {
  const proxy = await startProxy();
  const [store, other] = [await openThrough(proxy), await open()];
  await other.save("a", { n: 1 });
  await other.save("b", { n: 2 });
  await store.load("a");
  for (const [name, call, expected] of nextCalls(store)) {
    const controller = new AbortController();
    const held = proxy.arm({ type: "holdResponse" });
    const loading = outcomeOf(() => store.load("a", { signal: controller.signal }));
    await Promise.race([held.struck, loading]);
    held.disarm();
    controller.abort(new Error("the user left"));
    await loading;
    const calling = outcomeOf(call);
    held.release();
    const outcome = await calling;
    const expectation = `${name} gets its own response, not that of an aborted load, which arrives meanwhile`;
    if (outcome.state === "rejected") fail(expectation, `it rejected with ${describeError(outcome.error)}`);
    expectEqual(outcome.value, expected, expectation);
    expectEqual((await store.load("b"))?.json, '{"n":2}', `a load after ${name} gets its own response`);
  }
}

/** Longer than a driver may wait for a response before it gives up on a request. */
const LATENESS_MS = { quick: 700, full: 6_000 } as const;

/** Lets the response to the last request of each change arrive late, but within the time of the call. */
export async function respondLate(context: CaseContext): Promise<void> {
  const { startProxy, openThrough, open, settings, signal } = context;
  const other = await open();
  await Promise.all(
    [create, replace, append, removeAtVersion].map(async (change) => {
      const proxy = await startProxy();
      const store = await openThrough(proxy);
      await atLastRequest(proxy, store, change, async (attempt) => {
        const held = proxy.arm({ type: "holdResponse", nth: attempt.nth });
        let hasEnded = false;
        const changing = outcomeOf(() => change.make(store, attempt.id, attempt.storedBefore)).finally(
          () => (hasEnded = true),
        );
        await Promise.race([held.struck, changing]);
        held.disarm();
        await pollFor(LATENESS_MS[settings.effort], signal, () => Promise.resolve(hasEnded)).finally(() =>
          held.release(),
        );
        const outcome = await changing;
        const stored = await other.load(attempt.id);
        expectTruthful(change, attempt, outcome, stored, "request got its response late");
      });
    }),
  );
}

/** How many calls give a client that ignores the abort the opportunity to go on. */
const CALLS_AFTERWARDS = 8;

/** Aborts changes between their requests. None of them may change the thread later. */
export async function abortBetweenRequests({ startProxy, openThrough, open }: CaseContext): Promise<void> {
  const proxy = await startProxy();
  const [store, other] = [await openThrough(proxy), await open()];
  await store.load("warm");
  let strikes = 0;
  const abortAt = (change: Change): Promise<void> =>
    atEachRequest(proxy, store, change, async ({ id, nth, storedBefore }) => {
      const controller = new AbortController();
      const held = proxy.arm({ type: "holdResponse", nth });
      const changing = outcomeOf(() => change.make(store, id, storedBefore, controller.signal));
      await Promise.race([held.struck, changing]);
      held.disarm();
      controller.abort(new Error("the user left"));
      await changing;
      strikes += held.strikes;
      // What the client had sent already takes effect meanwhile.
      for (const _ of range(CALLS_AFTERWARDS / 2)) await other.load(id);
      const versionBefore = (await other.load(id))?.version;
      held.release();
      for (const _ of range(CALLS_AFTERWARDS)) await store.load("warm");
      const current = await other.load(id);
      expectEqual(
        current?.version,
        versionBefore,
        `${change.name} that was aborted during its request number ${nth} sends no other one that changes the thread`,
      );
      const saving = await outcomeOf(() => store.save(id, { n: 3 }, { previous: current }));
      if (saving.state === "rejected") {
        const expectation = `the next save of the thread succeeds after ${change.name} was aborted`;
        fail(expectation, `it rejected with ${describeError(saving.error)}`);
      }
    });
  for (const change of [replace, append, touch, removeAtVersion]) await abortAt(change);
  expectTrue(strikes > 0, "the proxy finds the requests of the changes", "it found none");
}

/** Makes changes whose response is lost, and then further changes of the same threads with the same client. */
export async function changeAfterLostResponses({
  startProxy,
  openThrough,
  open,
}: CaseContext): Promise<void> {
  const proxy = await startProxy();
  const [store, other] = [await openThrough(proxy), await open()];
  for (const change of [replace, append, removeAtVersion]) {
    await atLastRequest(proxy, store, change, async ({ id, nth, storedBefore }) => {
      const held = proxy.arm({ type: "holdResponse", nth });
      const changing = outcomeOf(() => change.make(store, id, storedBefore));
      await Promise.race([held.struck, changing]);
      const theirs = await overwriteThread(other, id);
      held.disarm();
      held.cut();
      await changing;
      const subject = `after ${change.name} whose response was lost and another client's save`;
      await expectError("CONFLICT", `${subject}, a save on the version before both`, () =>
        store.save(id, {}, { previous: storedBefore }),
      );
      const current = await other.load(id);
      expectEqual(current?.version, theirs?.version, `${subject}, the other client's thread stays`);
    });
  }
  await atLastRequest(proxy, store, remove, async ({ id, nth }) => {
    const lost = proxy.arm({ type: "discardResponse", nth });
    await outcomeOf(() => remove.make(store, id, undefined));
    lost.disarm();
    await other.delete(id);
    const created = await store.save(id, { n: 1 });
    await store.save(id, { n: 2 }, { previous: created });
    const stored = await other.load(id);
    expectEqual(
      stored?.json,
      '{"n":2}',
      "a thread can be created and replaced after a delete whose response was lost",
    );
  });
}
