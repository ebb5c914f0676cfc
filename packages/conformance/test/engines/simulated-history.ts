import type { Operation } from "../../src/engines/linearizability/index.ts";
import { seededRandom } from "../../src/utilities/seeded-random.ts";
import { type Condition, type Effect, exists, extended, removed, type Stored } from "./simulated-thread.ts";

/** The bug of a simulated store. */
export type SimulatedBug =
  | "none"
  | "check-then-act"
  | "stale read"
  | "conflict although applied"
  | "acknowledged write lost"
  | "deleted thread reappears";

/** How likely each bug is at each opportunity. */
export const BUG_RATES: Readonly<Record<SimulatedBug, number>> = {
  none: 0,
  "check-then-act": 1,
  "stale read": 0.05,
  "conflict although applied": 0.05,
  "acknowledged write lost": 0.03,
  "deleted thread reappears": 0.2,
};

export interface Simulation {
  readonly seed: number;
  readonly clients: number;
  /** The total of all clients. */
  readonly operations: number;
  readonly bug?: SimulatedBug;
  /** The share of calls whose response is lost. */
  readonly unknown?: number;
}

/** Simulates a history of one thread, in which every call takes effect at a random moment during the call. */
export function simulatedHistory(simulation: Simulation): Operation[] {
  return new Simulator(simulation).run();
}

class Simulator {
  readonly #random: () => number;
  readonly #simulation: Required<Simulation>;
  readonly #events: { at: number; happen: () => void }[] = [];
  readonly #operations: Operation[] = [];
  /** All states so far, the latest last. */
  readonly #states: { since: number; stored: Stored | undefined }[] = [{ since: 0, stored: undefined }];
  #calls = 0;

  constructor(simulation: Simulation) {
    this.#simulation = { bug: "none", unknown: 0, ...simulation };
    this.#random = seededRandom(simulation.seed);
  }

  run(): Operation[] {
    for (let client = 0; client < this.#simulation.clients; client += 1)
      this.#nextCall(`c${client}`, 0, undefined);
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) event.happen();
    return this.#operations;
  }

  #nextCall(client: string, now: number, known: Stored | undefined): void {
    if (this.#calls === this.#simulation.operations) return;
    this.#calls += 1;
    const number = this.#calls;
    const start = now + this.#random();
    const at = start + this.#random();
    const end = at + this.#random();
    const pick = this.#random();
    if (pick < 0.4) this.#at(at, () => this.#load(client, start, at, end));
    else if (pick > 0.85)
      this.#extend(client, `w${number}`, start, at, end, pick > 0.95 ? "touch" : "append");
    else if (pick < 0.5) this.#delete(client, start, at, end, pick < 0.45 ? known : undefined);
    else this.#save(client, `w${number}`, start, at, end, pick < 0.55 ? "any" : known);
  }

  #load(client: string, start: number, at: number, end: number): void {
    const isStale = this.#isBuggy("stale read");
    const age = isStale ? Math.ceil(this.#random() * 4) : 0;
    const found = this.#states[Math.max(0, this.#states.length - 1 - age)]?.stored;
    const isLost = this.#random() < this.#simulation.unknown;
    const call = { type: "load", thread: "t", client, start } as const;
    this.#operations.push(
      isLost
        ? { ...call, end: null, outcome: "unknown" }
        : { ...call, end, outcome: "done", found: found ?? null },
    );
    this.#at(end, () => this.#nextCall(isLost ? `${client}'` : client, end, isLost ? undefined : found));
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
    const created = { write, version: `v${write}`, content: [write] };
    this.#change(
      at,
      (current) => on === "any" || current?.version === on?.version,
      () => created,
      (applied) => {
        const outcome = this.#outcomeOf(applied);
        const version = outcome === "done" ? { version: created.version } : {};
        const later = Math.max(end, this.#now);
        const responseTime = outcome === "unknown" ? null : later;
        this.#operations.push({ ...call, ...previous, ...version, outcome, end: responseTime });
        this.#at(later, () =>
          this.#nextCall(this.#nextName(client, outcome), later, outcome === "done" ? created : undefined),
        );
      },
    );
  }

  /** Appends to any version, or touches it. */
  #extend(
    client: string,
    write: string,
    start: number,
    at: number,
    end: number,
    type: "append" | "touch",
  ): void {
    const call = { type, thread: "t", client, write, start } as const;
    this.#change(at, exists, extended(type, write), (applied) => {
      const isComplete = applied || type === "touch";
      const outcome = this.#outcomeOf(isComplete);
      const later = Math.max(end, this.#now);
      const common = { ...call, outcome, end: outcome === "unknown" ? null : later };
      const isDone = outcome === "done";
      const returned = isDone && applied ? { version: `v${write}` } : {};
      this.#operations.push(
        type === "touch"
          ? { ...common, ...returned, type, ...(isDone ? { touched: applied } : {}) }
          : { ...common, ...returned, type },
      );
      this.#at(later, () => this.#nextCall(this.#nextName(client, outcome), later, undefined));
    });
  }

  #delete(client: string, start: number, at: number, end: number, on: Stored | undefined): void {
    const call = { type: "delete", thread: "t", client, start } as const;
    const previous = on === undefined ? {} : { previous: on.version };
    const condition: Condition = (current) =>
      on === undefined ? current !== undefined : current?.version === on.version;
    this.#change(at, condition, removed, (applied) => {
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
      this.#at(later, () => this.#nextCall(this.#nextName(client, outcome), later, undefined));
    });
  }

  #now = 0;

  /** Checks the precondition and makes the change atomically, unless the bug separates the two. */
  #change(at: number, condition: Condition, effect: Effect, then: (applied: boolean) => void): void {
    this.#at(at, () => {
      const current = this.#states.at(-1)?.stored;
      const applies = condition(current);
      const write = (): void => {
        if (applies) this.#put(effect(current));
        then(applies);
      };
      if (this.#isBuggy("check-then-act")) this.#at(at + this.#random(), write);
      else write();
    });
  }

  #put(created: Stored | undefined): void {
    if (created !== undefined && this.#isBuggy("acknowledged write lost")) return;
    const before = this.#states.at(-1)?.stored;
    this.#states.push({ since: this.#now, stored: created });
    if (created !== undefined || !this.#isBuggy("deleted thread reappears")) return;
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
    return this.#simulation.bug === bug && this.#random() < BUG_RATES[bug];
  }

  #nextName(client: string, outcome: string): string {
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
