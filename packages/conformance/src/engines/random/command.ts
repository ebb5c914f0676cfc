import type { ThreadStore } from "@threadstore/core";
import fc from "fast-check";
import type { Model, NamespaceIndex } from "./model.ts";

/** A model that the calls of a run are compared with. */
export interface TracedModel {
  /** The ids that the run works with. */
  readonly ids: readonly string[];
  /** Descriptions of the calls so far and of their outcomes, for failure messages. */
  readonly trace: string[];
}

/** The clients of a run. */
export interface Clients {
  /** A client's view of a namespace. A `client` past the last one wraps around to the first. */
  readonly view: (client: number, namespace: NamespaceIndex) => ThreadStore;
  readonly reopen: (client: number) => Promise<void>;
}

export interface Call {
  readonly description: string;
  /** Makes the call and compares its result with the model. Resolves with the name of the outcome. */
  readonly perform: () => Promise<string>;
}

interface Definition<Details, Compared, Real> {
  readonly name: string;
  /** How often the call is made, relative to other kinds. */
  readonly weight: number;
  /** Outcomes that must occur now and then, because otherwise the runs are not conclusive. */
  readonly outcomes: readonly string[];
  readonly details: fc.Arbitrary<Details>;
  readonly prepare: (details: Details, model: Compared, clients: Real) => Call;
}

/** The number of calls by kind and outcome. */
export type Tally = Map<string, number>;

/** A kind of call, in the form of fast-check commands, with the labels that a conclusive tally must have. */
export interface CallKind<Compared extends object = Model, Real = Clients> {
  readonly labels: readonly string[];
  /** Returns the command as many times as its weight. Once `isTimeUp`, it makes no more calls. */
  readonly commands: (
    tally: Tally,
    isTimeUp: () => boolean,
  ) => fc.Arbitrary<fc.AsyncCommand<Compared, Real>>[];
}

export function callKind<Details, Compared extends TracedModel = Model, Real = Clients>(
  definition: Definition<Details, Compared, Real>,
): CallKind<Compared, Real> {
  const { name, weight, outcomes, details, prepare } = definition;
  return {
    labels: outcomes.map((outcome) => `${name}: ${outcome}`),
    commands(tally, isTimeUp) {
      const commands = details.map((each): fc.AsyncCommand<Compared, Real> => ({
        check: () => !isTimeUp(),
        async run(model, clients) {
          const { description, perform } = prepare(each, model, clients);
          model.trace.push(description);
          const outcome = await perform();
          model.trace[model.trace.length - 1] = `${description}: ${outcome}`;
          const label = `${name}: ${outcome}`;
          tally.set(label, (tally.get(label) ?? 0) + 1);
        },
        toString: () => name,
      }));
      return Array.from({ length: weight }, () => commands);
    },
  };
}

/** The client that makes a call, and the thread of the call. */
export interface Target {
  readonly client: number;
  readonly namespace: NamespaceIndex;
  /** An index into the model's ids. */
  readonly thread: number;
}

export const target: fc.Arbitrary<Target> = fc.record({
  client: fc.nat(1),
  namespace: fc.constantFrom<NamespaceIndex[]>(0, 0, 1),
  // Prefers some threads, so that each of them gets a history.
  thread: fc.constantFrom(0, 0, 0, 0, 1, 1, 2, 3),
});

export function idOf({ ids }: TracedModel, { thread }: Pick<Target, "thread">): string {
  return ids[thread % ids.length] ?? "";
}

export function describeClient({ client, namespace }: Pick<Target, "client" | "namespace">): string {
  return `client ${client + 1}${namespace === 1 ? ", inner namespace" : ""}`;
}
