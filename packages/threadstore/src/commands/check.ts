import { type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { mapConcurrently } from "@threadstore/core/documents";
import type { Session } from "../cli/session.ts";
import { count, threadName } from "../output/format.ts";
import { progressOn } from "../output/progress.ts";
import { UsageError } from "../usage-error.ts";
import { walk } from "../walk/walk.ts";
import { createInspector, type Inspection, type Inspector } from "../wire-forms/inspect-thread.ts";
import type { Fault, RepairSettings } from "../wire-forms/wire-form.ts";

/** A thread with faults. */
export interface FaultyThread {
  readonly thread: string;
  readonly faults: readonly Fault[];
}

/** The result of checking a store, as plain data. */
export interface CheckReport {
  checked: number;
  /** The number of threads that have no form that can be checked. */
  unknown: number;
  /** The names of threads whose records are corrupt. */
  readonly corrupt: string[];
  readonly faulty: FaultyThread[];
  /** The number of threads that were not checked because a package is not installed, by its remedy. */
  readonly notInstalled: Map<string, number>;
}

/** A thread and its findings. */
export interface Visit {
  readonly view: ThreadStore;
  readonly name: string;
  readonly stored: StoredThread;
  readonly inspection: Inspection;
  readonly inspector: Inspector;
}

interface CheckTask {
  readonly store: ThreadStore;
  /** The only thread to check. */
  readonly id: string | undefined;
  readonly settings: RepairSettings;
  /** Called for each thread with faults. Returns the faults to report. */
  readonly onFaulty: (visit: Visit) => Promise<readonly Fault[]>;
}

const PAGE_SIZE = 50;
/** The number of threads that are loaded at a time. */
const CONCURRENCY = 4;

/** Checks a thread, or all threads of a store and of the namespaces in it. */
export async function checkThreads({ terminal }: Session, task: CheckTask): Promise<CheckReport> {
  const { signal, folder, stderr } = terminal;
  const report: CheckReport = { checked: 0, unknown: 0, corrupt: [], faulty: [], notInstalled: new Map() };
  const inspector = createInspector(folder, task.settings);
  const progress = progressOn(stderr);
  const visit = async (
    view: ThreadStore,
    name: string,
    id: string,
    namespaces: readonly string[],
  ): Promise<void> => {
    const place = { root: task.store, namespaces };
    const stored = await loadIntact(view, id, signal);
    if (stored === undefined) {
      if (task.id === undefined) return;
      throw new UsageError(`There is no thread ${id}. List them with \`ls\`.`);
    }
    if (stored === "corrupt") {
      report.corrupt.push(name);
      return;
    }
    const inspection = await inspector.inspect(stored, place);
    await include(report, { view, name, stored, inspection, inspector }, task.onFaulty);
  };
  try {
    if (task.id !== undefined) {
      await visit(task.store, task.id, task.id, []);
      return report;
    }
    for await (const { namespaces, view, threads } of walk(task.store, { limit: PAGE_SIZE, signal })) {
      await mapConcurrently(
        threads,
        ({ id }) => visit(view, threadName(namespaces, id), id, namespaces),
        CONCURRENCY,
      );
      progress.show(`${count(report.checked, "thread")} checked, ${report.faulty.length} with faults`);
    }
    return report;
  } finally {
    progress.stop();
  }
}

async function loadIntact(
  view: ThreadStore,
  id: string,
  signal: AbortSignal,
): Promise<StoredThread | "corrupt" | undefined> {
  try {
    return await view.load(id, { signal });
  } catch (error) {
    if (ThreadStoreError.is(error, "CORRUPT")) return "corrupt";
    throw error;
  }
}

async function include(report: CheckReport, visit: Visit, onFaulty: CheckTask["onFaulty"]): Promise<void> {
  const { name, inspection } = visit;
  if (inspection.kind === "unknown") report.unknown += 1;
  else if (inspection.kind === "not-installed") {
    const key = `${inspection.form}: ${inspection.remedy}`;
    report.notInstalled.set(key, (report.notInstalled.get(key) ?? 0) + 1);
  } else {
    report.checked += 1;
    if (inspection.faults.length > 0) report.faulty.push({ thread: name, faults: await onFaulty(visit) });
  }
}
