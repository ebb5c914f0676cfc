import { setTimeout as wait } from "node:timers/promises";
import type { CaseContext, CasePlace } from "../../suite/conformance-case.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";
import { type Amounts, KillCount } from "./kill-count.ts";
import { Ledger } from "./ledger.ts";
import { AT_ONCE_MS, Run } from "./run.ts";
import { saveNow } from "./save-now.ts";
import { lookAfter } from "./verify-after-crash.ts";
import type { Writer } from "./writer.ts";

const amounts: Amounts = {
  quick: { least: 2, most: 9, enoughMs: 900 },
  full: { least: 60, most: 60, enoughMs: 0 },
};

interface Start {
  readonly place: CasePlace;
  readonly writer: Writer;
}

/** Kills processes while they use a place that nobody has used, and uses it then. */
export async function killFirstUsers(context: CaseContext): Promise<void> {
  const random = seededRandom(context.settings.seed);
  const count = new KillCount(context, amounts);
  const start = (): Start => {
    const place = context.newPlace();
    return { place, writer: place.startWriter({ type: "work" }) };
  };
  const usualMs = await firstUseMs(start().writer, context);
  let next: Start | undefined;
  while (count.goesOn()) {
    const { place, writer } = next ?? start();
    next = count.endsWithNext() ? undefined : start();
    const ledger = new Ledger(AT_ONCE_MS * context.timeoutFactor);
    const run = newRun(writer, ledger, context);
    await run.begin();
    await wait(random() * usualMs);
    await run.kill();
    count.add(ledger.threads.length === 0);
    await lookAfter(place, context, async (store) => {
      await ledger.check(store, `after kill ${count.kills}, of the first process that used the place`);
      await saveNow(store, ledger);
      await ledger.check(store, "after a save that followed the kill");
    });
    await place.destroy();
  }
  count.provesSomething();
}

function newRun(writer: Writer, ledger: Ledger, { timeoutFactor }: CaseContext): Run {
  return new Run(writer, ledger, { workload: "replacing", run: 1, timeoutFactor });
}

/** From when the process is to begin until its first save is done. */
async function firstUseMs(writer: Writer, context: CaseContext): Promise<number> {
  const run = newRun(writer, new Ledger(AT_ONCE_MS), context);
  await run.begin();
  const begun = performance.now();
  await run.untilDone();
  const milliseconds = performance.now() - begun;
  await run.kill();
  return milliseconds;
}
