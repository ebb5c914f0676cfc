import { deferred } from "@threadstore/core/driver";
import { fail, expectTrue } from "../../suite/expectations.ts";
import { afterEffectiveTime } from "../../utilities/effective-time.ts";
import type { Ledger } from "./ledger.ts";
import type { WriterMessage } from "./messages.ts";
import { nameOf, type Step } from "./step.ts";
import type { Report } from "./work.ts";
import { type WorkloadName, WORKLOADS } from "./workload.ts";
import type { Writer } from "./writer.ts";

/** How long the next process may be delayed after a crash: longer than any start, shorter than any lock timeout. */
export const RECOVERY_LIMIT_MS = 5_000;

export const PROMPT_RECOVERY = "after a crash, the next process can continue without delay";

export interface RunOptions {
  readonly workload: WorkloadName;
  /** The number of this run. */
  readonly run: number;
  readonly timeoutFactor: number;
}

/** One writer process from its start until a signal ends it, with the steps that it reports in between. */
export class Run {
  readonly #writer: Writer;
  readonly #ledger: Ledger;
  readonly #options: RunOptions;
  readonly #started = new Map<number, { readonly at: number; readonly thread: string }>();
  readonly #pending = new Map<number, Step>();
  readonly #threadsDone = new Set<string>();
  #lastMs = 0;
  #isClosed = false;
  #failure: string | undefined;
  #contradiction: unknown;
  #wake: () => void = () => undefined;

  constructor(writer: Writer, ledger: Ledger, options: RunOptions) {
    this.#writer = writer;
    this.#ledger = ledger;
    this.#options = options;
  }

  async begin(): Promise<void> {
    const { workload, run } = this.#options;
    const message = { workload, run, from: this.#ledger.nextNumber };
    await this.#writer.begin(message, (received) => this.#receive(received));
  }

  /**
   * Resolves when the process may be killed, with the length in milliseconds of the period from now on in which a kill
   * is useful.
   */
  async waitForKillWindow(random: () => number): Promise<number> {
    // Most processes first prove that every lane makes progress. Some are killed during their very first step.
    if (random() < 0.75) await this.waitForProgress();
    else await this.#waitUntil("started", () => this.#started.size > 0);
    return Math.min(250, Math.max(3, 3 * this.#lastMs));
  }

  /** Resolves once every lane has completed a step. */
  async waitForProgress(): Promise<void> {
    await this.#waitUntil("completed", () => this.#threadsDone.size >= this.#laneCount);
  }

  async kill(): Promise<void> {
    await this.end("SIGKILL");
    this.assertNoFailures();
  }

  /** Ends the process. Resolves with how it ended, once all of its messages have been received. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<string> {
    return this.#writer.end(signal);
  }

  /** Asserts that every call succeeded and that no report contradicted the ledger. */
  assertNoFailures(expectation: string = PROMPT_RECOVERY): void {
    if (this.#contradiction !== undefined) throw this.#contradiction;
    if (this.#failure !== undefined) fail(expectation, this.#failure);
  }

  /** The steps that started and have neither completed nor failed. */
  get pendingSteps(): readonly Step[] {
    return [...this.#pending.values()];
  }

  /** Whether the process has reported that its store is closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get #laneCount(): number {
    return WORKLOADS[this.#options.workload].lanes(this.#options.run).length;
  }

  #receive(message: WriterMessage): void {
    try {
      this.#record(message);
    } catch (error) {
      this.#contradiction ??= error;
    }
    this.#wake();
  }

  #record(message: WriterMessage): void {
    if (message.type === "closed") this.#isClosed = true;
    if (message.type !== "started" && message.type !== "done" && message.type !== "failed") return;
    this.#ledger.record(message);
    if (message.type === "started") {
      const { number, thread } = message.step;
      this.#started.set(number, { at: performance.now(), thread: nameOf(thread) });
      this.#pending.set(number, message.step);
    } else this.#recordEnd(message);
  }

  #recordEnd(report: Exclude<Report, { type: "started" }>): void {
    if (report.number !== undefined) this.#pending.delete(report.number);
    if (report.type === "failed") {
      // The call came after the process was told to end, or lost to the last call of an earlier process.
      if (report.code === "CLOSED" || report.code === "CONFLICT") return;
      this.#failure ??= `${report.operation} rejected with ${report.error}`;
      return;
    }
    const expectation = "close resolves only after every earlier save has settled";
    expectTrue(!this.#isClosed, expectation, `step ${report.number} completed after close had resolved`);
    const { at = 0, thread = "" } = this.#started.get(report.number) ?? {};
    this.#lastMs = performance.now() - at;
    this.#threadsDone.add(thread);
  }

  async #waitUntil(milestone: "started" | "completed", isReached: () => boolean): Promise<void> {
    const limit = RECOVERY_LIMIT_MS * this.#options.timeoutFactor;
    const { promise, resolve } = deferred<string>();
    const timedOut = `after ${limit} ms, some threads had not ${milestone} a step`;
    const cancel = afterEffectiveTime(limit, () => resolve(timedOut));
    this.#wake = () => {
      if (this.#failure !== undefined || this.#contradiction !== undefined || isReached()) resolve("");
    };
    this.#wake();
    const ended = this.#writer.ended.then((how) => `the process ended by itself with ${how}`);
    try {
      const actual = await Promise.race([promise, ended]);
      this.assertNoFailures();
      expectTrue(isReached(), PROMPT_RECOVERY, actual);
    } finally {
      cancel();
    }
  }
}
