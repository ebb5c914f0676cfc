import { describeStep } from "../../engines/crash/step.ts";
import { traceWriter, checkRestored } from "../../engines/crash/traced.ts";
import { powerCuts, type PowerCut, afterPowerCut } from "../../engines/disk/power-cuts.ts";
import type { Timeline, TimedReport } from "../../engines/disk/timeline.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { expectTrue } from "../../suite/expectations.ts";
import { inParallel } from "../../utilities/parallel.ts";
import { seededRandom } from "../../utilities/seeded-random.ts";

/** The maximum number of power cuts that are checked. */
const MAX_CUTS: Readonly<Record<CaseContext["settings"]["effort"], number>> = { quick: 150, full: 4_000 };

export async function survivePowerCuts(context: CaseContext): Promise<void> {
  const { seed, effort } = context.settings;
  const timeline = await traceWriter(context, false);
  const cuts = drawCuts([...powerCuts(timeline, seed)], MAX_CUTS[effort], seed);
  expectTrue(
    cuts.length >= 20,
    "the trace has enough power cuts to be conclusive",
    `it has ${cuts.length} different ones`,
  );
  await inParallel(cuts.entries(), 4, async ([index, cut]) => {
    if (context.signal.aborted) return;
    await checkRestored(context, cut, { when: cut.description, saves: index % 5 === 0 });
  });
}

/** Draws power cuts at random, and returns those that are easiest to understand first. */
function drawCuts(cuts: readonly PowerCut[], maximum: number, seed: number): readonly PowerCut[] {
  const random = seededRandom(seed);
  const drawn = cuts.map((cut) => ({ cut, lot: random() })).toSorted((left, right) => left.lot - right.lot);
  const chosen = drawn.slice(0, maximum).map(({ cut }) => cut);
  return chosen.toSorted((left, right) => left.affectedChanges - right.affectedChanges);
}

/** Checks the durable state after each step. Most of the steps met an error. */
export async function surviveDiskErrors(context: CaseContext): Promise<void> {
  const timeline = await traceWriter(context, true);
  const ends = timeline.reports.filter(({ type }) => type !== "started");
  expectTrue(
    ends.length >= 20,
    "the trace has enough errors to be conclusive",
    `it has ${ends.length} steps`,
  );
  await inParallel(ends, 4, async (end) => {
    if (context.signal.aborted) return;
    const tree = afterPowerCut(timeline, end.at);
    const reports = timeline.reports.filter(({ at }) => at <= end.at);
    const when = `power cut after ${endOf(timeline, end)} despite a disk error (EIO)`;
    await checkRestored(context, { tree, reports }, { when, saves: false });
  });
}

function endOf({ reports }: Timeline, end: TimedReport): string {
  const started = reports.find((each) => each.type === "started" && each.step.number === numberOf(end));
  const outcome = end.type === "done" ? "was acknowledged" : "failed";
  return started?.type === "started" ? `${describeStep(started.step)} ${outcome}` : `a step ${outcome}`;
}

function numberOf(report: TimedReport): number | undefined {
  return report.type === "started" ? report.step.number : report.number;
}
