import type { StoredThread } from "@threadstore/core";
import type { Fault } from "../engines/fault-proxy/index.ts";
import { type ConformanceCase, faultsSection } from "../suite/conformance-case.ts";
import { broken, describeError, holds, outcomeOf, same } from "../suite/expectations.ts";
import { callNamed, everyCall } from "./calls.ts";
import { promptly, requestsOf } from "./changes.ts";
import { graceMs, HURRY_MS } from "./hurry.ts";
import { onStage, type Stage } from "./refused-changes.ts";
import { failedByOutage } from "./silence.ts";

/** Calls of every kind that can be made again whatever their first request came to, and what they lead to. */
function callsOn({ store }: Stage, seen: StoredThread): [string, () => Promise<unknown>, unknown][] {
  let current = seen;
  return [
    ["load", async () => (await store.load("a"))?.json, seen.json],
    ["load of nothing", () => store.load("nothing"), undefined],
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

/** Servers over HTTP can say when they want to be asked again; a load keeps to it, also when that is too late. */
async function waitAsAsked({ proxy, store, refusals }: Stage): Promise<void> {
  for (const { name, fault } of refusals("busy", "failing")) {
    if (fault.type !== "answerHttp") continue;
    const askedFor = (seconds: number): Fault => ({ ...fault, headers: { "retry-after": String(seconds) } });
    proxy.arm(askedFor(1));
    const started = performance.now();
    await store.load("a");
    const waited = Math.round(performance.now() - started);
    const promised = `a load that is answered with ${name} and Retry-After: 1 is made again after a second`;
    holds(waited >= 990, promised, `it was made again after ${waited} ms`);
    const later = proxy.arm({ ...askedFor(60), times: Infinity });
    const outcome = await outcomeOf(() => store.load("a", { timeoutMs: HURRY_MS }));
    later.disarm();
    failedByOutage("load", outcome, `that is answered with ${name} and Retry-After: 60`);
    same(later.strikes, 1, "a load that is to be made again after its time is made once");
    // One tells for all.
    return;
  }
}

/** How often a call may be tried within half a second, with a pause between any two. */
const MOST_TRIES = 12;

export const busyBackends: ConformanceCase[] = faultsSection("Busy backends", [
  {
    id: "E08",
    title:
      "a backend that is busy for a moment is asked again, no sooner than it wants, and the call succeeds",
    clauses: ["F5"],
    async run(context) {
      const stage = await onStage(context);
      for (const { name, fault } of stage.refusals("busy", "failing")) {
        const seen = await stage.store.save("a", { n: 1 });
        for (const [call, make, expected] of callsOn(stage, seen)) {
          const armed = stage.proxy.arm(fault);
          const promised = `${call} whose first request is answered with ${name} succeeds`;
          const outcome = await outcomeOf(make);
          armed.disarm();
          if (outcome.state === "rejected")
            broken(promised, `it rejected with ${describeError(outcome.error)}`);
          same(outcome.value, expected, promised);
          holds(armed.strikes === 1, `${call} asks the backend`, "it sent no request");
        }
      }
      await waitAsAsked(stage);
    },
  },
  {
    id: "E20",
    title: "a backend that stays busy is UNAVAILABLE in time, and asked now and then, not without end",
    clauses: ["E1", "F4", "F5"],
    async run(context) {
      const stage = await onStage(context);
      const { proxy, store } = stage;
      await store.save("a", { n: 1 });
      const refusals = stage.refusals("busy", "failing");
      for (const [index, [call]] of everyCall(store, "a").entries()) {
        const refusal = refusals[index % refusals.length];
        if (refusal === undefined) continue;
        const make = (): Promise<unknown> => callNamed(call, store, "a", { timeoutMs: HURRY_MS });
        const requests = await requestsOf(proxy, () => outcomeOf(make));
        await store.save("a", { n: 1 }, { overwrite: true });
        const armed = proxy.arm({ ...refusal.fault, times: Infinity });
        const promised = `${call} ends within its timeoutMs, ${HURRY_MS} ms, when all answers are ${refusal.name}`;
        const outcome = await promptly(HURRY_MS + graceMs(context), promised, make);
        armed.disarm();
        failedByOutage(call, outcome, `when all answers are ${refusal.name}`);
        const most = requests * MOST_TRIES;
        const rarely = `${call} asks a busy backend less and less often: in half a second at most ${most} times`;
        holds(armed.strikes <= most, rarely, `it sent ${armed.strikes} requests`);
      }
      await store.save("a", { n: 2 }, { overwrite: true });
      same((await store.load("a"))?.thread, { n: 2 }, "the store works when its backend does");
    },
  },
]);
