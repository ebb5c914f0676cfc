import type { ThreadStore } from "@threadstore/core";
import type { TraceEvent } from "../disk/trace-event.ts";
import { DiskLog } from "../disk/tracing/disk-log.ts";
import { watchDisk } from "../disk/tracing/watch.ts";
import type { Job, StartMessage } from "./messages.ts";
import type { Step, ThreadName } from "./step.ts";
import { countFrom, Lane } from "./work.ts";

type TraceJob = Extract<Job, { type: "trace" }>;

/** Takes a fixed list of steps. Resolves with everything that this process did to the job's folder meanwhile. */
export async function trace(
  { folder, failing }: TraceJob,
  load: () => Promise<() => Promise<ThreadStore>>,
  waitForStart: () => Promise<StartMessage>,
): Promise<readonly TraceEvent[]> {
  const log = new DiskLog();
  watchDisk(log, folder);
  const open = await load();
  await waitForStart();
  const store = await open();
  await (failing ? performFailingSteps(store, log) : performSteps(store, log));
  await store.close();
  return log.events;
}

type Script = readonly (readonly [Step["action"], ThreadName, size: number])[];

const TENANT_THREAD: ThreadName = { namespace: "tenant", id: "b" };
const LONG_ID: ThreadName = { id: "long-".repeat(48) };

/** Steps that run one after another. */
const SEQUENTIAL_SCRIPT: Script = [
  ["create", { id: "a" }, 2_000],
  ["replace", { id: "a" }, 300],
  ["replace", { id: "a" }, 6_000],
  ["create", TENANT_THREAD, 500],
  ["replace", TENANT_THREAD, 900],
  ["edit", TENANT_THREAD, 5_000],
  ["edit", TENANT_THREAD, 300],
  ["delete", { id: "a" }, 0],
  ["create", { id: "a" }, 700],
  ["create", LONG_ID, 400],
  ["overwrite", { id: "a" }, 800],
  ["delete", TENANT_THREAD, 0],
  ["delete", LONG_ID, 0],
];

/** Scripts that then run concurrently. */
const CONCURRENT_SCRIPTS: readonly Script[] = [
  [
    ["replace", { id: "a" }, 3_000],
    ["replace", { id: "a" }, 100],
  ],
  [
    ["create", TENANT_THREAD, 200],
    ["delete", TENANT_THREAD, 0],
  ],
  [
    ["create", { id: "c" }, 1_000],
    ["replace", { id: "c" }, 1_500],
  ],
];

async function performSteps(store: ThreadStore, log: DiskLog): Promise<void> {
  const numbers = countFrom(1);
  const runScript = async (script: Script): Promise<void> => {
    const lane = new Lane(store, async (report) => log.record(report));
    for (const [action, thread, size] of script) {
      const previous = (await lane.loadVersion(thread)) ?? null;
      await lane.perform({ number: numbers.next().value, action, thread, size, previous });
    }
  };
  await runScript(SEQUENTIAL_SCRIPT);
  await Promise.all(CONCURRENT_SCRIPTS.map(runScript));
}

/** More changes and syncs than any step makes. */
const MAX_FAULTS = 200;

/** Repeats each kind of step, each time on another thread, until each of its changes and syncs has failed once. */
async function performFailingSteps(store: ThreadStore, log: DiskLog): Promise<void> {
  const numbers = countFrom(1);
  const lane = new Lane(store, async (report) => log.record(report));
  const perform = async (action: Step["action"], id: string, size: number): Promise<void> => {
    const previous = (await lane.loadVersion({ id })) ?? null;
    // If the creation failed, there is nothing to replace or delete.
    if (action === "create" || previous !== null)
      await lane.perform({ number: numbers.next().value, action, thread: { id }, size, previous });
  };
  for (const action of ["create", "replace", "edit", "append", "delete"] as const) {
    for (let fault = 1; fault <= MAX_FAULTS; fault += 1) {
      const id = `${action}-${fault}`;
      if (action !== "create") await perform("create", id, 300);
      log.failAt(fault);
      await perform(action, id, 600);
      if (log.clearFault()) break;
    }
  }
}
