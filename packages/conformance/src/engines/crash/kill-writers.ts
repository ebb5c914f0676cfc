import { setTimeout as wait } from "node:timers/promises";
import type { ThreadStore } from "@threadstore/core";
import type { CaseLocation } from "../../suite/conformance-case.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";
import { type Amounts, type CrashContext, KillCount } from "./kill-count.ts";
import { Ledger } from "./ledger.ts";
import { RECOVERY_LIMIT_MS, Run } from "./run.ts";
import { verifyAfterCrash } from "./verify-after-crash.ts";
import type { WorkloadName } from "./workload.ts";
import type { Writer } from "./writer.ts";

const AMOUNTS: Amounts = {
  quick: { min: 2, max: 9, enoughMs: 400 },
  full: { min: 60, max: 60, enoughMs: 0 },
};

export interface Campaign {
  readonly workload: WorkloadName;
  /** An additional check after each kill, once the ledger has been checked. */
  readonly afterKill?: (store: ThreadStore, ledger: Ledger, kills: number) => Promise<void>;
}

export interface CampaignResult {
  readonly kills: number;
  readonly ledger: Ledger;
}

/** Kills one writer process after another and verifies the threads at the location each time. */
export async function killWriters(
  location: CaseLocation,
  context: CrashContext,
  { workload, afterKill }: Campaign,
): Promise<CampaignResult> {
  const random = seededRandom(context.settings.seed);
  const ledger = new Ledger(RECOVERY_LIMIT_MS * context.timeoutFactor);
  const count = new KillCount(context, AMOUNTS);
  const start = (): Writer => location.startWriter({ type: "work" });
  let next: Writer | undefined;
  while (count.needsMore()) {
    const number = count.kills + 1;
    const run = new Run(next ?? start(), ledger, {
      workload,
      run: number,
      timeoutFactor: context.timeoutFactor,
    });
    // Starting a process takes longer than killing one, so the next process starts during this run.
    next = count.isNextLast() ? undefined : start();
    // In some runs, another client has the store open throughout.
    const otherClient = number % 3 === 0 ? await location.open() : undefined;
    await run.begin();
    await wait(random() * (await run.waitForKillWindow(random)));
    await run.kill();
    count.add(run.pendingSteps.length > 0);
    if (otherClient !== undefined) await context.close(otherClient);
    await verifyAfterCrash(location, context, async (store) => {
      await ledger.check(store, `after kill ${number}`);
      await afterKill?.(store, ledger, number);
    });
  }
  count.assertConclusive();
  return { kills: count.kills, ledger };
}
