import type { ThreadStore, StoredThread } from "@threadstore/core";
import type { FaultProxy } from "../../engines/fault-proxy/index.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { outcomeOf, ordinal, fail, describeError, expectEqual } from "../../suite/expectations.ts";
import { range } from "../../utilities/parallel.ts";
import { requestsOf } from "./changes.ts";
import { idsOf, pollFor } from "./reading.ts";

/** After how many bytes to cut a response, and whether to do it like a server that shuts down. */
const CUTS = [0, 40, 1000, 30_000].flatMap((bytes) => [[bytes, false] as const, [bytes, true] as const]);

/** The delay of the slow network in milliseconds, and how much work each case does on it. */
export const SLOW_NETWORK = {
  quick: { milliseconds: 60, jitter: 50, rounds: 2, times: 1 },
  full: { milliseconds: 150, jitter: 100, rounds: 3, times: 3 },
} as const;

interface CutReading {
  readonly proxy: FaultProxy;
  readonly name: string;
  readonly read: () => Promise<unknown>;
  readonly expected: unknown;
}

/** Cuts the responses to a reading call early and late. The call must be retried and return everything. */
export async function cutEach({ proxy, name, read, expected }: CutReading): Promise<void> {
  const count = await requestsOf(proxy, read);
  // A listing may send a request for each thread. The first two and the last one represent all of them.
  for (const n of range(count).filter((at) => at < 2 || at === count - 1)) {
    for (const [afterBytes, orderly] of CUTS) {
      const armed = proxy.arm({ type: "cutResponse", afterBytes, orderly, nth: n + 1 });
      const outcome = await outcomeOf(read);
      armed.disarm();
      const expectation = `${name} whose ${ordinal(n + 1)} response is cut after ${afterBytes} bytes returns the right result`;
      if (outcome.state === "rejected") fail(expectation, `it rejected with ${describeError(outcome.error)}`);
      expectEqual(outcome.value, expected, expectation);
    }
  }
}

/** Returns one call of each kind, and its result. */
function callsWithResults(
  store: ThreadStore,
  stored: StoredThread,
): [string, () => Promise<unknown>, unknown][] {
  let current = stored;
  return [
    ["load", async () => (await store.load("a"))?.json, stored.json],
    [
      "save",
      async () => {
        current = await store.save("a", { n: 2 }, { previous: current });
        return current.thread;
      },
      { n: 2 },
    ],
    ["list", () => idsOf(store), ["a"]],
    ["delete", () => store.delete("a", { previous: current }), true],
  ];
}

export async function dropIdle(
  { openThrough, startProxy, signal }: CaseContext,
  hasNoticed: boolean,
): Promise<void> {
  const proxy = await startProxy();
  const store = await openThrough(proxy);
  const stored = await store.save("a", { n: 1 });
  for (const [name, call, expected] of callsWithResults(store, stored)) {
    await proxy.cutAll();
    if (hasNoticed) await pollFor(60, signal, () => Promise.resolve(false));
    const expectation = `${name} on connections that were dropped while idle succeeds`;
    const outcome = await outcomeOf(call);
    if (outcome.state === "rejected") fail(expectation, `it rejected with ${describeError(outcome.error)}`);
    expectEqual(outcome.value, expected, expectation);
  }
  await store.delete("a");
}
