import { setTimeout as wait } from "node:timers/promises";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { holds, same } from "../../suite/expectations.ts";
import { promptly } from "../../suite/time-limits.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";
import { type Amounts, KillCount } from "./kill-count.ts";
import { Ledger } from "./ledger.ts";
import { AT_ONCE_MS, Run } from "./run.ts";
import { describeStep } from "./step.ts";
import { lookAfter } from "./verify-after-crash.ts";

const amounts: Amounts = {
  quick: { least: 2, most: 3, enoughMs: 600 },
  full: { least: 20, most: 20, enoughMs: 0 },
};

/** Tells processes amid their saves to end, which close their store then. */
export async function endWriters(context: CaseContext): Promise<void> {
  const { newPlace, settings, timeoutFactor } = context;
  const random = seededRandom(settings.seed);
  const place = newPlace();
  const ledger = new Ledger(AT_ONCE_MS * timeoutFactor);
  const count = new KillCount(context, amounts);
  while (count.goesOn()) {
    const writer = place.startWriter({ type: "work until told to end" });
    const run = new Run(writer, ledger, { workload: "many at once", run: count.kills, timeoutFactor });
    await run.begin();
    await wait(random() * (await run.momentToKill(random)));
    count.add(run.underWay.length > 0);
    const limit = AT_ONCE_MS * timeoutFactor;
    const promised = "a process ends by itself once its store is closed";
    const outcome = await promptly(limit, promised, () => run.end("SIGTERM"));
    if (outcome.state === "rejected") throw outcome.error;
    same(outcome.value, "exit code 0", promised);
    run.allWell("close succeeds, and until then every call that was made before it");
    holds(run.isClosed, "close resolves amid saves", "it did not before the process ended");
    same(run.underWay.map(describeStep), [], "every save settles that was made before close");
    await lookAfter(place, context, (store) => ledger.check(store, `after SIGTERM ${count.kills}`));
  }
  count.provesSomething();
}
