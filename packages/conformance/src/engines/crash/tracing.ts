import type { ThreadStore } from "@threadstore/core";
import type { TraceEvent } from "../disk/trace-event.ts";
import { DiskLog } from "../disk/tracing/disk-log.ts";
import { watchDisk } from "../disk/tracing/watch.ts";
import type { Job, WriterOrders } from "./messages.ts";
import type { Step, ThreadName } from "./step.ts";
import { countFrom, Line } from "./work.ts";

type TraceJob = Extract<Job, { type: "trace" }>;

/** Everything that this process does to the job's folder while it takes a fixed list of steps. */
export async function trace(
  { folder, failing }: TraceJob,
  load: () => Promise<() => Promise<ThreadStore>>,
  ordersOnceReady: () => Promise<WriterOrders>,
): Promise<readonly TraceEvent[]> {
  const log = new DiskLog();
  watchDisk(log, folder);
  const open = await load();
  await ordersOnceReady();
  const store = await open();
  await (failing ? takeFailing(store, log) : takeAll(store, log));
  await store.close();
  return log.events;
}

type Script = readonly (readonly [Step["action"], ThreadName, size: number])[];

const tenants = { namespace: "tenant", id: "b" };
const longId = { id: "long-".repeat(48) };

/** One after the other. */
const script: Script = [
  ["create", { id: "a" }, 2_000],
  ["replace", { id: "a" }, 300],
  ["replace", { id: "a" }, 6_000],
  ["create", tenants, 500],
  ["replace", tenants, 900],
  ["delete", { id: "a" }, 0],
  ["create", { id: "a" }, 700],
  ["create", longId, 400],
  ["overwrite", { id: "a" }, 800],
  ["delete", tenants, 0],
  ["delete", longId, 0],
];

/** And then these at the same time. */
const atOnce: readonly Script[] = [
  [
    ["replace", { id: "a" }, 3_000],
    ["replace", { id: "a" }, 100],
  ],
  [
    ["create", tenants, 200],
    ["delete", tenants, 0],
  ],
  [
    ["create", { id: "c" }, 1_000],
    ["replace", { id: "c" }, 1_500],
  ],
];

async function takeAll(store: ThreadStore, log: DiskLog): Promise<void> {
  const numbers = countFrom(1);
  const takeLine = async (steps: Script): Promise<void> => {
    const line = new Line(store, async (report) => log.note(report));
    for (const [action, thread, size] of steps) {
      const after = (await line.look(thread)) ?? null;
      await line.take({ number: numbers.next().value, action, thread, size, after });
    }
  };
  await takeLine(script);
  await Promise.all(atOnce.map(takeLine));
}

/** More changes and syncs than any step has. */
const MOST_FAULTS = 200;

/** Each kind of step, on threads of its own, once for each change and sync that it makes, which fails. */
async function takeFailing(store: ThreadStore, log: DiskLog): Promise<void> {
  const numbers = countFrom(1);
  const line = new Line(store, async (report) => log.note(report));
  const taken = async (action: Step["action"], id: string, size: number): Promise<void> => {
    const after = (await line.look({ id })) ?? null;
    // Without the creation before it, there is nothing to replace or delete.
    if (action === "create" || after !== null)
      await line.take({ number: numbers.next().value, action, thread: { id }, size, after });
  };
  for (const action of ["create", "replace", "delete"] as const) {
    for (let fault = 1; fault <= MOST_FAULTS; fault += 1) {
      const id = `${action}-${fault}`;
      if (action !== "create") await taken("create", id, 300);
      log.failAt(fault);
      await taken(action, id, 600);
      if (log.calmDown()) break;
    }
  }
}
