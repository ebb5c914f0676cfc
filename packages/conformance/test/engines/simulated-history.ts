import type { Operation } from "../../src/engines/linearizability/index.ts";
import { seededRandom } from "../../src/utilities/seeded-random.ts";

/** What a simulated store does wrong, and how often. */
export type SimulatedBug =
  | "none"
  | "check-then-act"
  | "stale read"
  | "conflict although applied"
  | "acknowledged write lost"
  | "delete comes back";

export const bugRates: Readonly<Record<SimulatedBug, number>> = {
  none: 0,
  "check-then-act": 1,
  "stale read": 0.05,
  "conflict although applied": 0.05,
  "acknowledged write lost": 0.03,
  "delete comes back": 0.2,
};

export interface Simulation {
  readonly seed: number;
  readonly clients: number;
  /** Of all clients together. */
  readonly operations: number;
  readonly bug?: SimulatedBug;
  /** The share of writes whose answer is lost. */
  readonly unknown?: number;
}

interface Stored {
  readonly write: string;
  readonly version: string;
}

/** A history of one thread of a store that exists only in time: every call takes effect at a moment of its own. */
export function simulatedHistory(simulation: Simulation): Operation[] {
  return new Simulator(simulation).run();
}

type Change = (current: Stored | undefined) => boolean;

class Simulator {
  readonly #random: () => number;
  readonly #simulation: Required<Simulation>;
  readonly #events: { at: number; happen: () => void }[] = [];
  readonly #operations: Operation[] = [];
  /** Every state there was, the latest last. */
  readonly #states: { since: number; stored: Stored | undefined }[] = [{ since: 0, stored: undefined }];
  #begun = 0;

  constructor(simulation: Simulation) {
    this.#simulation = { bug: "none", unknown: 0, ...simulation };
    this.#random = seededRandom(simulation.seed);
  }

  run(): Operation[] {
    for (let client = 0; client < this.#simulation.clients; client += 1)
      this.#goOn(`c${client}`, 0, undefined);
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) event.happen();
    return this.#operations;
  }

  #goOn(client: string, now: number, seen: Stored | undefined): void {
    if (this.#begun === this.#simulation.operations) return;
    this.#begun += 1;
    const number = this.#begun;
    const start = now + this.#random();
    const at = start + this.#random();
    const end = at + this.#random();
    const pick = this.#random();
    if (pick < 0.4) this.#at(at, () => this.#load(client, start, at, end));
    else if (pick < 0.5) this.#delete(client, start, at, end, pick < 0.45 ? seen : undefined);
    else this.#save(client, `w${number}`, start, at, end, pick < 0.55 ? "any" : seen);
  }

  #load(client: string, start: number, at: number, end: number): void {
    const isStale = this.#isBuggy("stale read");
    const back = isStale ? Math.ceil(this.#random() * 4) : 0;
    const found = this.#states[Math.max(0, this.#states.length - 1 - back)]?.stored;
    const isLost = this.#random() < this.#simulation.unknown;
    const call = { type: "load", thread: "t", client, start } as const;
    this.#operations.push(
      isLost
        ? { ...call, end: null, outcome: "unknown" }
        : { ...call, end, outcome: "done", found: found ?? null },
    );
    this.#at(end, () => this.#goOn(isLost ? `${client}'` : client, end, isLost ? undefined : found));
  }

  #save(
    client: string,
    write: string,
    start: number,
    at: number,
    end: number,
    on: Stored | "any" | undefined,
  ): void {
    const call = { type: "save", thread: "t", client, write, start } as const;
    const previous = on === "any" ? {} : { previous: on?.version ?? null };
    const made = { write, version: `v${write}` };
    this.#change(
      at,
      (current) => on === "any" || current?.version === on?.version,
      made,
      (applied) => {
        const outcome = this.#outcomeOf(applied);
        const version = outcome === "done" ? { version: made.version } : {};
        const answered = outcome === "unknown" ? null : Math.max(end, this.#now);
        this.#operations.push({ ...call, ...previous, ...version, outcome, end: answered });
        const later = Math.max(end, this.#now);
        this.#at(later, () =>
          this.#goOn(this.#heir(client, outcome), later, outcome === "done" ? made : undefined),
        );
      },
    );
  }

  #delete(client: string, start: number, at: number, end: number, on: Stored | undefined): void {
    const call = { type: "delete", thread: "t", client, start } as const;
    const previous = on === undefined ? {} : { previous: on.version };
    const condition: Change = (current) =>
      on === undefined ? current !== undefined : current?.version === on.version;
    this.#change(at, condition, undefined, (applied) => {
      const outcome = this.#outcomeOf(applied || on === undefined);
      const deleted = outcome === "done" ? { deleted: applied } : {};
      const later = Math.max(end, this.#now);
      this.#operations.push({
        ...call,
        ...previous,
        ...deleted,
        outcome,
        end: outcome === "unknown" ? null : later,
      });
      this.#at(later, () => this.#goOn(this.#heir(client, outcome), later, undefined));
    });
  }

  #now = 0;

  /** Checks and changes at one moment; with the bug, at two. */
  #change(at: number, condition: Change, made: Stored | undefined, then: (applied: boolean) => void): void {
    this.#at(at, () => {
      const applies = condition(this.#states.at(-1)?.stored);
      const write = (): void => {
        if (applies) this.#put(made);
        then(applies);
      };
      if (this.#isBuggy("check-then-act")) this.#at(at + this.#random(), write);
      else write();
    });
  }

  #put(made: Stored | undefined): void {
    if (made !== undefined && this.#isBuggy("acknowledged write lost")) return;
    const before = this.#states.at(-1)?.stored;
    this.#states.push({ since: this.#now, stored: made });
    if (made !== undefined || !this.#isBuggy("delete comes back")) return;
    this.#at(this.#now + 1, () => {
      if (this.#states.at(-1)?.stored === undefined) this.#states.push({ since: this.#now, stored: before });
    });
  }

  #outcomeOf(applied: boolean): "done" | "conflict" | "unknown" {
    if (this.#random() < this.#simulation.unknown) return "unknown";
    if (applied && this.#isBuggy("conflict although applied")) return "conflict";
    return applied ? "done" : "conflict";
  }

  #isBuggy(bug: SimulatedBug): boolean {
    return this.#simulation.bug === bug && this.#random() < bugRates[bug];
  }

  #heir(client: string, outcome: string): string {
    return outcome === "unknown" ? `${client}'` : client;
  }

  #at(at: number, happen: () => void): void {
    const index = this.#events.findIndex((event) => event.at > at);
    const event = {
      at,
      happen: () => {
        this.#now = at;
        happen();
      },
    };
    this.#events.splice(index === -1 ? this.#events.length : index, 0, event);
  }
}
