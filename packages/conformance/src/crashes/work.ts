import { type ThreadStore, ThreadStoreError, type ThreadStoreErrorCode } from "@threadstore/core";
import { describeError } from "../expectations.ts";
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

/** Carries out a workload until it is told to stop. A line ends with its first failure. */
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
        const isDone = await line.take({ ...plan, number: numbers.next().value, thread, after });
        if (!isDone) return;
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
    try {
      const version = (await viewOf(this.#store, thread).load(thread.id))?.version ?? null;
      this.#versions.set(nameOf(thread), version);
      return version;
    } catch (error) {
      await this.#report({ type: "failed", doing: `load of ${nameOf(thread)}`, ...told(error) });
      return undefined;
    }
  }

  /** Whether it was done. */
  async take(step: Step): Promise<boolean> {
    const { number } = step;
    await this.#report({ type: "begun", step });
    try {
      const version = await take(step, this.#store);
      this.#versions.set(nameOf(step.thread), version);
      await this.#report({ type: "done", number, version });
      return true;
    } catch (error) {
      this.#versions.delete(nameOf(step.thread));
      await this.#report({ type: "failed", number, doing: describeStep(step), ...told(error) });
      return false;
    }
  }
}

export function* countFrom(first: number): Generator<number, never> {
  for (let number = first; ; number += 1) yield number;
}

function told(error: unknown): { error: string; code?: ThreadStoreErrorCode } {
  const text = { error: describeError(error) };
  return ThreadStoreError.is(error) ? { ...text, code: error.code } : text;
}
