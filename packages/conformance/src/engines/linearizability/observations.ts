import { ABSENT, type State, type Step } from "./step.ts";

/** Proof that a state was current at some moment between `start` and `end`. */
export interface Observation {
  readonly state: State;
  readonly start: number;
  readonly end: number;
  readonly step: Step;
}

/** The observations of one thread's completed steps, by state and by time. */
export class Observations {
  /** In the order of their starts. */
  readonly all: readonly Observation[];
  /** The step that wrote each state, whether it got a response or not. */
  readonly writers: ReadonlyMap<State, Step>;
  readonly #knownFrom = new Map<State, number>();
  readonly #consumers: ReadonlyMap<State, readonly Step[]>;
  readonly #starts: readonly number[];
  /** For each index, among the observations from there on: the two of different states that end first. */
  readonly #earliest: readonly (readonly Observation[])[];

  constructor(steps: readonly Step[]) {
    const certain = steps.filter(({ optional }) => !optional);
    this.all = certain.flatMap(observationsOf).toSorted((a, b) => a.start - b.start);
    this.writers = new Map(
      steps.flatMap((step) => {
        const { resultingState } = step;
        return resultingState === undefined || resultingState === ABSENT ? [] : [[resultingState, step]];
      }),
    );
    for (const { state, end } of this.all)
      this.#knownFrom.set(state, Math.min(end, this.#knownFrom.get(state) ?? Infinity));
    this.#consumers = Map.groupBy(
      certain.filter(
        ({ requiredState, resultingState }) => requiredState !== undefined && resultingState !== undefined,
      ),
      ({ requiredState = ABSENT }) => requiredState,
    );
    this.#starts = this.all.map(({ start }) => start);
    this.#earliest = earliestOfTwoStates(this.all);
  }

  /** Returns when it became certain that the state had been written; `Infinity` for never. */
  knownFrom(state: State): number {
    return this.#knownFrom.get(state) ?? Infinity;
  }

  /** Returns the completed steps that replaced the state with another one. */
  consumersOf(state: State): readonly Step[] {
    return this.#consumers.get(state) ?? [];
  }

  /** Of the observations of other states that started after the moment, returns the one that ended first. */
  firstOfAnotherAfter(moment: number, state: State): Observation | undefined {
    return this.#earliest[indexAfter(this.#starts, moment)]?.find((each) => each.state !== state);
  }
}

function observationsOf(step: Step): Observation[] {
  const { start, end } = step;
  return [step.requiredState, step.resultingState].flatMap((state) =>
    state === undefined ? [] : [{ state, start, end, step }],
  );
}

function earliestOfTwoStates(observations: readonly Observation[]): Observation[][] {
  const earliest: Observation[][] = [];
  let best: Observation[] = [];
  for (const observation of observations.toReversed()) {
    best = [...best, observation]
      .toSorted((a, b) => a.end - b.end)
      .filter((each, index, all) => all.findIndex(({ state }) => state === each.state) === index)
      .slice(0, 2);
    earliest.push(best);
  }
  return earliest.toReversed();
}

/** Returns the index of the first greater number in an ascending list. */
function indexAfter(ascending: readonly number[], number: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? Infinity) > number) high = middle;
    else low = middle + 1;
  }
  return low;
}
