import { type ThreadStore, ThreadStoreError, type ThreadStoreErrorCode } from "@threadstore/core";
import { describeError, outcomeOf } from "../../suite/expectations.ts";
import { type Content, contentOf, describeStep, nameOf, performStep, type Step, viewOf } from "./step.ts";
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
        const before = plan.action === "append" ? lane.contentOf(thread) : undefined;
        const step = { ...plan, number: numbers.next().value, thread, previous };
        const outcome = await lane.perform(before === undefined ? step : { ...step, before });
        if (outcome === "failed") return;
      }
    }),
  );
}

/** Performs steps one after another and remembers the version and content of each thread. */
export class Lane {
  readonly #store: ThreadStore;
  readonly #report: Reporter;
  readonly #versions = new Map<string, string | null>();
  readonly #contents = new Map<string, Content>();

  constructor(store: ThreadStore, report: Reporter) {
    this.#store = store;
    this.#report = report;
  }

  /** Returns the content of a thread whose version is known. */
  contentOf(thread: Step["thread"]): Content | undefined {
    return this.#contents.get(nameOf(thread));
  }

  /** Resolves with the thread's version, `null` if the thread does not exist, or `undefined` if it cannot be loaded. */
  async loadVersion(thread: Step["thread"]): Promise<string | null | undefined> {
    const knownVersion = this.#versions.get(nameOf(thread));
    if (knownVersion !== undefined) return knownVersion;
    const outcome = await outcomeOf(() => viewOf(this.#store, thread).load(thread.id));
    if (outcome.state === "rejected") {
      const operation = `load of ${nameOf(thread)}`;
      await this.#report({ type: "failed", operation, ...failureDetails(outcome.error) });
      return undefined;
    }
    const version = outcome.value?.version ?? null;
    this.#versions.set(nameOf(thread), version);
    if (outcome.value !== undefined) this.#contents.set(nameOf(thread), outcome.value.thread as Content);
    return version;
  }

  /** Performs a step and reports it. After a conflict, the next call of {@link loadVersion} loads the thread again. */
  async perform(step: Step): Promise<"done" | "conflict" | "failed"> {
    const { number } = step;
    await this.#report({ type: "started", step });
    const outcome = await outcomeOf(() => performStep(step, this.#store));
    if (outcome.state === "resolved") {
      this.#versions.set(nameOf(step.thread), outcome.value);
      this.#contents.set(nameOf(step.thread), contentOf(step));
      await this.#report({ type: "done", number, version: outcome.value });
      return "done";
    }
    this.#versions.delete(nameOf(step.thread));
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
