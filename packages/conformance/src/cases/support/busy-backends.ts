import type { StoredThread } from "@threadstore/core";
import type { Fault } from "../../engines/fault-proxy/index.ts";
import { expectTrue, outcomeOf, expectEqual } from "../../suite/expectations.ts";
import { SHORT_TIMEOUT_MS } from "../../suite/time-limits.ts";
import { expectOutage } from "./outages.ts";
import type { RefusalFixture } from "./refused-changes.ts";

/** Returns calls that can be retried whether or not their first request took effect, and their results. */
export function retryableCalls(
  { store }: RefusalFixture,
  stored: StoredThread,
): [string, () => Promise<unknown>, unknown][] {
  let current = stored;
  return [
    ["load", async () => (await store.load("a"))?.json, stored.json],
    ["load of a missing thread", () => store.load("nothing"), undefined],
    ["listPage", async () => (await store.listPage()).threads.map(({ id }) => id), ["a", "warm"]],
    [
      "save",
      async () => {
        current = await store.save("a", { n: 2 }, { previous: current });
        return current.thread;
      },
      { n: 2 },
    ],
    ["delete", () => store.delete("a", { previous: current }), true],
  ];
}

/** Expects a load to honor the Retry-After header of an HTTP server, even if it exceeds the load's deadline. */
export async function expectRetryAfterHonored({ proxy, store, refusals }: RefusalFixture): Promise<void> {
  for (const { name, fault } of refusals("busy", "failing")) {
    if (fault.type !== "respondHttp") continue;
    const withRetryAfter = (seconds: number): Fault => ({
      ...fault,
      headers: { "retry-after": String(seconds) },
    });
    proxy.arm(withRetryAfter(1));
    const started = performance.now();
    await store.load("a");
    const waitedMs = Math.round(performance.now() - started);
    const expectation = `a load answered with ${name} and Retry-After: 1 is retried after a second`;
    expectTrue(waitedMs >= 990, expectation, `it was retried after ${waitedMs} ms`);
    const later = proxy.arm({ ...withRetryAfter(60), times: Infinity });
    const outcome = await outcomeOf(() => store.load("a", { timeoutMs: SHORT_TIMEOUT_MS }));
    later.disarm();
    expectOutage("load", outcome, `answered with ${name} and Retry-After: 60`);
    expectEqual(later.strikes, 1, "a load that may be retried only after its deadline is not retried");
    // One response represents all of them.
    return;
  }
}

/** The maximum number of attempts in half a second, with a backoff delay between them. */
export const MAX_ATTEMPTS = 12;
