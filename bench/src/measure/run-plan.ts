import type { Backend, Subject, Client, RunningBackend } from "../clients/client.ts";
import { turnMessages } from "../messages.ts";
import type { Peers } from "../peers.ts";
import type { Scale, WarmUp, Workload, WorkloadCase } from "../workloads/workload.ts";
import { type Result, resultOf } from "./result.ts";
import { measured, type Sample } from "./stopwatch.ts";

export interface Plan {
  readonly backends: readonly Backend[];
  readonly workloads: readonly Workload[];
  /** Returns additional subjects for a running backend. */
  readonly peersOf: Peers["peersOf"];
  readonly rounds: number;
  readonly scale: Scale;
  /** Only cases of these sizes run; all of them if `undefined`. */
  readonly sizes: readonly number[] | undefined;
}

export interface Listener {
  readonly progress: (text: string) => void;
  /** Gets the results of all subjects of one case, as soon as it has run. */
  readonly results: (results: readonly Result[]) => void;
  readonly failure: (text: string) => void;
  /** Gets the name of a peer that this machine cannot run, and the reason. */
  readonly leftOut: (text: string) => void;
}

/** The subject that is the raw client once more. */
export const CONTROL_NAME = "raw, again";

/** Runs the plan, one backend after the other. */
export async function runPlan(plan: Plan, listener: Listener): Promise<void> {
  for (const backend of plan.backends) {
    listener.progress(`${backend.name}: starting`);
    const running = await backend.start();
    try {
      const { subjects, leftOut } = await plan.peersOf(backend.name, running.endpoint);
      for (const peer of leftOut) listener.leftOut(`${backend.name}, ${peer}`);
      const field = { ...running, subjects: [...withControl(running.subjects), ...subjects] };
      await runBackend(backend.name, field, plan, listener);
    } finally {
      await running.stop();
    }
  }
}

/** Adds the raw client once more. The ratio of the two is 1, and the difference from 1 is the noise of the machine. */
function withControl(subjects: readonly Subject[]): readonly Subject[] {
  const raw = subjects.find(({ role }) => role === "raw");
  return raw === undefined ? subjects : [...subjects, { ...raw, name: CONTROL_NAME, role: "control" }];
}

async function runBackend(
  backend: string,
  { subjects }: RunningBackend,
  plan: Plan,
  listener: Listener,
): Promise<void> {
  for (const workload of plan.workloads) {
    const cases = workload.cases(plan.scale).filter(({ size }) => plan.sizes?.includes(size) ?? true);
    const warmUp = warmUpOf(workload, cases, plan.scale);
    if (warmUp !== undefined) {
      const label = `${backend} · ${workload.name} · warm-up`;
      // A subject that fails here fails again in the measured part, which reports it.
      const { progress } = listener;
      await interleaved(subjects, warmUp.case, warmUp.rounds, label, {
        progress,
        failure: () => undefined,
      });
    }
    for (const each of cases) {
      const rounds = Math.min(plan.rounds, each.rounds ?? plan.rounds);
      const label = `${backend} · ${workload.name} · ${each.name}`;
      const samples = await interleaved(subjects, each, rounds, label, listener);
      const key = { workload: workload.name, case: each.name, size: each.size, backend };
      listener.results(
        [...samples].map(([{ name: subject, role }, taken]) => resultOf({ ...key, subject, role }, taken)),
      );
    }
  }
}

function warmUpOf({ warmUp }: Workload, [first]: readonly WorkloadCase[], scale: Scale): WarmUp | undefined {
  if (scale === "quick" || first === undefined) return undefined;
  if (warmUp !== undefined) return warmUp;
  return first.cold === true || first.rounds === 1 ? undefined : { case: first, rounds: 1 };
}

let locations = 0;

/**
 * Runs every subject once in each round, so that a slow phase of the machine affects all of them. The order rotates,
 * so that no subject always follows the same one.
 */
async function interleaved(
  subjects: readonly Subject[],
  each: WorkloadCase,
  rounds: number,
  label: string,
  { progress, failure }: Pick<Listener, "progress" | "failure">,
): Promise<Map<Subject, Sample[]>> {
  const samples = new Map<Subject, Sample[]>();
  const failed = new Set<Subject>();
  for (let round = 0; round < rounds; round += 1) {
    const first = round % subjects.length;
    for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      if (failed.has(subject)) continue;
      progress(`${label} · round ${round + 1} of ${rounds} · ${subject.name}`);
      try {
        const sample = await sampleOf(subject, each);
        if (sample !== undefined) samples.set(subject, [...(samples.get(subject) ?? []), sample]);
      } catch (error) {
        failed.add(subject);
        const [reason] = (error instanceof Error ? error.message : String(error)).split("\n", 1);
        failure(`${label} · ${subject.name}: ${reason}`);
      }
    }
  }
  return new Map(subjects.flatMap((one) => (samples.has(one) ? [[one, samples.get(one) ?? []]] : [])));
}

async function sampleOf(subject: Subject, each: WorkloadCase): Promise<Sample | undefined> {
  locations += 1;
  const location = `location-${locations}`;
  const reopen = (): Promise<Client> => subject.open(location);
  const first = await reopen();
  try {
    if (!each.suits(first, subject)) return undefined;
    await each.prepare?.(first);
  } finally {
    await first.close();
  }
  const client = await reopen();
  try {
    if (each.cold !== true) await useOnce(client);
    return await measured((watch) => each.run({ client, watch, reopen }));
  } finally {
    await client.close();
  }
}

/** Connects and does the other work of the first use. */
async function useOnce(client: Client): Promise<void> {
  const conversation = client.conversation("first-use", "direct");
  for (const turn of [0, 1]) {
    await conversation.add(turnMessages(turn));
    await conversation.save();
  }
  await client.load("first-use");
}
