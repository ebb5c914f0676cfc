import { broken, holds } from "../../suite/expectations.ts";
import { afterEffectiveTime } from "../../utilities/effective-time.ts";
import type { Ledger } from "./ledger.ts";
import type { WriterMessage } from "./messages.ts";
import { nameOf, type Step } from "./step.ts";
import type { Report } from "./work.ts";
import { workloads, type WorkloadName } from "./workload.ts";
import type { Writer } from "./writer.ts";

/** "At once", for a process that comes after a crash: longer than any start, shorter than any wait for a lock. */
export const AT_ONCE_MS = 5_000;

export const promisedProgress = "the next process goes on at once after a crash";

export interface RunOptions {
  readonly workload: WorkloadName;
  /** Counts the runs. */
  readonly run: number;
  readonly timeoutFactor: number;
}

/** One process from its beginning to its end by a signal, and what it tells of its steps in between. */
export class Run {
  readonly #writer: Writer;
  readonly #ledger: Ledger;
  readonly #options: RunOptions;
  readonly #begun = new Map<number, { readonly at: number; readonly thread: string }>();
  readonly #underWay = new Map<number, Step>();
  readonly #threadsDone = new Set<string>();
  #lastMs = 0;
  #isClosed = false;
  #failure: string | undefined;
  #finding: unknown;
  #wake: () => void = () => undefined;

  constructor(writer: Writer, ledger: Ledger, options: RunOptions) {
    this.#writer = writer;
    this.#ledger = ledger;
    this.#options = options;
  }

  async begin(): Promise<void> {
    const { workload, run } = this.#options;
    const orders = { workload, run, from: this.#ledger.nextNumber };
    await this.#writer.begin(orders, (message) => this.#hear(message));
  }

  /** Resolves at a moment that is good to kill from; to how many milliseconds from then on are good, too. */
  async momentToKill(random: () => number): Promise<number> {
    // Most processes show first that they get on, in each of their lines; some are killed at their very first step.
    if (random() < 0.75) await this.untilDone();
    else await this.#until("begun", () => this.#begun.size > 0);
    return Math.min(250, Math.max(3, 3 * this.#lastMs));
  }

  /** Resolves when a step is done in each line. */
  async untilDone(): Promise<void> {
    await this.#until("done", () => this.#threadsDone.size >= this.#lines);
  }

  async kill(): Promise<void> {
    await this.end("SIGKILL");
    this.allWell();
  }

  /** Resolves to how the process ended, when everything it said was heard. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<string> {
    return this.#writer.end(signal);
  }

  /** That every call succeeded, and told nothing that cannot be. */
  allWell(promised: string = promisedProgress): void {
    if (this.#finding !== undefined) throw this.#finding;
    if (this.#failure !== undefined) broken(promised, this.#failure);
  }

  /** The steps that it began, and that were neither done nor failed. */
  get underWay(): readonly Step[] {
    return [...this.#underWay.values()];
  }

  /** Whether it told that its store was closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get #lines(): number {
    return workloads[this.#options.workload].lines(this.#options.run).length;
  }

  #hear(message: WriterMessage): void {
    try {
      this.#note(message);
    } catch (error) {
      this.#finding ??= error;
    }
    this.#wake();
  }

  #note(message: WriterMessage): void {
    if (message.type === "closed") this.#isClosed = true;
    if (message.type !== "begun" && message.type !== "done" && message.type !== "failed") return;
    this.#ledger.note(message);
    if (message.type === "begun") {
      const { number, thread } = message.step;
      this.#begun.set(number, { at: performance.now(), thread: nameOf(thread) });
      this.#underWay.set(number, message.step);
    } else this.#noteEnd(message);
  }

  #noteEnd(report: Exclude<Report, { type: "begun" }>): void {
    if (report.number !== undefined) this.#underWay.delete(report.number);
    if (report.type === "failed") {
      // Made after the process was told to end, or overtaken by the last call of a process before it.
      if (report.code === "CLOSED" || report.code === "CONFLICT") return;
      this.#failure ??= `${report.doing} rejected with ${report.error}`;
      return;
    }
    const settled = "close resolves when every save that was made before it has settled";
    holds(!this.#isClosed, settled, `step ${report.number} was done later`);
    const { at = 0, thread = "" } = this.#begun.get(report.number) ?? {};
    this.#lastMs = performance.now() - at;
    this.#threadsDone.add(thread);
  }

  async #until(what: string, isReached: () => boolean): Promise<void> {
    const limit = AT_ONCE_MS * this.#options.timeoutFactor;
    const { promise, resolve } = Promise.withResolvers<string>();
    const late = `${limit} ms later not every thread had a step ${what}`;
    const cancel = afterEffectiveTime(limit, () => resolve(late));
    this.#wake = () => {
      if (this.#failure !== undefined || this.#finding !== undefined || isReached()) resolve("");
    };
    this.#wake();
    const ended = this.#writer.ended.then((how) => `it ended by itself with ${how}`);
    try {
      const found = await Promise.race([promise, ended]);
      this.allWell();
      holds(isReached(), promisedProgress, found);
    } finally {
      cancel();
    }
  }
}
