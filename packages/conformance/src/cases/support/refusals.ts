import type { Refusal } from "../../engines/fault-proxy/refusals.ts";
import { expectTrue, expectError, expectEqual, outcomeOf } from "../../suite/expectations.ts";
import { graceMs, promptly } from "../../suite/time-limits.ts";
import { range } from "../../utilities/parallel.ts";
import { everyCall } from "./calls.ts";
import {
  type Change,
  requestsOf,
  create,
  replace,
  overwrite,
  atEachRequest,
  honest,
  remove,
  removeSeen,
} from "./changes.ts";
import { idsOf } from "./reading.ts";
import type { Stage } from "./refused-changes.ts";

export async function refuseAlways(
  { context, proxy, store }: Stage,
  { name, fault }: Refusal,
): Promise<void> {
  for (const id of ["a", "nothing"]) {
    // Far more than the call needs. Retrying cannot help, so a store that retries takes too long.
    for (const [call, make] of everyCall(store, id, { timeoutMs: 30_000 })) {
      const armed = proxy.arm({ ...fault, times: Infinity });
      const promised = `${call} answered with ${name}`;
      const outcome = await promptly(graceMs(context), `${promised} fails promptly`, make);
      armed.disarm();
      expectTrue(armed.strikes > 0, `${call} sends a request`, "it sent none");
      const error = await expectError("ACCESS_DENIED", promised, async () => {
        if (outcome.state === "rejected") throw outcome.error;
        return outcome.value;
      });
      expectEqual(error.retryable, false, "ACCESS_DENIED is not retryable");
    }
  }
}

/** Denies one request of a listing, which must be complete or fail. */
export async function refuseListing({ proxy, store }: Stage, { name, fault }: Refusal): Promise<void> {
  const count = await requestsOf(proxy, () => idsOf(store));
  const ids = await idsOf(store);
  for (const n of range(count).filter((at) => at < 2 || at === count - 1)) {
    const armed = proxy.arm({ ...fault, nth: n + 1 });
    const outcome = await outcomeOf(() => idsOf(store));
    armed.disarm();
    const promised = `a listing with one request answered with ${name} is ACCESS_DENIED or complete`;
    if (outcome.state === "resolved") expectEqual(outcome.value, ids, promised);
    else await expectError("ACCESS_DENIED", promised, () => Promise.reject(outcome.error));
  }
}

/** Makes reads whose requests all get an unexpected response. They must neither find nothing nor be partial. */
export async function readStrange({ proxy, store }: Stage, { name, fault }: Refusal): Promise<void> {
  const reads: [string, () => Promise<unknown>, unknown][] = [
    ["load", async () => (await store.load("a", { timeoutMs: 1000 }))?.json, '{"n":1}'],
    [
      "list",
      async () => (await store.listPage({ timeoutMs: 1000 })).threads.map(({ id }) => id),
      ["a", "warm"],
    ],
  ];
  for (const [call, make, expected] of reads) {
    const armed = proxy.arm({ ...fault, times: Infinity });
    const outcome = await outcomeOf(make);
    armed.disarm();
    if (outcome.state === "resolved")
      expectEqual(outcome.value, expected, `${call} answered with ${name} fails`);
    else await isStoreError(call, name, outcome.error);
  }
}

async function isStoreError(call: string, name: string, error: unknown): Promise<void> {
  const codes = ["BACKEND_ERROR", "MISCONFIGURED", "UNAVAILABLE", "ACCESS_DENIED", "CORRUPT"] as const;
  await expectError(codes, `${call} answered with ${name}`, () => Promise.reject(error));
}

/** Makes saves that find the backend full, from one of their requests on. */
export async function fillUp({ context, proxy, store }: Stage, { name, fault }: Refusal): Promise<void> {
  const other = await context.open();
  let refused = 0;
  for (const change of [create, replace, overwrite]) {
    await atEachRequest(proxy, store, change, async (attempt) => {
      const armed = proxy.arm({ ...fault, nth: attempt.nth, times: Infinity });
      const outcome = await outcomeOf(() => change.make(store, attempt.id, attempt.seen));
      armed.disarm();
      const stored = await other.load(attempt.id);
      if (outcome.state === "resolved") {
        honest(change, attempt, outcome, stored, `request is answered with ${name}`);
        return;
      }
      const promised = `${change.name} answered with ${name}`;
      await expectError("STORAGE_FULL", promised, () => Promise.reject(outcome.error));
      expectEqual(stored?.version, attempt.seen?.version, `${promised} does not change the thread`);
      refused += 1;
    });
  }
  expectTrue(refused > 0, "saves fail when the backend is full", "none failed");
}

export const allChanges: readonly Change[] = [create, replace, overwrite, remove, removeSeen];
