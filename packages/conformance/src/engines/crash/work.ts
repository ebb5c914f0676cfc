import {
  type StoredThread,
  type ThreadStore,
  ThreadStoreError,
  type ThreadStoreErrorCode,
} from "@threadstore/core";
import { describeError, outcomeOf } from "../../suite/expectations.ts";
import {
  changeThread,
  describeStep,
  nameOf,
  type Outline,
  outlineAfter,
  outlineOf,
  type Step,
  viewOf,
} from "./step.ts";
import { type WorkloadName, WORKLOADS } from "./workload.ts";

/** Reported before and after each step. */
export type Report =
  | { readonly type: "started"; readonly step: Step }
  | { readonly type: "done"; readonly number: number; readonly version: string | null }
  | {
      readonly type: "failed";
      /** The number of the step. Absent if a thread could not be loaded. */
      readonly number?: number;
      readonly operation: string;
      readonly code?: ThreadStoreErrorCode;
      readonly error: string;
    };

/** Resolves once the report has been delivered. */
export type Reporter = (report: Report) => Promise<void>;

export interface WorkOptions {
  readonly workload: WorkloadName;
  /** The number of the process among those that work at the location. */
  readonly run: number;
  /** The number of the first step. */
  readonly from: number;
}

/** Runs a workload until the signal aborts. A lane ends at its first failure other than a conflict. */
export async function work(
  store: ThreadStore,
  { workload: name, run, from }: WorkOptions,
  report: Reporter,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const workload = WORKLOADS[name];
  const numbers = countFrom(from);
  await Promise.all(
    workload.lanes(run).map(async (ids) => {
      const lane = new Lane(store, report);
      for (let round = 0; ; round += 1) {
        if (signal.aborted) return;
        const thread = { id: ids[round % ids.length] ?? "" };
        const previous = await lane.loadVersion(thread);
        if (previous === undefined) return;
        const plan = workload.next(round, previous !== null);
        const step = { ...plan, number: numbers.next().value, thread, previous };
        const outcome = await lane.perform(step);
        if (outcome === "failed") return;
      }
    }),
  );
}

/** What a lane knows about a thread. */
interface Known {
  readonly version: string | null;
  readonly outline: Outline | undefined;
  /** The thread, unless it was appended to. */
  readonly stored: StoredThread | undefined;
}

/** Performs steps one after another and remembers the version and content of each thread. */
export class Lane {
  readonly #store: ThreadStore;
  readonly #report: Reporter;
  readonly #known = new Map<string, Known>();

  constructor(store: ThreadStore, report: Reporter) {
    this.#store = store;
    this.#report = report;
  }

  /** Resolves with the thread's version, `null` if the thread does not exist, or `undefined` if it cannot be loaded. */
  async loadVersion(thread: Step["thread"]): Promise<string | null | undefined> {
    const known = this.#known.get(nameOf(thread));
    if (known !== undefined) return known.version;
    const outcome = await outcomeOf(() => viewOf(this.#store, thread).load(thread.id));
    if (outcome.state === "rejected") {
      const operation = `load of ${nameOf(thread)}`;
      await this.#report({ type: "failed", operation, ...failureDetails(outcome.error) });
      return undefined;
    }
    const stored = outcome.value;
    const version = stored?.version ?? null;
    this.#known.set(nameOf(thread), { version, stored, outline: stored && outlineOf(stored.thread) });
    return version;
  }

  /** Performs a step and reports it. After a conflict, the next call of {@link loadVersion} loads the thread again. */
  async perform(planned: Step): Promise<"done" | "conflict" | "failed"> {
    const { number } = planned;
    const name = nameOf(planned.thread);
    const { stored, outline } = this.#known.get(name) ?? {};
    const isBased = planned.action === "append" || planned.action === "edit";
    const step = isBased && outline !== undefined ? { ...planned, before: outline } : planned;
    await this.#report({ type: "started", step });
    const outcome = await outcomeOf(() => changeThread(step, this.#store, stored));
    if (outcome.state === "resolved") {
      const changed = outcome.value;
      const version = changed?.version ?? null;
      const saved = changed !== null && "thread" in changed ? changed : undefined;
      this.#known.set(name, { version, stored: saved, outline: outlineAfter(step) });
      await this.#report({ type: "done", number, version });
      return "done";
    }
    this.#known.delete(name);
    const operation = describeStep(step);
    await this.#report({ type: "failed", number, operation, ...failureDetails(outcome.error) });
    return ThreadStoreError.is(outcome.error, "CONFLICT") ? "conflict" : "failed";
  }
}

export function* countFrom(first: number): Generator<number, never> {
  for (let number = first; ; number += 1) yield number;
}

function failureDetails(error: unknown): { error: string; code?: ThreadStoreErrorCode } {
  const text = { error: describeError(error) };
  return ThreadStoreError.is(error) ? { ...text, code: error.code } : text;
}
