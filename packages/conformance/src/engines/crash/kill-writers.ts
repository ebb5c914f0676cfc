import { setTimeout as wait } from "node:timers/promises";
import type { ThreadStore } from "@threadstore/core";
import type { CasePlace } from "../../suite/conformance-case.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";
import { type Amounts, type CrashContext, KillCount } from "./kill-count.ts";
import { Ledger } from "./ledger.ts";
import { AT_ONCE_MS, Run } from "./run.ts";
import { lookAfter } from "./verify-after-crash.ts";
import type { WorkloadName } from "./workload.ts";
import type { Writer } from "./writer.ts";

const amounts: Amounts = {
  quick: { least: 2, most: 9, enoughMs: 900 },
  full: { least: 60, most: 60, enoughMs: 0 },
};

export interface Campaign {
  readonly workload: WorkloadName;
  /** What to look at after each kill, besides that all threads are as they have to be. */
  readonly afterKill?: (store: ThreadStore, ledger: Ledger, kills: number) => Promise<void>;
}

export interface CampaignResult {
  readonly kills: number;
  readonly ledger: Ledger;
}

/** Kills one process after the other while it works on the place, and looks each time at what is there then. */
export async function killWriters(
  place: CasePlace,
  context: CrashContext,
  { workload, afterKill }: Campaign,
): Promise<CampaignResult> {
  const random = seededRandom(context.settings.seed);
  const ledger = new Ledger(AT_ONCE_MS * context.timeoutFactor);
  const count = new KillCount(context, amounts);
  const start = (): Writer => place.startWriter({ type: "work" });
  let next: Writer | undefined;
  while (count.goesOn()) {
    const number = count.kills + 1;
    const run = new Run(next ?? start(), ledger, {
      workload,
      run: number,
      timeoutFactor: context.timeoutFactor,
    });
    // A process takes longer to start than to be killed: the next one starts meanwhile.
    next = count.endsWithNext() ? undefined : start();
    // Now and then another client has the place open all the time.
    const neighbour = number % 3 === 0 ? await place.open() : undefined;
    await run.begin();
    await wait(random() * (await run.momentToKill(random)));
    await run.kill();
    count.add(run.underWay.length > 0);
    if (neighbour !== undefined) await context.close(neighbour);
    await lookAfter(place, context, async (store) => {
      await ledger.check(store, `after kill ${number}`);
      await afterKill?.(store, ledger, number);
    });
  }
  count.provesSomething();
  return { kills: count.kills, ledger };
}
