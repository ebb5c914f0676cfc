import { type Sighting, Sightings } from "./observations.ts";
import type { Operation } from "./operation.ts";
import { absent, impossible, type State, type Step } from "./step.ts";

export type AnomalyName =
  | "conflict that took effect"
  | "double creation"
  | "future read"
  | "impossible answer"
  | "lost thread"
  | "lost update"
  | "phantom read"
  | "reused version"
  | "spurious conflict"
  | "stale read";

/** Why a history is not linearizable, in a form that a person can check. */
export interface Anomaly {
  readonly name: AnomalyName;
  readonly explanation: string;
  /** Those that cannot all be. */
  readonly operations: readonly Operation[];
}

/** Finds one thing wrong, or nothing. What it finds makes the history illegal, in any order. */
type Rule = (steps: readonly Step[], seen: Sightings) => Anomaly | undefined;

function anomaly(name: AnomalyName, explanation: string, ...steps: readonly (Step | undefined)[]): Anomaly {
  const operations = steps.flatMap((step) => (step === undefined ? [] : [step.operation]));
  return { name, explanation, operations: [...new Set(operations)] };
}

function firstOf<T>(items: Iterable<T>, find: (item: T) => Anomaly | undefined): Anomaly | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const impossibleAnswer: Rule = (steps) => {
  const step = steps.find(({ needs }) => needs === impossible);
  return step && anomaly("impossible answer", "no state of the thread gives this answer", step);
};

const unwritten: Rule = (steps, seen) => {
  const refused = new Map(
    steps.flatMap((step) => {
      const { operation } = step;
      return operation.type === "save" && operation.outcome === "conflict" ? [[operation.write, step]] : [];
    }),
  );
  return firstOf(seen.all, ({ state, step }) => {
    if (state === absent || seen.writers.has(state)) return undefined;
    const conflict = refused.get(state);
    return conflict === undefined
      ? anomaly("phantom read", `nobody saved ${state}`, step)
      : anomaly(
          "conflict that took effect",
          `${state} was seen, but its save was a conflict`,
          conflict,
          step,
        );
  });
};

const futureRead: Rule = (_steps, seen) =>
  firstOf(seen.all, ({ state, end, step }) => {
    const writer = seen.writers.get(state);
    if (writer === undefined || end >= writer.start) return undefined;
    return anomaly("future read", `${state} was seen before its save began`, step, writer);
  });

const lostUpdate: Rule = (_steps, seen) =>
  firstOf(seen.writers.keys(), (state) => {
    const [one, two] = seen.consumersOf(state);
    if (two === undefined) return undefined;
    return anomaly("lost update", `two calls replaced ${state}`, seen.writers.get(state), one, two);
  });

/** Seen after it was replaced for certain. A write is once only: what was replaced never comes back. */
const staleRead: Rule = (_steps, seen) =>
  firstOf(seen.all, (sighting) => {
    const { state } = sighting;
    if (state === absent) return undefined;
    const consumer = seen.consumersOf(state).find(({ end }) => end < sighting.start);
    const other = seen.firstOfAnotherAfter(seen.knownFrom(state), state);
    const [by, how] =
      consumer === undefined
        ? [other, "something else was seen after it"]
        : [consumer, "it had been replaced"];
    if (by === undefined || by.end >= sighting.start) return undefined;
    return staleness(sighting, `${how} before this call began`, seen, "step" in by ? by.step : by);
  });

function staleness({ state, step }: Sighting, why: string, seen: Sightings, by: Step): Anomaly {
  const writer = seen.writers.get(state);
  return step.needs === state && step.makes !== undefined
    ? anomaly("lost update", `${state} was replaced, but ${why}`, writer, by, step)
    : anomaly("stale read", `${state} was seen, but ${why}`, writer, by, step);
}

/** Nothing was seen where something was and nobody deleted. */
const lostThread: Rule = (steps, seen) => {
  const deletes = steps.filter(({ makes }) => makes === absent);
  const written = [...seen.writers].map(([state, writer]) => ({ from: seen.knownFrom(state), writer }));
  return firstOf(seen.all, ({ state, start, end, step }) => {
    if (state !== absent || step.makes === absent) return undefined;
    const before = written.filter(({ from }) => from < start);
    const last = before.reduce(
      (a, b) => (b.writer.start > (a?.writer.start ?? -1) ? b : a),
      before[0],
    )?.writer;
    if (last === undefined || deletes.some((each) => each.start <= end && each.end >= last.start))
      return undefined;
    return anomaly("lost thread", `nobody deleted it since the save of ${last.makes ?? ""}`, last, step);
  });
};

const doubleCreation: Rule = (steps) => {
  const creations = steps.filter(
    ({ needs, makes, optional }) => !optional && needs === absent && makes !== undefined,
  );
  const deletes = steps.filter(({ makes }) => makes === absent);
  if (creations.length <= deletes.length + 1) return undefined;
  const [one, two] = creations.toSorted((a, b) => a.end - b.end);
  const count = `${creations.length} calls created the thread, and no more than ${deletes.length} deleted it`;
  return anomaly("double creation", count, one, two);
};

const spuriousConflict: Rule = (steps, seen) => {
  const lastSeen = lastSeenOf(seen);
  const firstWrite = Math.min(...[...seen.writers.values()].map(({ start }) => start));
  return firstOf(steps, (step) => {
    const { refuses: state, start, end, operation } = step;
    if (state === undefined || operation.outcome !== "conflict") return undefined;
    if (state === absent) {
      if (firstWrite <= end) return undefined;
      return anomaly("spurious conflict", "nothing had been saved when this conflict came", step);
    }
    const later = lastSeen.get(state);
    if (later === undefined || later.start <= end || seen.knownFrom(state) >= start) return undefined;
    const why = `${state} was there before this conflict and after it`;
    return anomaly("spurious conflict", why, seen.writers.get(state), step, later.step);
  });
};

function lastSeenOf(seen: Sightings): Map<State, Sighting> {
  // They are in the order of their starts, so that the last stays.
  return new Map(seen.all.map((sighting) => [sighting.state, sighting]));
}

// Sorted so that the plainest explanation is found first.
const rules: readonly Rule[] = [
  impossibleAnswer,
  unwritten,
  futureRead,
  lostUpdate,
  spuriousConflict,
  staleRead,
  lostThread,
  doubleCreation,
];

/** The first of the named anomalies in one thread's history. When there is none, it may be illegal all the same. */
export function findAnomaly(steps: readonly Step[]): Anomaly | undefined {
  const seen = new Sightings(steps);
  return firstOf(rules, (rule) => rule(steps, seen));
}
