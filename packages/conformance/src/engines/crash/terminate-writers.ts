import { setTimeout as wait } from "node:timers/promises";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { expectTrue, expectEqual } from "../../suite/expectations.ts";
import { promptly } from "../../suite/time-limits.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";
import { type Amounts, KillCount } from "./kill-count.ts";
import { Ledger } from "./ledger.ts";
import { RECOVERY_LIMIT_MS, Run } from "./run.ts";
import { describeStep } from "./step.ts";
import { verifyAfterCrash } from "./verify-after-crash.ts";

const AMOUNTS: Amounts = {
  quick: { min: 2, max: 3, enoughMs: 600 },
  full: { min: 20, max: 20, enoughMs: 0 },
};

/** Sends SIGTERM to processes while they save. They then close their store and exit. */
export async function terminateWriters(context: CaseContext): Promise<void> {
  const { newLocation, settings, timeoutFactor } = context;
  const random = seededRandom(settings.seed);
  const location = newLocation();
  const ledger = new Ledger(RECOVERY_LIMIT_MS * timeoutFactor);
  const count = new KillCount(context, AMOUNTS);
  while (count.needsMore()) {
    const writer = location.startWriter({ type: "work until SIGTERM" });
    const run = new Run(writer, ledger, { workload: "concurrent", run: count.kills, timeoutFactor });
    await run.begin();
    await wait(random() * (await run.waitForKillWindow(random)));
    count.add(run.pendingSteps.length > 0);
    const limit = RECOVERY_LIMIT_MS * timeoutFactor;
    const expectation = "a process exits by itself once its store is closed";
    const outcome = await promptly(limit, expectation, () => run.end("SIGTERM"));
    if (outcome.state === "rejected") throw outcome.error;
    expectEqual(outcome.value, "exit code 0", expectation);
    run.assertNoFailures("close and every call before it succeed");
    expectTrue(run.isClosed, "close resolves while saves are in progress", "the process exited without that");
    expectEqual(run.pendingSteps.map(describeStep), [], "every save before close settles");
    await verifyAfterCrash(location, context, (store) => ledger.check(store, `after SIGTERM ${count.kills}`));
  }
  count.assertConclusive();
}
