import type { Backend, RunningBackend, Subject } from "../clients/client.ts";
import { firstLine } from "./interleave.ts";
import { type Phase, phasesOf, type Selection } from "./order.ts";
import {
  caseKey,
  CONTROL_NAME,
  type Field,
  type Listener,
  type Outcome,
  type Plan,
  TIME_IS_UP,
} from "./plan.ts";
import { runSteps } from "./run-steps.ts";

/** Returns an outcome for every case of the plan, as if the run had been stopped before it. */
export function plannedCases(plan: Selection): readonly Outcome[] {
  return phasesOf(plan).flatMap((phase) => notRun(phase, "the run was stopped"));
}

/** Runs the plan, one phase after the other. */
export async function runPlan(plan: Plan, listener: Listener): Promise<void> {
  const phases = phasesOf(plan);
  let open = phases.reduce((total, { steps }) => total + steps.length, 0);
  const outcome = (one: Outcome): void => {
    open -= 1;
    listener.outcome(one);
  };
  const skip = (phase: Phase, reason: string, failed = false): void => {
    for (const one of notRun(phase, reason, failed)) outcome(one);
  };
  for (const phase of phases) {
    if (plan.pace.isOver()) {
      skip(phase, TIME_IS_UP);
      continue;
    }
    listener.progress(`${phase.backend.name}: starting`);
    const running = await started(phase.backend);
    if (running instanceof Error) {
      skip(phase, `the backend does not start: ${firstLine(running)}`, true);
      continue;
    }
    try {
      const field = await fieldOf(phase, running, plan);
      await runSteps(phase, field, plan, { ...listener, outcome, open: () => open });
    } finally {
      await running.stop();
    }
  }
}

async function started(backend: Backend): Promise<Error | RunningBackend> {
  try {
    return await backend.start();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function fieldOf({ backend, steps }: Phase, running: RunningBackend, plan: Plan): Promise<Field> {
  const stores = withControl(running.subjects);
  if (steps.every(({ group }) => group === "stores")) return { subjects: { stores, peers: [] }, leftOut: [] };
  const { subjects: peers, leftOut } = await plan.peersOf(backend.name, running.endpoint);
  const references = running.subjects.filter(({ role }) => role === "ours" || role === "raw");
  return { subjects: { stores, peers: [...references, ...peers] }, leftOut };
}

/** Adds the raw client once more. The ratio of the two is 1, and the difference from 1 is the noise of the machine. */
function withControl(subjects: readonly Subject[]): readonly Subject[] {
  const raw = subjects.find(({ role }) => role === "raw");
  return raw === undefined ? subjects : [...subjects, { ...raw, name: CONTROL_NAME, role: "control" }];
}

function notRun({ backend, steps }: Phase, reason: string, failed = false): readonly Outcome[] {
  return steps.map((step) => ({
    ...caseKey(backend.name, step),
    notRun: reason,
    results: [],
    missing: failed ? [{ subject: "all", reason, failed }] : [],
  }));
}
