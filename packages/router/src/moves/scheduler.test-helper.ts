import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { asyncDriver, type ThreadDriver } from "@threadstore/core/driver";
import type { Clock } from "../placement/clock.ts";

/** A deterministic source of random numbers. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
    return Math.floor((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * below);
  };
}

interface Step {
  readonly owner: string;
  readonly since: number;
  readonly run: () => void;
}

/**
 * Selects the next step of a process: a request arrives, or its response arrives. Time only passes between steps, so a
 * request can be in transit for longer than any lease, up to `maxDelayMs`.
 */
export class Scheduler {
  readonly #random: (below: number) => number;
  readonly #maxDelayMs: number;
  readonly #stepsPerDelay: number;
  readonly #dead = new Set<string>();
  #steps: Step[] = [];
  #timers: { readonly owner: string; readonly at: number; readonly run: () => void }[] = [];
  #now = 0;

  /** Between two delays, there are about so many steps. */
  constructor(random: (below: number) => number, maxDelayMs: number, stepsPerDelay: number) {
    this.#random = random;
    this.#maxDelayMs = maxDelayMs;
    this.#stepsPerDelay = stepsPerDelay;
  }

  /** Resolves when the scheduler chooses this step. Never, once the process was killed. */
  async step(owner: string): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#steps.push({ owner, since: this.#now, run: resolve });
    });
  }

  /** Kills a process: it sends no further requests, and receives no further responses. */
  kill(owner: string): void {
    this.#dead.add(owner);
    this.#steps = this.#steps.filter((step) => step.owner !== owner);
    this.#timers = this.#timers.filter((timer) => timer.owner !== owner);
  }

  /** Returns the clock of a process. */
  clock(owner: string): Clock {
    return {
      now: () => ({ steady: this.#now, wall: this.#now }),
      since: ({ steady }) => this.#now - steady,
      wait: async (ms) =>
        new Promise<void>((resolve) => {
          this.#timers.push({ owner, at: this.#now + ms, run: resolve });
        }),
    };
  }

  /** Runs steps until the work has ended. */
  async run(work: Promise<unknown>): Promise<void> {
    const ended = new AbortController();
    const ending = work.finally(() => ended.abort());
    ending.catch(() => undefined);
    for (let idle = 0; !ended.signal.aborted;) {
      await turn();
      if (this.#next()) idle = 0;
      else {
        // Backoff delays are real, and short.
        idle += 1;
        if (idle > 2000) throw new Error("Nothing can happen any more, but the work has not ended.");
        if (idle > 3) await wait(1);
      }
    }
    await ending;
  }

  #next(): boolean {
    this.#steps = this.#steps.filter(({ owner }) => !this.#dead.has(owner));
    this.#timers = this.#timers.filter(({ owner }) => !this.#dead.has(owner));
    const late = this.#steps.findIndex(({ since }) => this.#now - since >= this.#maxDelayMs);
    if (late !== -1) return this.#runStep(late);
    if (this.#steps.length > 0 && this.#random(this.#stepsPerDelay) !== 0)
      return this.#runStep(this.#random(this.#steps.length));
    if (this.#timers.length === 0 && this.#steps.length === 0) return false;
    this.#pass(1 + this.#random(15));
    return true;
  }

  #runStep(index: number): boolean {
    const [step] = this.#steps.splice(index, 1);
    step?.run();
    return true;
  }

  #pass(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { run } of due) run();
  }
}

/** Returns a driver whose requests arrive, and whose responses arrive, when `step` resolves. */
export function delayedDriver(wrapped: ThreadDriver, step: () => Promise<void>): ThreadDriver {
  const driver = asyncDriver(wrapped);
  const delayed = async <Result>(request: () => Promise<Result>): Promise<Result> => {
    await step();
    const [result] = await Promise.allSettled([request()]);
    await step();
    if (result.status === "rejected") throw result.reason;
    return result.value;
  };
  return {
    ...driver,
    read: (...parameters) => delayed(() => driver.read(...parameters)),
    readTail: (...parameters) => delayed(() => driver.readTail(...parameters)),
    write: (...parameters) => delayed(() => driver.write(...parameters)),
    patch: (...parameters) => delayed(() => driver.patch(...parameters)),
    delete: (...parameters) => delayed(() => driver.delete(...parameters)),
    list: (...parameters) => delayed(() => driver.list(...parameters)),
    listNamespaces: (...parameters) => delayed(() => driver.listNamespaces(...parameters)),
  };
}
