import { contentAnomalies } from "./content-anomalies.ts";
import { type Observation, Observations } from "./observations.ts";
import { type Anomaly, anomaly, firstOf, type Rule } from "./rule.ts";
import { ABSENT, IMPOSSIBLE, type State, type Step } from "./step.ts";

const impossibleResponse: Rule = (steps) => {
  const step = steps.find(({ requiredState }) => requiredState === IMPOSSIBLE);
  return step && anomaly("impossible response", "no state of the thread explains this response", step);
};

const unwrittenState: Rule = (steps, observations) => {
  const conflicts = new Map(
    steps.flatMap((step) => {
      const { operation } = step;
      return "write" in operation && operation.outcome === "conflict" ? [[operation.write, step]] : [];
    }),
  );
  return firstOf(observations.all, ({ state, step }) => {
    if (state === ABSENT || observations.writers.has(state)) return undefined;
    const conflict = conflicts.get(state);
    return conflict === undefined
      ? anomaly("phantom read", `no call wrote ${state}`, step)
      : anomaly(
          "conflict that took effect",
          `${state} was observed, although its call was a conflict`,
          conflict,
          step,
        );
  });
};

const futureRead: Rule = (_steps, observations) =>
  firstOf(observations.all, ({ state, end, step }) => {
    const writer = observations.writers.get(state);
    if (writer === undefined || end >= writer.start) return undefined;
    return anomaly("future read", `${state} was observed before its call began`, step, writer);
  });

const lostUpdate: Rule = (_steps, observations) =>
  firstOf(observations.writers.keys(), (state) => {
    const [one, two] = observations.consumersOf(state);
    if (two === undefined) return undefined;
    const writer = observations.writers.get(state);
    return anomaly("lost update", `two calls replaced ${state}`, writer, one, two);
  });

/**
 * Finds an observation of a state that had certainly been replaced before. Each state is written only once, so a
 * replaced state never becomes current again.
 */
const staleRead: Rule = (_steps, observations) =>
  firstOf(observations.all, (observation) => {
    const { state } = observation;
    if (state === ABSENT) return undefined;
    const consumer = observations.consumersOf(state).find(({ end }) => end < observation.start);
    const later = observations.firstOfAnotherAfter(observations.knownFrom(state), state);
    const [by, how] =
      consumer === undefined
        ? [later, "a later state had been observed"]
        : [consumer, "it had been replaced"];
    if (by === undefined || by.end >= observation.start) return undefined;
    const why = `${how} before this call began`;
    return staleness(observation, why, observations, "step" in by ? by.step : by);
  });

function staleness({ state, step }: Observation, why: string, observations: Observations, by: Step): Anomaly {
  const writer = observations.writers.get(state);
  return step.requiredState === state && step.resultingState !== undefined
    ? anomaly("lost update", `${state} was replaced, although ${why}`, writer, by, step)
    : anomaly("stale read", `${state} was observed, although ${why}`, writer, by, step);
}

/** Finds a response that no thread existed, although one had been saved and no call deleted it. */
const lostThread: Rule = (steps, observations) => {
  const deletes = steps.filter(({ resultingState }) => resultingState === ABSENT);
  const written = [...observations.writers].map(([state, writer]) => ({
    from: observations.knownFrom(state),
    writer,
  }));
  return firstOf(observations.all, ({ state, start, end, step }) => {
    if (state !== ABSENT || step.resultingState === ABSENT) return undefined;
    const before = written.filter(({ from }) => from < start);
    const last = before.reduce(
      (a, b) => (b.writer.start > (a?.writer.start ?? -1) ? b : a),
      before[0],
    )?.writer;
    if (last === undefined || deletes.some((each) => each.start <= end && each.end >= last.start))
      return undefined;
    const write = last.resultingState ?? "";
    return anomaly("lost thread", `no call deleted it after ${write}`, last, step);
  });
};

const doubleCreation: Rule = (steps) => {
  const creations = steps.filter(
    ({ requiredState, resultingState, optional }) =>
      !optional && requiredState === ABSENT && resultingState !== undefined,
  );
  const deletes = steps.filter(({ resultingState }) => resultingState === ABSENT);
  if (creations.length <= deletes.length + 1) return undefined;
  const [one, two] = creations.toSorted((a, b) => a.end - b.end);
  const counts = `${creations.length} calls created the thread, but at most ${deletes.length} deleted it`;
  return anomaly("double creation", counts, one, two);
};

const spuriousConflict: Rule = (steps, observations) => {
  const lastObservations = lastObservationsOf(observations);
  const firstWrite = Math.min(...[...observations.writers.values()].map(({ start }) => start));
  return firstOf(steps, (step) => {
    const { excludedState: state, start, end, operation } = step;
    if (state === undefined || operation.outcome !== "conflict") return undefined;
    if (state === ABSENT) {
      if (firstWrite <= end) return undefined;
      return anomaly("spurious conflict", "no write had begun before this conflict", step);
    }
    const later = lastObservations.get(state);
    if (later === undefined || later.start <= end || observations.knownFrom(state) >= start) return undefined;
    const why = `${state} was current before and after this conflict`;
    return anomaly("spurious conflict", why, observations.writers.get(state), step, later.step);
  });
};

function lastObservationsOf(observations: Observations): Map<State, Observation> {
  // Observations are in the order of their starts, so the last one of each state remains.
  return new Map(observations.all.map((observation) => [observation.state, observation]));
}

// Sorted so that the simplest explanation is found first.
const RULES: readonly Rule[] = [
  impossibleResponse,
  unwrittenState,
  futureRead,
  lostUpdate,
  spuriousConflict,
  staleRead,
  lostThread,
  doubleCreation,
  ...contentAnomalies,
];

/** Returns the first anomaly in one thread's history. A history without a named anomaly may still be illegal. */
export function findAnomaly(steps: readonly Step[]): Anomaly | undefined {
  const observations = new Observations(steps);
  return firstOf(RULES, (rule) => rule(steps, observations));
}
