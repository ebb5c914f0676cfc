import { type ThreadStore, ThreadStoreError, type ThreadStoreErrorCode } from "@threadstore/core";
import { describeError, outcomeOf } from "../../suite/expectations.ts";
import { describeStep, nameOf, type Step, take, viewOf } from "./step.ts";
import { type WorkloadName, workloads } from "./workload.ts";

/** What is told of steps, before and after each. */
export type Report =
  | { readonly type: "begun"; readonly step: Step }
  | { readonly type: "done"; readonly number: number; readonly version: string | null }
  | {
      readonly type: "failed";
      /** Of the step; none when a thread could not be loaded. */
      readonly number?: number;
      readonly doing: string;
      readonly code?: ThreadStoreErrorCode;
      readonly error: string;
    };

/** Resolves when whoever has to know knows. */
export type Reporter = (report: Report) => Promise<void>;

export interface Orders {
  readonly workload: WorkloadName;
  /** Counts the processes that work on the place. */
  readonly run: number;
  /** The number of the first step. */
  readonly from: number;
}

/** Carries out a workload until it is told to stop. A line ends with its first failure, conflicts aside. */
export async function work(
  store: ThreadStore,
  { workload: name, run, from }: Orders,
  report: Reporter,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const workload = workloads[name];
  const numbers = countFrom(from);
  await Promise.all(
    workload.lines(run).map(async (ids) => {
      const line = new Line(store, report);
      for (let turn = 0; ; turn += 1) {
        if (signal.aborted) return;
        const thread = { id: ids[turn % ids.length] ?? "" };
        const after = await line.look(thread);
        if (after === undefined) return;
        const plan = workload.next(turn, after !== null);
        const outcome = await line.take({ ...plan, number: numbers.next().value, thread, after });
        if (outcome === "failed") return;
      }
    }),
  );
}

/** One step after the other, with the versions that it knows of. */
export class Line {
  readonly #store: ThreadStore;
  readonly #report: Reporter;
  readonly #versions = new Map<string, string | null>();

  constructor(store: ThreadStore, report: Reporter) {
    this.#store = store;
    this.#report = report;
  }

  /** The thread's version, `null` when there is no thread, `undefined` when it cannot be loaded. */
  async look(thread: Step["thread"]): Promise<string | null | undefined> {
    const known = this.#versions.get(nameOf(thread));
    if (known !== undefined) return known;
    const outcome = await outcomeOf(() => viewOf(this.#store, thread).load(thread.id));
    if (outcome.state === "rejected") {
      await this.#report({ type: "failed", doing: `load of ${nameOf(thread)}`, ...told(outcome.error) });
      return undefined;
    }
    const version = outcome.value?.version ?? null;
    this.#versions.set(nameOf(thread), version);
    return version;
  }

  /** What came of it. After a conflict there is something else to be seen. */
  async take(step: Step): Promise<"done" | "conflict" | "failed"> {
    const { number } = step;
    await this.#report({ type: "begun", step });
    const outcome = await outcomeOf(() => take(step, this.#store));
    if (outcome.state === "resolved") {
      this.#versions.set(nameOf(step.thread), outcome.value);
      await this.#report({ type: "done", number, version: outcome.value });
      return "done";
    }
    this.#versions.delete(nameOf(step.thread));
    await this.#report({ type: "failed", number, doing: describeStep(step), ...told(outcome.error) });
    return ThreadStoreError.is(outcome.error, "CONFLICT") ? "conflict" : "failed";
  }
}

export function* countFrom(first: number): Generator<number, never> {
  for (let number = first; ; number += 1) yield number;
}

function told(error: unknown): { error: string; code?: ThreadStoreErrorCode } {
  const text = { error: describeError(error) };
  return ThreadStoreError.is(error) ? { ...text, code: error.code } : text;
}
