import type { Backend, Contestant, Keeper, RunningBackend } from "../keepers/keeper.ts";
import { turnMessages } from "../turns.ts";
import type { Scale, WarmUp, Workload, WorkloadCase } from "../workloads/workload.ts";
import { type Result, resultOf } from "./result.ts";
import { measured, type Sample } from "./stopwatch.ts";

export interface Plan {
  readonly backends: readonly Backend[];
  readonly workloads: readonly Workload[];
  /** More contestants for a backend that runs. */
  readonly peersOf: (backend: string, endpoint: unknown) => Promise<readonly Contestant[]>;
  readonly rounds: number;
  readonly scale: Scale;
  /** Cases of other sizes are left out. `undefined`: all run. */
  readonly sizes: readonly number[] | undefined;
}

export interface Listener {
  readonly progress: (text: string) => void;
  readonly result: (result: Result) => void;
  readonly failure: (text: string) => void;
}

/** Runs everything, a backend after the other. */
export async function runPlan(plan: Plan, listener: Listener): Promise<void> {
  for (const backend of plan.backends) {
    listener.progress(`${backend.name}: starting`);
    const running = await backend.start();
    try {
      const peers = await plan.peersOf(backend.name, running.endpoint);
      const field = { ...running, contestants: [...running.contestants, ...peers] };
      await runBackend(backend.name, field, plan, listener);
    } finally {
      await running.stop();
    }
  }
}

async function runBackend(
  backend: string,
  { contestants }: RunningBackend,
  plan: Plan,
  listener: Listener,
): Promise<void> {
  for (const workload of plan.workloads) {
    const cases = workload.cases(plan.scale).filter(({ size }) => plan.sizes?.includes(size) ?? true);
    const warmUp = warmUpOf(workload, cases, plan.scale);
    if (warmUp !== undefined) {
      const label = `${backend} · ${workload.name} · warm-up`;
      // Who fails here will fail again where it is told.
      const { progress } = listener;
      await interleaved(contestants, warmUp.case, warmUp.rounds, label, {
        progress,
        failure: () => undefined,
      });
    }
    for (const each of cases) {
      const rounds = Math.min(plan.rounds, each.rounds ?? plan.rounds);
      const label = `${backend} · ${workload.name} · ${each.name}`;
      const samples = await interleaved(contestants, each, rounds, label, listener);
      for (const [{ name: contestant, role }, taken] of samples) {
        const subject = {
          workload: workload.name,
          case: each.name,
          size: each.size,
          backend,
          contestant,
          role,
        };
        listener.result(resultOf(subject, taken));
      }
    }
  }
}

function warmUpOf({ warmUp }: Workload, [first]: readonly WorkloadCase[], scale: Scale): WarmUp | undefined {
  if (scale === "quick" || first === undefined) return undefined;
  if (warmUp !== undefined) return warmUp;
  return first.cold === true || first.rounds === 1 ? undefined : { case: first, rounds: 1 };
}

let places = 0;

/**
 * Each round lets everybody run once, so that what slows the machine down for a while slows all down. The order turns,
 * so that nobody always follows the same one.
 */
async function interleaved(
  contestants: readonly Contestant[],
  each: WorkloadCase,
  rounds: number,
  label: string,
  { progress, failure }: Pick<Listener, "progress" | "failure">,
): Promise<Map<Contestant, Sample[]>> {
  const samples = new Map<Contestant, Sample[]>();
  const failed = new Set<Contestant>();
  for (let round = 0; round < rounds; round += 1) {
    const first = round % contestants.length;
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      if (failed.has(contestant)) continue;
      progress(`${label} · round ${round + 1} of ${rounds} · ${contestant.name}`);
      try {
        const sample = await sampleOf(contestant, each);
        if (sample !== undefined) samples.set(contestant, [...(samples.get(contestant) ?? []), sample]);
      } catch (error) {
        failed.add(contestant);
        const [reason] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
        failure(`${label} · ${contestant.name}: ${reason}`);
      }
    }
  }
  return new Map(contestants.flatMap((one) => (samples.has(one) ? [[one, samples.get(one) ?? []]] : [])));
}

async function sampleOf(contestant: Contestant, each: WorkloadCase): Promise<Sample | undefined> {
  places += 1;
  const place = `place-${places}`;
  const reopen = (): Promise<Keeper> => contestant.open(place);
  const first = await reopen();
  try {
    if (!each.suits(first, contestant)) return undefined;
    await each.prepare?.(first);
  } finally {
    await first.close();
  }
  const keeper = await reopen();
  try {
    if (each.cold !== true) await useOnce(keeper);
    return await measured((watch) => each.run({ keeper, watch, reopen }));
  } finally {
    await keeper.close();
  }
}

/** Connects, and whatever else happens at the first use. */
async function useOnce(keeper: Keeper): Promise<void> {
  const conversation = keeper.conversation("first-use", "in place");
  for (const turn of [0, 1]) {
    await conversation.add(turnMessages(turn));
    await conversation.save();
  }
  await keeper.load("first-use");
}
