import { setTimeout as wait } from "node:timers/promises";
import type { CaseContext, CaseLocation } from "../../suite/conformance-case.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";
import { type Amounts, KillCount } from "./kill-count.ts";
import { Ledger } from "./ledger.ts";
import { RECOVERY_LIMIT_MS, Run } from "./run.ts";
import { saveNow } from "./save-now.ts";
import { verifyAfterCrash } from "./verify-after-crash.ts";
import type { Writer } from "./writer.ts";

const AMOUNTS: Amounts = {
  quick: { min: 2, max: 9, enoughMs: 400 },
  full: { min: 60, max: 60, enoughMs: 0 },
};

interface Start {
  readonly location: CaseLocation;
  readonly writer: Writer;
}

/** Kills processes during the first use of a location, which must then be usable. */
export async function killFirstUsers(context: CaseContext): Promise<void> {
  const random = seededRandom(context.settings.seed);
  const count = new KillCount(context, AMOUNTS);
  const start = (): Start => {
    const location = context.newLocation();
    return { location, writer: location.startWriter({ type: "work" }) };
  };
  const typicalMs = await firstUseMs(start().writer, context);
  let next: Start | undefined;
  while (count.needsMore()) {
    const { location, writer } = next ?? start();
    next = count.isNextLast() ? undefined : start();
    const ledger = new Ledger(RECOVERY_LIMIT_MS * context.timeoutFactor);
    const run = newRun(writer, ledger, context);
    await run.begin();
    await wait(random() * typicalMs);
    await run.kill();
    count.add(ledger.threads.length === 0);
    await verifyAfterCrash(location, context, async (store) => {
      await ledger.check(store, `after kill ${count.kills}, of the first process that used the location`);
      await saveNow(store, ledger);
      await ledger.check(store, "after a save that followed the kill");
    });
    await location.destroy();
  }
  count.assertConclusive();
}

function newRun(writer: Writer, ledger: Ledger, { timeoutFactor }: CaseContext): Run {
  return new Run(writer, ledger, { workload: "replacing", run: 1, timeoutFactor });
}

/** Measures the time from the start of the job to the first completed save. */
async function firstUseMs(writer: Writer, context: CaseContext): Promise<number> {
  const run = newRun(writer, new Ledger(RECOVERY_LIMIT_MS), context);
  await run.begin();
  const startedAt = performance.now();
  await run.waitForProgress();
  const milliseconds = performance.now() - startedAt;
  await run.kill();
  return milliseconds;
}
