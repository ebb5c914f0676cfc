import type { StoredThread } from "@threadstore/core";
import type { Fault } from "../../engines/fault-proxy/index.ts";
import { expectTrue, outcomeOf, expectEqual } from "../../suite/expectations.ts";
import { SHORT_TIMEOUT_MS } from "../../suite/time-limits.ts";
import { failedByOutage } from "./outages.ts";
import type { Stage } from "./refused-changes.ts";

/** Calls of every kind that can be retried whatever became of their first request, and their results. */
export function callsOn({ store }: Stage, seen: StoredThread): [string, () => Promise<unknown>, unknown][] {
  let current = seen;
  return [
    ["load", async () => (await store.load("a"))?.json, seen.json],
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

/** Expects a load to honor Retry-After of an HTTP server, even if the time it asks for is beyond the deadline. */
export async function waitAsAsked({ proxy, store, refusals }: Stage): Promise<void> {
  for (const { name, fault } of refusals("busy", "failing")) {
    if (fault.type !== "respondHttp") continue;
    const askedFor = (seconds: number): Fault => ({ ...fault, headers: { "retry-after": String(seconds) } });
    proxy.arm(askedFor(1));
    const started = performance.now();
    await store.load("a");
    const waited = Math.round(performance.now() - started);
    const promised = `a load answered with ${name} and Retry-After: 1 is retried after a second`;
    expectTrue(waited >= 990, promised, `it was retried after ${waited} ms`);
    const later = proxy.arm({ ...askedFor(60), times: Infinity });
    const outcome = await outcomeOf(() => store.load("a", { timeoutMs: SHORT_TIMEOUT_MS }));
    later.disarm();
    failedByOutage("load", outcome, `answered with ${name} and Retry-After: 60`);
    expectEqual(later.strikes, 1, "a load that may be retried only after its deadline is not retried");
    // One response represents all of them.
    return;
  }
}

/** The maximum number of attempts in half a second, with a backoff delay between them. */
export const MOST_TRIES = 12;
