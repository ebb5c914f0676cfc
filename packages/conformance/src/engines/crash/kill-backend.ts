import { setTimeout as wait } from "node:timers/promises";
import { deferred } from "@threadstore/core/driver";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { fail } from "../../suite/expectations.ts";
import { afterEffectiveTime } from "../../utilities/effective-time.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";
import { type Amounts, KillCount } from "./kill-count.ts";
import { Ledger } from "./ledger.ts";
import { RECOVERY_LIMIT_MS } from "./run.ts";
import { verifyAfterCrash } from "./verify-after-crash.ts";
import { type Report, work } from "./work.ts";
import { WORKLOADS } from "./workload.ts";

const AMOUNTS: Amounts = {
  quick: { min: 2, max: 4, enoughMs: 1_200 },
  full: { min: 20, max: 20, enoughMs: 0 },
};

const WORKLOAD = "concurrent";

/** Repeatedly kills the backend while a store saves, and verifies the threads each time. */
export async function killBackend(context: CaseContext): Promise<void> {
  const { newLocation, settings, crashBackend, timeoutFactor } = context;
  const random = seededRandom(settings.seed);
  const location = newLocation();
  const store = await location.open();
  const ledger = new Ledger(RECOVERY_LIMIT_MS * timeoutFactor);
  const count = new KillCount(context, AMOUNTS);
  while (count.needsMore()) {
    const stop = new AbortController();
    const laneCount = WORKLOADS[WORKLOAD].lanes(count.kills).length;
    const { promise: progress, resolve } = deferred<boolean>();
    const pendingCalls = new Set<number>();
    let done = 0;
    const report = async (event: Report): Promise<void> => {
      ledger.record(event);
      if (event.type === "started") pendingCalls.add(event.step.number);
      else if (event.number !== undefined) pendingCalls.delete(event.number);
      if (event.type === "done") done += 1;
      if (done > laneCount) resolve(true);
    };
    const options = { workload: WORKLOAD, run: count.kills, from: ledger.nextNumber } as const;
    const working = work(store, options, report, stop.signal);
    const cancel = afterEffectiveTime(RECOVERY_LIMIT_MS * timeoutFactor, () => resolve(false));
    const hasProgress = await Promise.race([progress, working.then(() => done > laneCount)]);
    cancel();
    if (!hasProgress)
      fail("saves succeed while the backend is running", `only ${done} did before the next crash`);
    await wait(random() * 25);
    count.add(pendingCalls.size > 0);
    await crashBackend();
    stop.abort();
    await working;
    await verifyAfterCrash(location, context, (other) =>
      ledger.check(other, `after crash ${count.kills} of the backend`),
    );
  }
  count.assertConclusive();
}
