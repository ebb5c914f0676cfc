import { setTimeout as wait } from "node:timers/promises";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { broken } from "../../suite/expectations.ts";
import { afterEffectiveTime } from "../../utilities/effective-time.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";
import { type Amounts, KillCount } from "./kill-count.ts";
import { Ledger } from "./ledger.ts";
import { AT_ONCE_MS } from "./run.ts";
import { lookAfter } from "./verify-after-crash.ts";
import { type Report, work } from "./work.ts";
import { workloads } from "./workload.ts";

const amounts: Amounts = {
  quick: { least: 2, most: 4, enoughMs: 1_200 },
  full: { least: 20, most: 20, enoughMs: 0 },
};

const workload = "many at once";

/** Kills the backend time and again while a store saves, and looks each time at what is there then. */
export async function killBackend(context: CaseContext): Promise<void> {
  const { newPlace, settings, crashBackend, timeoutFactor } = context;
  const random = seededRandom(settings.seed);
  const place = newPlace();
  const store = await place.open();
  const ledger = new Ledger(AT_ONCE_MS * timeoutFactor);
  const count = new KillCount(context, amounts);
  while (count.goesOn()) {
    const stop = new AbortController();
    const lines = workloads[workload].lines(count.kills).length;
    const { promise: underWay, resolve } = Promise.withResolvers<boolean>();
    const calls = new Set<number>();
    let done = 0;
    const note = async (report: Report): Promise<void> => {
      ledger.note(report);
      if (report.type === "begun") calls.add(report.step.number);
      else if (report.number !== undefined) calls.delete(report.number);
      if (report.type === "done") done += 1;
      if (done > lines) resolve(true);
    };
    const orders = { workload, run: count.kills, from: ledger.nextNumber } as const;
    const working = work(store, orders, note, stop.signal);
    const cancel = afterEffectiveTime(AT_ONCE_MS * timeoutFactor, () => resolve(false));
    const isUnderWay = await Promise.race([underWay, working.then(() => done > lines)]);
    cancel();
    if (!isUnderWay) broken("saves succeed while the backend is there", `${done} did before the next crash`);
    await wait(random() * 25);
    count.add(calls.size > 0);
    await crashBackend();
    stop.abort();
    await working;
    await lookAfter(place, context, (other) =>
      ledger.check(other, `after crash ${count.kills} of the backend`),
    );
  }
  count.provesSomething();
}
