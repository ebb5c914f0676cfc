import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { ChildClient } from "../../engines/child-process/child-client.ts";
import type { CaseContext } from "../../suite/conformance-case.ts";
import { outcomeOf, loadExisting, expectEqual } from "../../suite/expectations.ts";
import { range } from "../../utilities/parallel.ts";

/**
 * Returns the thread with its counter incremented. The counter loses no increment only if every conflict is noticed.
 */
export function incremented(current: StoredThread | undefined): { n: number } {
  return { n: Number(current?.thread["n"] ?? 0) + 1 };
}

/** Increments the counter by load and save, and retries after conflicts. */
async function increment(store: ThreadStore, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const current = await store.load("counter");
    const outcome = await outcomeOf(() => store.save("counter", incremented(current), { previous: current }));
    if (outcome.state === "resolved") return;
    if (!ThreadStoreError.is(outcome.error, "CONFLICT")) throw outcome.error;
  }
}

export async function countUp(
  clients: readonly ThreadStore[],
  times: number,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    clients.map(async (store) => {
      for (let n = 0; n < times; n += 1) await increment(store, signal);
    }),
  );
}

/** How often a race is repeated. It usually has another winner each time. */
export const ROUNDS = { quick: 6, full: 20 } as const;
/** How many increments each client makes. */
export const STEPS_PER_CLIENT = { quick: 6, full: 25 } as const;

/** Increments the counter by load and save in the child process, and retries after conflicts. */
async function incrementInChild(childProcess: ChildClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const current = await childProcess.load("counter");
    const { n: before = 0 }: { n?: number } = current?.thread ?? {};
    const outcome = await outcomeOf(() =>
      childProcess.save("counter", { n: before + 1 }, { previous: current?.version }),
    );
    if (outcome.state === "resolved") return;
    if (!ThreadStoreError.is(outcome.error, "CONFLICT")) throw outcome.error;
  }
}

/** How many increments each process makes. */
const STEPS_PER_PROCESS = { quick: 5, full: 25 } as const;

export async function countUpInProcesses({
  openInChildProcess,
  open,
  settings,
  signal,
}: CaseContext): Promise<void> {
  const childProcesses = await Promise.all(range(4).map(() => openInChildProcess()));
  const steps = STEPS_PER_PROCESS[settings.effort];
  await Promise.all(
    childProcesses.map(async (childProcess) => {
      for (let step = 0; step < steps; step += 1) await incrementInChild(childProcess, signal);
    }),
  );
  const { thread } = await loadExisting(await open(), "counter", "the counter can be loaded");
  expectEqual(
    thread,
    { n: 4 * steps },
    `the counter is ${4 * steps} after ${4 * steps} increments by 4 processes`,
  );
}
