import type { Subject } from "../clients/client.ts";
import type { CaseKey, Missing } from "../results/results-file.ts";
import type { WarmUp } from "../workloads/workload.ts";
import { interleaved, participants } from "./interleave.ts";
import type { Phase, Step } from "./order.ts";
import { caseKey, type Field, type Listener, type Outcome, type Plan, TIME_IS_UP } from "./plan.ts";
import { resultOf } from "./result.ts";
import { type RoundTimes, roundTimes } from "./round-times.ts";

interface StepListener extends Listener {
  /** Returns how many cases of the run have no outcome yet. */
  readonly open: () => number;
}

/** Runs the cases of a phase on its running backend. */
export async function runSteps(
  { backend, steps }: Phase,
  field: Field,
  plan: Plan,
  listener: StepListener,
): Promise<void> {
  const times = new Map<string, RoundTimes>();
  for (const step of steps) {
    const key = caseKey(backend.name, step);
    const name = `${step.workload.name}, ${step.group}`;
    const known = times.get(name);
    if (known === undefined) await warmUp(step, field, plan, { key, listener });
    const ownTimes = known ?? roundTimes();
    times.set(name, ownTimes);
    listener.outcome(
      plan.pace.isOver()
        ? { ...key, notRun: TIME_IS_UP, results: [], missing: [] }
        : await runStep(step, { key, field, plan, listener, times: ownTimes }),
    );
  }
}

interface StepContext {
  readonly key: CaseKey;
  readonly field: Field;
  readonly plan: Plan;
  readonly listener: StepListener;
  readonly times: RoundTimes;
}

async function runStep(step: Step, { key, field, plan, listener, times }: StepContext): Promise<Outcome> {
  const { case: each, group } = step;
  const goals = plan.goalsOf(key);
  const suitable = await fieldIn(step, field);
  const slow = suitable.filter(({ name, role }) => {
    if (role !== "peer" || goals.has(name) || step.workload.grows !== true) return false;
    return (times.expected(name, key.size) ?? 0) > plan.roundLimitMs;
  });
  const subjects = suitable.filter((subject) => !slow.includes(subject));
  const hasTime = plan.pace.share(listener.open());
  const { samples, failed } = await interleaved(subjects, each, {
    rounds: roundsOf(step, plan),
    now: plan.pace.now,
    progress: (text) => listener.progress(`${titleOf(key)} · ${text}`),
    goesOn({ name, role }, rounds) {
      if (plan.pace.isOver()) return false;
      // Ratios need as many rounds of the raw client as of the stores. Peers without a goal may have fewer.
      const isNeeded = goals.size > 0 && (role !== "peer" || goals.has(name));
      return rounds === 0 || isNeeded || hasTime();
    },
    took: ({ name }, ms) => times.add(name, key.size, ms),
  });
  const late = [...samples].filter(([, taken]) => taken.length === 0).map(([{ name }]) => name);
  const leftOut = group === "peers" ? field.leftOut : [];
  return {
    ...key,
    results: [...samples].flatMap(([{ name: subject, role }, taken]) =>
      taken.length === 0 ? [] : [resultOf({ ...key, subject, role }, taken)],
    ),
    missing: [
      ...leftOut.map(({ name, reason }) => missing(name, reason)),
      ...slow.map(({ name }) =>
        missing(name, `a round would take more than ${plan.roundLimitMs / 1000} s, as smaller cases show`),
      ),
      ...late.map((name) => missing(name, TIME_IS_UP)),
      ...failed,
    ],
  };
}

/** Returns the subjects that can take part. Without a peer, the stores have nothing to be compared with. */
async function fieldIn({ case: each, group }: Step, { subjects }: Field): Promise<readonly Subject[]> {
  const suitable = await participants(subjects[group], each);
  return group === "peers" && suitable.every(({ role }) => role !== "peer") ? [] : suitable;
}

function roundsOf({ case: each, group }: Step, { rounds }: Plan): number {
  const limits = [each.rounds, group === "peers" ? each.peerRounds : undefined];
  return Math.min(rounds, ...limits.filter((limit) => limit !== undefined));
}

function missing(subject: string, reason: string): Missing {
  return { subject, reason, failed: false };
}

/** After this time, the code of a slow subject is as compiled as it gets. */
const WARM_UP_LIMIT_MS = 20_000;

async function warmUp(
  step: Step,
  field: Field,
  plan: Plan,
  { key, listener }: Pick<StepContext, "key" | "listener">,
): Promise<void> {
  const warm = warmUpOf(step, plan);
  if (warm === undefined) return;
  const spent = new Map<Subject, number>();
  // A subject that fails here fails again in the measured part, which reports it.
  await interleaved(await fieldIn({ ...step, case: warm.case }, field), warm.case, {
    rounds: warm.rounds,
    now: plan.pace.now,
    progress: (text) => listener.progress(`${titleOf(key)} · warm-up, ${text}`),
    goesOn: (subject) => !plan.pace.isOver() && (spent.get(subject) ?? 0) < WARM_UP_LIMIT_MS,
    took: (subject, ms) => spent.set(subject, (spent.get(subject) ?? 0) + ms),
  });
}

function warmUpOf({ workload, case: first }: Step, { scale }: Plan): WarmUp | undefined {
  if (scale === "quick") return undefined;
  if (workload.warmUp !== undefined) return workload.warmUp;
  return first.cold === true || first.rounds === 1 ? undefined : { case: first, rounds: 1 };
}

function titleOf({ backend, workload, case: name, group }: CaseKey): string {
  return [backend, workload, ...(group === "peers" ? ["other libraries"] : []), name].join(" · ");
}
