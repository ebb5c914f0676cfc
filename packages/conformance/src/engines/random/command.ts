import type { ThreadStore } from "@threadstore/core";
import fc from "fast-check";
import type { Model, Space } from "./model.ts";

/** What the calls of one run are compared with. */
export interface Traced {
  /** The ids that the run works with. */
  readonly ids: readonly string[];
  /** The calls so far and what came of them, for whoever reads of a failure. */
  readonly trace: string[];
}

/** The clients of one run. */
export interface Clients {
  /** What a client has of a space. `client` counts on from the last to the first. */
  readonly view: (client: number, space: Space) => ThreadStore;
  readonly reopen: (client: number) => Promise<void>;
}

/** One call: how it reads, and how to make it and compare. Resolves to what came of it, in a word. */
export interface Call {
  readonly text: string;
  readonly make: () => Promise<string>;
}

interface Definition<Details, Compared, Real> {
  readonly name: string;
  /** How often it is made, beside the others. */
  readonly weight: number;
  /** What has to come of it now and then: else too little was tried. */
  readonly outcomes: readonly string[];
  readonly details: fc.Arbitrary<Details>;
  readonly prepare: (details: Details, model: Compared, clients: Real) => Call;
}

/** How often each kind of call came to each outcome. */
export type Tally = Map<string, number>;

/** A kind of call, as commands of fast-check, and what a tally of them has to have. */
export interface CallKind<Compared extends object = Model, Real = Clients> {
  readonly labels: readonly string[];
  /** As many times as it has weight. */
  readonly commands: (tally: Tally) => fc.Arbitrary<fc.AsyncCommand<Compared, Real>>[];
}

export function callKind<Details, Compared extends Traced = Model, Real = Clients>(
  definition: Definition<Details, Compared, Real>,
): CallKind<Compared, Real> {
  const { name, weight, outcomes, details, prepare } = definition;
  return {
    labels: outcomes.map((outcome) => `${name}: ${outcome}`),
    commands(tally) {
      const commands = details.map((each): fc.AsyncCommand<Compared, Real> => ({
        check: () => true,
        async run(model, clients) {
          const { text, make } = prepare(each, model, clients);
          model.trace.push(text);
          const outcome = await make();
          model.trace[model.trace.length - 1] = `${text}: ${outcome}`;
          const label = `${name}: ${outcome}`;
          tally.set(label, (tally.get(label) ?? 0) + 1);
        },
        toString: () => name,
      }));
      return Array.from({ length: weight }, () => commands);
    },
  };
}

/** Whom a call goes to, and which thread it is about. */
export interface Target {
  readonly client: number;
  readonly space: Space;
  /** Which of the model's ids. */
  readonly thread: number;
}

export const target: fc.Arbitrary<Target> = fc.record({
  client: fc.nat(1),
  space: fc.constantFrom<Space[]>(0, 0, 1),
  // Rather one than another, so that it comes to a history.
  thread: fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3),
});

export function idOf({ ids }: Traced, { thread }: Pick<Target, "thread">): string {
  return ids[thread % ids.length] ?? "";
}
