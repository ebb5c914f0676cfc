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
  expectTruthful,
  remove,
  removeAtVersion,
} from "./changes.ts";
import { idsOf } from "./reading.ts";
import type { RefusalFixture } from "./refused-changes.ts";

export async function refuseAlways(
  { context, proxy, store }: RefusalFixture,
  { name, fault }: Refusal,
): Promise<void> {
  for (const id of ["a", "nothing"]) {
    // Far more than the call needs. Retrying cannot help, so a store that retries takes too long.
    for (const [call, make] of everyCall(store, id, { timeoutMs: 30_000 })) {
      const armed = proxy.arm({ ...fault, times: Infinity });
      const expectation = `${call} answered with ${name}`;
      const outcome = await promptly(graceMs(context), `${expectation} fails promptly`, make);
      armed.disarm();
      expectTrue(armed.strikes > 0, `${call} sends a request`, "it sent none");
      const error = await expectError("ACCESS_DENIED", expectation, async () => {
        if (outcome.state === "rejected") throw outcome.error;
        return outcome.value;
      });
      expectEqual(error.retryable, false, "ACCESS_DENIED is not retryable");
    }
  }
}

/** Denies one request of a listing, which must be complete or fail. */
export async function refuseListing(
  { proxy, store }: RefusalFixture,
  { name, fault }: Refusal,
): Promise<void> {
  const count = await requestsOf(proxy, () => idsOf(store));
  const ids = await idsOf(store);
  for (const n of range(count).filter((onAttempt) => onAttempt < 2 || onAttempt === count - 1)) {
    const armed = proxy.arm({ ...fault, nth: n + 1 });
    const outcome = await outcomeOf(() => idsOf(store));
    armed.disarm();
    const expectation = `a listing with one request answered with ${name} is ACCESS_DENIED or complete`;
    if (outcome.state === "resolved") expectEqual(outcome.value, ids, expectation);
    else await expectError("ACCESS_DENIED", expectation, () => Promise.reject(outcome.error));
  }
}

/** Makes reads whose requests all get an unexpected response. They must neither find nothing nor be partial. */
export async function readUnexpectedResponses(
  { proxy, store }: RefusalFixture,
  { name, fault }: Refusal,
): Promise<void> {
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
    else await expectStoreError(call, name, outcome.error);
  }
}

async function expectStoreError(call: string, name: string, error: unknown): Promise<void> {
  const codes = ["BACKEND_ERROR", "MISCONFIGURED", "UNAVAILABLE", "ACCESS_DENIED", "CORRUPT"] as const;
  await expectError(codes, `${call} answered with ${name}`, () => Promise.reject(error));
}

/** Makes saves during which the backend becomes full. */
export async function saveToFullBackend(
  { context, proxy, store }: RefusalFixture,
  { name, fault }: Refusal,
): Promise<void> {
  const other = await context.open();
  let refused = 0;
  for (const change of [create, replace, overwrite]) {
    await atEachRequest(proxy, store, change, async (attempt) => {
      const armed = proxy.arm({ ...fault, nth: attempt.nth, times: Infinity });
      const outcome = await outcomeOf(() => change.make(store, attempt.id, attempt.storedBefore));
      armed.disarm();
      const stored = await other.load(attempt.id);
      if (outcome.state === "resolved") {
        expectTruthful(change, attempt, outcome, stored, `request is answered with ${name}`);
        return;
      }
      const expectation = `${change.name} answered with ${name}`;
      await expectError("STORAGE_FULL", expectation, () => Promise.reject(outcome.error));
      expectEqual(
        stored?.version,
        attempt.storedBefore?.version,
        `${expectation} does not change the thread`,
      );
      refused += 1;
    });
  }
  expectTrue(refused > 0, "saves fail when the backend is full", "none failed");
}

export const ALL_CHANGES: readonly Change[] = [create, replace, overwrite, remove, removeAtVersion];
